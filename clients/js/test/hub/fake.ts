/** A browser and a hub to test against: both speak the real protocol, and tests may hold, cut and bend what they say. */
import { vi } from 'vitest';
import { type InboxItem, type InboxPage, type Level, type PageQuery, SharedHub, type WireFormat } from '../../src/hub';
import { type Codec, codecs } from '../../src/hub/codec';
import type { ChannelLike, HubEnv, LocksLike, SocketLike } from '../../src/hub/env';

export type Json = Record<string, unknown>;

const tick = (fn: () => void): void => queueMicrotask(fn);

/** Lets everything that is due within `ms` happen. */
export const pass = (ms = 1): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

// -- the hub ------------------------------------------------------------------------------------------

/** One row of the inbox; as in the real store, "done" hides how far it had got before. */
class Stored {
  base: Exclude<Level, 'done'> = 'new';
  done = false;

  constructor(
    readonly seq: number,
    readonly id: string,
    readonly data: Json,
  ) {}

  get level(): Level {
    return this.done ? 'done' : this.base;
  }

  mark(change: string): void {
    if (change === 'undone') this.done = false;
    else if (change === 'unread') {
      this.done = false;
      this.base = 'received';
    } else {
      const level = change === 'done' ? 'shown' : (change as Stored['base']);
      if (RANKS.indexOf(level) > RANKS.indexOf(this.base)) this.base = level;
      if (change === 'done') this.done = true;
    }
  }
}

interface Topic {
  epoch: string;
  offset: number;
  state: Json;
  log: Json[];
}

const RANKS: Level[] = ['new', 'received', 'shown', 'read', 'done'];

export class Session {
  readonly got: Json[] = [];
  readonly topics = new Set<string>();
  open = false;
  since: number | null = null;

  constructor(
    readonly hub: FakeHub,
    readonly socket: FakeSocket,
  ) {}

  send(frame: Json): void {
    if (!this.open && frame.t !== 'welcome') return;
    if (!this.hub.mute) this.socket.deliver(frame);
  }

  take(frame: Json): void {
    this.got.push(frame);
    this.hub.handle(this, frame);
  }
}

/** One user's hub, as docs/protocol.md has it. */
export class FakeHub {
  sessions: Session[] = [];
  /** Every session there ever was. */
  readonly all: Session[] = [];
  inbox: Stored[] = [];
  readonly topics = new Map<string, Topic>();
  user = 7;
  /** True: nothing gets out any more, as with dropped packets. */
  mute = false;
  /** True: connections do not come about. */
  unreachable = false;
  /** Sees each frame before the hub does; true: the hub shall not. */
  intercept: (session: Session, frame: Json) => boolean = () => false;
  pageDelay = 0;
  calls: { name: string; args: Json }[] = [];

  get seq(): number {
    return this.inbox.at(-1)?.seq ?? 0;
  }

  get unseen(): number {
    return this.inbox.filter((item) => RANKS.indexOf(item.level) < 2).length;
  }

  /** Frames of one type that all sessions together have got. */
  got(t: string): Json[] {
    return this.all.flatMap((session) => session.got.filter((frame) => frame.t === t));
  }

  publish(count = 1, live = true): void {
    for (let left = count; left > 0; left--) {
      const seq = this.seq + 1;
      this.inbox.push(new Stored(seq, `e${seq}`, { kind: 'ticket', title: { ru: `№ ${seq}`, en: `no. ${seq}` } }));
      if (live) for (const session of this.sessions) if (session.open) session.send(this.frame(seq));
    }
  }

  frame(seq: number, replay = false): Json {
    const item = this.inbox.find((one) => one.seq === seq);
    if (!item) throw new Error(`no item ${seq}`);
    const time = '2026-11-23T09:15:04.120Z';
    const level = replay && item.level !== 'new' ? { level: item.level } : {};
    const { id, data } = item;
    return {
      t: 'event',
      topic: 'inbox',
      seq,
      id,
      type: 'x.y',
      source: '/x',
      time,
      data,
      ...(replay ? { replay } : {}),
      ...level,
    };
  }

  topic(name: string): Topic {
    const known = this.topics.get(name) ?? { epoch: 'e1', offset: 0, state: {}, log: [] };
    this.topics.set(name, known);
    return known;
  }

