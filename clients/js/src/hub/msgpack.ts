/**
 * The part of MessagePack that hub.v1 uses: nil, booleans, integers to 2^53, floats, strings, binary, arrays and maps
 * with string keys (https://github.com/msgpack/msgpack/blob/master/spec.md). Extension types are refused.
 */

const utf8 = new TextEncoder();
const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Deeper than any frame; a hostile one must not use up the stack. */
const MAX_DEPTH = 64;

/** The bytes of `value`, with the shortest form for each number and length. Members that are undefined are left out. */
export function encode(value: unknown): Uint8Array<ArrayBuffer> {
  let bytes = new Uint8Array(256);
  let view = new DataView(bytes.buffer);
  let at = 0;

  /**
   * Makes room for `size` bytes and returns where they begin. Always on a line of its own: in `view.setUint8(room(1))`
   * the old view would be looked up before the new one is made.
   */
  const room = (size: number): number => {
    if (at + size > bytes.length) {
      const larger = new Uint8Array(Math.max(bytes.length * 2, at + size));
      larger.set(bytes);
      bytes = larger;
      view = new DataView(bytes.buffer);
    }
    at += size;
    return at - size;
  };
  const byte = (value: number): void => {
    const start = room(1);
    view.setUint8(start, value);
  };
  const head8 = (tag: number, value: number): void => {
    const start = room(2);
    view.setUint16(start, (tag << 8) | value);
  };
  const head16 = (tag: number, value: number): void => {
    const start = room(3);
    view.setUint8(start, tag);
    view.setUint16(start + 1, value);
  };
  const head32 = (tag: number, value: number): void => {
    const start = room(5);
    view.setUint8(start, tag);
    view.setUint32(start + 1, value);
  };
  const head64 = (tag: number, value: bigint): void => {
    const start = room(9);
    view.setUint8(start, tag);
    // The two's complement bits are the same for both signs.
    view.setBigUint64(start + 1, BigInt.asUintN(64, value));
  };
  const float = (value: number): void => {
    const start = room(9);
    view.setUint8(start, 0xcb);
    view.setFloat64(start + 1, value);
  };
  const raw = (value: Uint8Array): void => {
    const start = room(value.length);
    bytes.set(value, start);
  };

  const integer = (value: number): void => {
    if (value >= 0) {
      if (value < 0x80) byte(value);
      else if (value < 0x100) head8(0xcc, value);
      else if (value < 0x10000) head16(0xcd, value);
      else if (value < 0x100000000) head32(0xce, value);
      else head64(0xcf, BigInt(value));
    } else if (value >= -0x20) byte(value & 0xff);
    else if (value >= -0x80) head8(0xd0, value & 0xff);
    else if (value >= -0x8000) head16(0xd1, value & 0xffff);
    else if (value >= -0x80000000) head32(0xd2, value >>> 0);
    else head64(0xd3, BigInt(value));
  };

  const write = (value: unknown, depth: number): void => {
    if (depth > MAX_DEPTH) throw new RangeError('nested too deeply');
    if (value === null || value === undefined) byte(0xc0);
    else if (typeof value === 'boolean') byte(value ? 0xc3 : 0xc2);
    else if (typeof value === 'number') {
      if (Number.isSafeInteger(value)) integer(value);
      else float(value);
    } else if (typeof value === 'string') {
      const body = utf8.encode(value);
      const size = body.length;
      if (size < 0x20) byte(0xa0 | size);
      else if (size < 0x100) head8(0xd9, size);
      else if (size < 0x10000) head16(0xda, size);
      else head32(0xdb, size);
      raw(body);
    } else if (Array.isArray(value)) {
      if (value.length < 0x10) byte(0x90 | value.length);
      else if (value.length < 0x10000) head16(0xdc, value.length);
      else head32(0xdd, value.length);
      for (const item of value) write(item, depth + 1);
    } else if (typeof value === 'object') {
      const members = Object.entries(value).filter(([, member]) => member !== undefined);
      if (members.length < 0x10) byte(0x80 | members.length);
      else if (members.length < 0x10000) head16(0xde, members.length);
      else head32(0xdf, members.length);
      for (const [key, member] of members) {
        write(key, depth + 1);
        write(member, depth + 1);
      }
    } else throw new TypeError(`MessagePack has no ${typeof value}`);
  };

  write(value, 0);
  return bytes.slice(0, at);
}

/** The one value that `bytes` hold. Throws for what is cut off, followed by more, or not in the part that is used. */
export function decode(bytes: Uint8Array): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;

  const take = (size: number): number => {
    if (at + size > bytes.length) throw new RangeError('cut off');
    at += size;
    return at - size;
  };
  const safe = (value: bigint): number => {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw new RangeError('integer beyond 2^53');
    return number;
  };
  const string = (size: number): string => {
    const start = take(size);
    return text.decode(bytes.subarray(start, start + size));
  };
  const binary = (size: number): Uint8Array => {
    const start = take(size);
    return bytes.slice(start, start + size);
  };
  const array = (size: number, depth: number): unknown[] => {
    if (size > bytes.length - at) throw new RangeError('cut off');
    return Array.from({ length: size }, () => read(depth + 1));
  };
  const map = (size: number, depth: number): Record<string, unknown> => {
    const value: Record<string, unknown> = {};
    for (let left = size; left > 0; left--) {
      const key = read(depth + 1);
      if (typeof key !== 'string') throw new TypeError('a key must be a string');
      const member = read(depth + 1);
      // Plain assignment to this name would set the prototype instead of a member.
      if (key === '__proto__') Object.defineProperty(value, key, { value: member, enumerable: true });
      else value[key] = member;
    }
    return value;
  };

  const read = (depth: number): unknown => {
    if (depth > MAX_DEPTH) throw new RangeError('nested too deeply');
    const tag = view.getUint8(take(1));
    if (tag < 0x80) return tag;
    if (tag < 0x90) return map(tag & 0x0f, depth);
    if (tag < 0xa0) return array(tag & 0x0f, depth);
    if (tag < 0xc0) return string(tag & 0x1f);
    if (tag >= 0xe0) return tag - 0x100;
    switch (tag) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return binary(view.getUint8(take(1)));
      case 0xc5:
        return binary(view.getUint16(take(2)));
      case 0xc6:
        return binary(view.getUint32(take(4)));
      case 0xca:
        return view.getFloat32(take(4));
      case 0xcb:
        return view.getFloat64(take(8));
      case 0xcc:
        return view.getUint8(take(1));
      case 0xcd:
        return view.getUint16(take(2));
      case 0xce:
        return view.getUint32(take(4));
      case 0xcf:
        return safe(view.getBigUint64(take(8)));
      case 0xd0:
        return view.getInt8(take(1));
      case 0xd1:
        return view.getInt16(take(2));
      case 0xd2:
        return view.getInt32(take(4));
      case 0xd3:
        return safe(view.getBigInt64(take(8)));
      case 0xd9:
        return string(view.getUint8(take(1)));
      case 0xda:
        return string(view.getUint16(take(2)));
      case 0xdb:
        return string(view.getUint32(take(4)));
      case 0xdc:
        return array(view.getUint16(take(2)), depth);
      case 0xdd:
        return array(view.getUint32(take(4)), depth);
      case 0xde:
        return map(view.getUint16(take(2)), depth);
      case 0xdf:
        return map(view.getUint32(take(4)), depth);
      default:
        throw new TypeError(`MessagePack type 0x${tag.toString(16)} is not used in hub.v1`);
    }
  };

  const value = read(0);
  if (at !== bytes.length) throw new RangeError('more than one value');
  return value;
}
