import * as msgpack from './msgpack';
import type { WireFormat } from './types';

/** How one wire format turns objects into WebSocket messages and back. */
export interface Codec {
  readonly subprotocol: string;
  encode(frame: object): string | Uint8Array<ArrayBuffer>;
  /** Throws for what is not in this format. */
  decode(data: unknown): unknown;
}

const json: Codec = {
  subprotocol: 'hub.v1.json',
  encode: (frame) => JSON.stringify(frame),
  decode: (data) => {
    if (typeof data !== 'string') throw new TypeError('JSON travels in text frames');
    return JSON.parse(data);
  },
};

const packed: Codec = {
  subprotocol: 'hub.v1.msgpack',
  encode: (frame) => msgpack.encode(frame),
  decode: (data) => {
    if (!(data instanceof ArrayBuffer)) throw new TypeError('MessagePack travels in binary frames');
    return msgpack.decode(new Uint8Array(data));
  },
};

export const codecs: Readonly<Record<WireFormat, Codec>> = { json, msgpack: packed };