  /** Sets a key of a topic's state; `lose`: the event gets lost on the way to the sessions. */
  set(name: string, key: string, value: unknown, lose = false): void {
    const topic = this.topic(name);
    topic.offset += 1;
    topic.state[key] = value;
    const frame = {
      t: 'event',
      topic: name,
      offset: topic.offset,
      id: `${name}-${topic.offset}`,
      type: 'set',
      source: '/x',
      time: '2026-11-23T09:15:04.120Z',
      data: { key, value },
    };
    topic.log.push(frame);
    if (!lose) for (const session of this.sessions) if (session.topics.has(name)) session.send(frame);
  }

  mark(level: string, which: { ids?: string[]; seq?: number }, by = 'other'): void {
    for (const item of this.inbox) {
      if (which.ids ? !which.ids.includes(item.id) : item.seq > (which.seq ?? 0)) continue;
      item.mark(level);
    }
    if (level === 'received') return;
    for (const session of this.sessions) session.send({ t: 'state', ...which, level, by, unseen: this.unseen });
  }

  handle(session: Session, frame: Json): void {
    if (this.intercept(session, frame)) return;
    switch (frame.t) {
      case 'hello':
        this.#hello(session, frame);
        break;
      case 'sub':
        this.#sub(session, frame);
        break;
      case 'unsub':
        session.topics.delete(frame.topic as string);
        session.send({ t: 'reply', id: frame.id, ok: true, data: null });
        break;
      case 'ack':
        if (typeof frame.seq === 'number' && frame.seq > this.seq) throw new Error('ack of a seq that was not sent');
        this.mark(
          frame.level as string,
          frame.ids ? { ids: frame.ids as string[] } : { seq: frame.seq as number },
          'self',
        );
        break;
      case 'call':
        this.#call(session, frame);
        break;
    }
  }

  #hello(session: Session, frame: Json): void {
    const since = frame.since as number | null;
    session.since = since;
    if (since !== null && since > this.seq) {
      session.socket.end(4003);
      return;
    }
    session.open = true;
    const joins: Json = {};
    const after: Json[] = [];
    for (const [name, at] of Object.entries(frame.topics as Record<string, { epoch: string; offset: number } | null>)) {
      if (name.startsWith('secret')) continue;
      const [place, frames] = this.#join(session, name, at);
      joins[name] = place;
      after.push(...frames);
    }
    session.send({
      t: 'welcome',
      v: 1,
      session: `s${this.all.length}`,
      user: { id: this.user, name: 'petrova', locale: 'ru' },
      seq: this.seq,
      unseen: this.unseen,
      ping: 25,
      time: new Date(Date.now() + 60_000).toISOString(),
      topics: joins,
    });
    for (const one of after) session.send(one);
    if (since !== null) for (const item of this.inbox) if (item.seq > since) session.send(this.frame(item.seq, true));
  }

  #join(session: Session, name: string, at: { epoch: string; offset: number } | null): [Json, Json[]] {
    const topic = this.topic(name);
    session.topics.add(name);
    const { epoch, offset } = topic;
    if (at?.epoch === epoch && at.offset <= offset) {
      return [
        { epoch, offset, recovered: true },
        topic.log.slice(at.offset).map((event) => ({ ...event, replay: true })),
      ];
    }
    const data = structuredClone(topic.state);
    return [{ epoch, offset, recovered: false }, [{ t: 'snapshot', topic: name, epoch, offset, data }]];
  }

  #sub(session: Session, frame: Json): void {
    const name = frame.topic as string;
    if (name.startsWith('secret')) {
      session.send({
        t: 'reply',
        id: frame.id,
        ok: false,
        error: { code: 'no_such_topic', message: 'no', temporary: false },
      });
      return;
    }
    const at = frame.epoch === undefined ? null : { epoch: frame.epoch as string, offset: frame.offset as number };
    const [place, frames] = this.#join(session, name, at);
    session.send({ t: 'reply', id: frame.id, ok: true, data: place });
    for (const one of frames) session.send(one);
  }

  #call(session: Session, frame: Json): void {
    const { name, args, id } = frame as { name: string; args: { ids?: string[]; from?: number }; id: number };
    this.calls.push({ name, args });
    let data: unknown = null;
    if (name === 'inbox.levels') {
      const levels: Record<string, number[]> = { shown: [], read: [], done: [] };
      for (const item of this.inbox) if (item.seq >= (args.from ?? 0)) levels[item.level]?.push(item.seq);
      data = { levels, unseen: this.unseen };
    } else if (name === 'fail') {
      session.send({ t: 'reply', id, ok: false, error: { code: 'refused', message: 'no', temporary: false } });
      return;
    } else if (name.startsWith('inbox.')) {
      const level = name === 'inbox.snooze' ? 'done' : name.slice('inbox.'.length);
      this.mark(level, { ids: args.ids ?? [] }, 'self');
      data = { unseen: this.unseen };
    } else data = { echo: args };
    session.send({ t: 'reply', id, ok: true, data });
  }

  connect(socket: FakeSocket): void {
    if (this.unreachable) return;
    const session = new Session(this, socket);
    socket.session = session;
    this.sessions.push(session);
    this.all.push(session);
    tick(() => socket.accept());
  }

  /** Ends all connections. */
  cut(code = 1006): void {
    for (const session of [...this.sessions]) session.socket.end(code);
  }

  /** What `GET /notifications/api/inbox` answers. */
  page = async ({ before, limit }: PageQuery): Promise<InboxPage> => {
    const items = this.inbox.filter((item) => item.level !== 'done' && (before === undefined || item.seq < before));
    const shown = items.slice(-limit).reverse();
    const page: InboxPage = {
      items: shown.map((item) => this.item(item)),
      next: items.length > limit ? (shown.at(-1)?.seq ?? null) : null,
      seq: this.seq,
      unseen: this.unseen,
      unread: 0,
    };
    await new Promise((resolve) => setTimeout(resolve, this.pageDelay));
    return page;
  };

  item(stored: Stored): InboxItem {
    const { t: _t, topic: _topic, ...rest } = this.frame(stored.seq);
    return { ...(rest as unknown as InboxItem), level: stored.level };
  }
}

