import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { codecs } from '../../src/hub/codec';
import { type Down, isInbox, readFrame } from '../../src/hub/messages';
import { isNews, View } from '../../src/hub/view';
import { type Json, pass, World } from './fake';

interface Vectors {
  frames: { name: string; dir: 'up' | 'down'; value: Json; json: string; msgpack: string }[];
  inbox: {
    name: string;
    since: number | null;
    steps: ({ down: Json } | { close: number })[];
    accepted: number[];
    up?: Json[];
    resume?: number | null;
  }[];
}

// The one table that the Python side runs as well; a missing file fails here, not quietly.
const files = import.meta.glob<Vectors>('../../../../tests/vectors/hub.v1.json', { eager: true, import: 'default' });
const vectors = Object.values(files)[0] ?? { frames: [], inbox: [] };

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const bytes = (text: string): ArrayBuffer =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)).buffer;

const welcome = (seq: number): Json => ({
  t: 'welcome',
  v: 1,
  session: 's',
  user: { id: 7, name: 'p', locale: 'ru' },
  seq,
  unseen: 0,
  ping: 25,
  time: '2026-11-23T09:15:04.120Z',
  topics: {},
}); // prettier-ignore

describe('shared test vectors', () => {
  it('are there', () => {
    expect(vectors.frames.length).toBeGreaterThan(20);
    expect(vectors.inbox.length).toBeGreaterThan(5);
  });

  it.each(vectors.frames.filter((frame) => frame.dir === 'up'))('up: $name has exactly these bytes', (frame) => {
    expect(codecs.json.encode(frame.value)).toBe(frame.json);
    expect(hex(codecs.msgpack.encode(frame.value) as Uint8Array)).toBe(frame.msgpack);
  });

  it.each(vectors.frames.filter((frame) => frame.dir === 'down'))(
    'down: $name is read alike in both formats',
    (frame) => {
      const values = [codecs.json.decode(frame.json), codecs.msgpack.decode(bytes(frame.msgpack))];
      for (const value of values) {
        expect(value).toEqual(frame.value);
        expect(readFrame(value)).toMatchObject({ t: frame.value.t });
      }
    },
  );

  it.each(vectors.inbox)('position: $name', ({ since, steps, accepted, up, resume }) => {
    const view = new View();
    view.inbox = since;
    const taken: number[] = [];
    for (const one of steps) {
      if ('close' in one) {
        if (one.close === 4003) view.forget();
        continue;
      }
      const frame = readFrame(one.down) as Down;
      if (!isNews(frame)) continue;
      if (view.take(frame) === 'new' && frame.t === 'event' && isInbox(frame)) taken.push(frame.seq);
    }
    expect(taken).toEqual(accepted);
    if (up) expect(up).toEqual([{ t: 'ack', level: 'received', seq: taken.at(-1) }]);
    if (resume !== undefined) expect(view.inbox).toBe(resume);
  });
});

describe('shared inbox scenarios through a whole client', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it.each(vectors.inbox.filter((one) => one.since !== null))(
    '$name',
    async ({ since, steps, accepted, up, resume }) => {
      const world = new World();
      world.server.intercept = (session, frame) => {
        if (frame.t === 'hello') session.open = true;
        if (frame.t === 'hello') session.send(welcome(since ?? 0));
        return true;
      };
      const tab = await world.open();
      for (const one of steps) {
        if ('close' in one) world.server.cut(one.close);
        else world.server.sessions[0]?.send(one.down);
      }
      await pass(200);
      expect(tab.seqs).toEqual(accepted);
      const acks = world.server.got('ack');
      // Acks are coalesced as time allows: what counts is the last one, and that none goes back.
      if (up) expect(acks.at(-1)).toEqual(up.at(-1));
      expect(acks.map((frame) => frame.seq)).toEqual(
        acks.map((frame) => frame.seq).sort((a, b) => Number(a) - Number(b)),
      );
      if (resume !== undefined) {
        await pass(1000);
        expect(world.server.got('hello').at(-1)?.since).toBe(resume);
      }
    },
  );
});
