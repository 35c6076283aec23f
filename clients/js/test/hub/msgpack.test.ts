import { describe, expect, it } from 'vitest';
import { decode, encode } from '../../src/hub/msgpack';

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const bytes = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

describe('msgpack', () => {
  it('writes the shortest form of every integer', () => {
    const shortest: [number, string][] = [
      [0, '00'],
      [127, '7f'],
      [128, 'cc80'],
      [255, 'ccff'],
      [256, 'cd0100'],
      [65535, 'cdffff'],
      [65536, 'ce00010000'],
      [4294967295, 'ceffffffff'],
      [4294967296, 'cf0000000100000000'],
      [-1, 'ff'],
      [-32, 'e0'],
      [-33, 'd0df'],
      [-128, 'd080'],
      [-129, 'd1ff7f'],
      [-32768, 'd18000'],
      [-32769, 'd2ffff7fff'],
      [-2147483648, 'd280000000'],
      [-2147483649, 'd3ffffffff7fffffff'],
    ]; // prettier-ignore
    for (const [value, expected] of shortest) {
      expect(hex(encode(value))).toBe(expected);
      expect(decode(bytes(expected))).toBe(value);
    }
  });

  it('brings back what it wrote, at every length class', () => {
    const values = [
      null,
      true,
      false,
      1.5,
      -0.25,
      1e300,
      Number.MAX_SAFE_INTEGER,
      Number.MIN_SAFE_INTEGER,
      '',
      'я'.repeat(15),
      'x'.repeat(31),
      'x'.repeat(32),
      'x'.repeat(255),
      'x'.repeat(256),
      'ю'.repeat(40_000),
      [],
      Array(15).fill(1),
      Array(16).fill(1),
      Array(70_000).fill(null),
      {},
      Object.fromEntries(Array.from({ length: 16 }, (_, n) => [`k${n}`, n])),
      { deep: [{ er: { ['__proto__']: 1, list: [[[]]] } }] },
      '👩‍💻 \u0000 �',
    ]; // prettier-ignore
    for (const value of values) expect(decode(encode(value))).toEqual(value);
  });

  it('grows its buffer in the middle of any value', () => {
    const values = ['x', 200, 300, 70_000, -5, -200, -40_000, 2 ** 40, -(2 ** 40), 1.5, 'y'.repeat(300), {}, []];
    for (let pad = 230; pad < 260; pad++) {
      for (const value of values)
        expect(decode(encode(['p'.repeat(pad), value, value]))).toEqual(['p'.repeat(pad), value, value]);
    }
  });

  it('leaves members out that are undefined, as JSON does', () => {
    expect(decode(encode({ a: 1, b: undefined }))).toEqual({ a: 1 });
  });

  it('does not let a key reach the prototype', () => {
    const value = decode(bytes('81a95f5f70726f746f5f5f81a16101')) as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(['__proto__']);
  });

  it('refuses what is cut off, too long, too deep, too big or not in use', () => {
    for (const bad of [
      '',
      'a5616263',
      '0000',
      'dd7fffffff',
      'd40101',
      'cfffffffffffffffff',
      '8101c0',
      'a2c328',
      '91'.repeat(100),
    ]) {
      expect(() => decode(bytes(bad)), bad).toThrow();
    }
    expect(() => encode(() => 1)).toThrow();
    expect(() => encode(1n)).toThrow();
  });

  it('survives any cut of a frame without anything but an error', () => {
    const frame = encode({
      t: 'event',
      seq: 70_000,
      data: { title: { ru: 'Комментарий', en: 'Comment' }, list: [1, 2.5, null] },
    });
    for (let end = 0; end < frame.length; end++) expect(() => decode(frame.subarray(0, end))).toThrow();
  });
});