export class FakeSocket implements SocketLike {
  binaryType = '';
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  session: Session | null = null;
  closed = false;
  #broken = false;
  readonly #codec: Codec;

  constructor(
    hub: FakeHub,
    readonly url: string,
    subprotocol: string,
  ) {
    this.#codec = subprotocol === 'hub.v1.json' ? codecs.json : codecs.msgpack;
    hub.connect(this);
  }

  accept(): void {
    if (!this.closed) this.onopen?.();
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (this.closed) throw new Error('InvalidStateError');
    const frame = this.#codec.decode(typeof data === 'string' ? data : data.slice().buffer) as Json;
    // What was sent before an own close still arrives; not so when the connection broke.
    tick(() => {
      if (!this.#broken) this.session?.take(frame);
    });
  }

  deliver(frame: Json): void {
    const data = this.#codec.encode(frame);
    this.raw(typeof data === 'string' ? data : data.slice().buffer);
  }

  raw(data: unknown): void {
    tick(() => {
      if (!this.closed) this.onmessage?.({ data });
    });
  }

  /** The hub's or the network's end. */
  end(code: number): void {
    this.#broken = true;
    this.#leave();
    // What was sent before still arrives before the end.
    tick(() => {
      if (this.closed) return;
      this.closed = true;
      this.onclose?.({ code, reason: '' });
    });
  }

  close(): void {
    this.closed = true;
    this.#leave();
  }

  #leave(): void {
    const session = this.session;
    if (!session) return;
    session.open = false;
    session.hub.sessions = session.hub.sessions.filter((one) => one !== session);
  }
}

// -- the browser --------------------------------------------------------------------------------------

interface Waiting {
  tab: string;
  held: () => Promise<void>;
  done: () => void;
  granted: boolean;
}

/** Web Locks of one origin: first come, first served; a tab that dies gives all of its locks back. */
export class FakeLocks {
  readonly #queues = new Map<string, Waiting[]>();

  of(tab: string): LocksLike {
    return {
      request: (name, { signal }, held) =>
        new Promise((resolve, reject) => {
          const queue = this.#queues.get(name) ?? [];
          this.#queues.set(name, queue);
          const abort = (): void => {
            if (queue.indexOf(waiting) <= 0) return;
            queue.splice(queue.indexOf(waiting), 1);
            reject(new DOMException('aborted', 'AbortError'));
          };
          const waiting: Waiting = {
            tab,
            held: () => {
              signal.removeEventListener('abort', abort);
              return held();
            },
            done: resolve,
            granted: false,
          };
          queue.push(waiting);
          signal.addEventListener('abort', abort);
          if (queue.length === 1) tick(() => this.#grant(name));
        }),
    };
  }

  #grant(name: string): void {
    const first = this.#queues.get(name)?.[0];
    if (!first || first.granted) return;
    first.granted = true;
    first.held().then(() => {
      first.done();
      this.#release(name, first);
    });
  }

  #release(name: string, waiting: Waiting): void {
    const queue = this.#queues.get(name) ?? [];
    const at = queue.indexOf(waiting);
    if (at < 0) return;
    queue.splice(at, 1);
    if (at === 0) tick(() => this.#grant(name));
  }

  kill(tab: string): void {
    for (const [name, queue] of this.#queues) {
      for (const waiting of queue.filter((one) => one.tab === tab)) this.#release(name, waiting);
    }
  }
}

export class FakeChannels {
  #open: { name: string; tab: string; channel: ChannelLike }[] = [];
  /** Tabs that get nothing for now, as frozen ones; it waits for them. */
  readonly frozen = new Map<string, (() => void)[]>();
  /** Drops a message on its way to a tab when it says so. */
  lose: (tab: string, message: Json) => boolean = () => false;

  of(tab: string): (name: string) => ChannelLike {
    return (name) => {
      const channel: ChannelLike = {
        onmessage: null,
        postMessage: (message) => {
          const copy = structuredClone(message);
          for (const other of this.#open) {
            if (other.channel === channel || other.name !== name || this.lose(other.tab, copy as Json)) continue;
            const deliver = (): void => {
              if (this.#open.includes(other)) other.channel.onmessage?.({ data: structuredClone(copy) });
            };
            const queue = this.frozen.get(other.tab);
            if (queue) queue.push(deliver);
            else tick(deliver);
          }
        },
        close: () => {
          this.#open = this.#open.filter((one) => one.channel !== channel);
        },
      };
      this.#open.push({ name, tab, channel });
      return channel;
    };
  }

  thaw(tab: string): void {
    const queue = this.frozen.get(tab) ?? [];
    this.frozen.delete(tab);
    for (const deliver of queue) deliver();
  }

  kill(tab: string): void {
    this.#open = this.#open.filter((one) => one.tab !== tab);
  }
}

export interface Tab {
  name: string;
  hub: SharedHub;
  /** The inbox positions that it was told, in order. */
  seqs: number[];
  states: string[];
  /** Closed properly: `pagehide` runs. */
  close(): void;
  /** Back from the history cache. */
  back(): void;
  /** Gone without a word. */
  kill(): void;
  wake(): void;
}

/** One browser with tabs, and one hub. */
export class World {
  readonly server = new FakeHub();
  readonly locks = new FakeLocks();
  readonly channels = new FakeChannels();
  random = 0.5;
  sockets = 0;
  #count = 0;

  tab(options: { format?: WireFormat; alone?: boolean } = {}): Tab {
    const name = `tab${++this.#count}`;
    const wakes = new Set<() => void>();
    const pages = new Set<(here: boolean) => void>();
    const own: FakeSocket[] = [];
    let dead = false;
    const env: HubEnv = {
      now: () => Date.now(),
      random: () => this.random,
      after: (ms, fn) => {
        const handle = setTimeout(() => {
          if (!dead) fn();
        }, ms);
        return () => clearTimeout(handle);
      },
      socket: (url, subprotocol) => {
        this.sockets += 1;
        const socket = new FakeSocket(this.server, url, subprotocol);
        own.push(socket);
        return socket;
      },
      locks: options.alone ? null : this.locks.of(name),
      channel: options.alone ? null : this.channels.of(name),
      onWake: (fn) => {
        wakes.add(fn);
        return () => wakes.delete(fn);
      },
      onPage: (fn) => {
        pages.add(fn);
        return () => pages.delete(fn);
      },
    };
    const format = options.format ?? 'json';
    const hub = new SharedHub({ url: 'wss://hub.test/hub/socket', client: 'test/1', device: 'dev', format, env });
    const tab: Tab = {
      name,
      hub,
      seqs: [],
      states: [],
      close: () => {
        for (const fn of pages) fn(false);
      },
      back: () => {
        for (const fn of pages) fn(true);
      },
      kill: () => {
        dead = true;
        for (const socket of own) socket.close();
        this.channels.kill(name);
        this.locks.kill(name);
      },
      wake: () => {
        for (const fn of wakes) fn();
      },
    };
    hub.on('inbox', (event) => tab.seqs.push(event.seq));
    hub.on('status', ({ state }) => {
      if (tab.states.at(-1) !== state) tab.states.push(state);
    });
    return tab;
  }

  /** A tab that runs. */
  async open(options: { format?: WireFormat; alone?: boolean } = {}): Promise<Tab> {
    const tab = this.tab(options);
    tab.hub.start();
    await pass();
    return tab;
  }
}
