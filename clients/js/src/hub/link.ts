import type { Codec } from './codec';
import { type Connection, type Effect, ENDINGS, type Input, idle, step } from './connection';
import type { HubEnv, SocketLike } from './env';
import { type Down, readFrame, type Up } from './messages';
import type { Undo } from './types';

export interface LinkHandlers {
  /** The first frame of a new connection. */
  hello(): Up;
  /** Everything but ping and draining, in order. */
  frame(frame: Down): void;
  /** The connection's state is another one, or a ping came. */
  change(): void;
  /** Positions count for nothing any more. */
  forget(): void;
}

/** Drives the state machine of connection.ts with a real socket and real timers. */
export class Link {
  #at: Connection = idle;
  #socket: SocketLike | null = null;
  #disarm: Undo | null = null;
  #armedFor: number | null = null;
  #asked: { id: number | 'hello'; at: number } | null = null;
  readonly #env: HubEnv;
  readonly #url: string;
  readonly #codec: Codec;
  readonly #handlers: LinkHandlers;

  /** ms from the last own frame that has an answer to that answer. */
  roundTrip: number | undefined;
  /** ms since 1970 when the hub was last heard, also of a connection that has ended. */
  heardAt: number | undefined;

  constructor(env: HubEnv, url: string, codec: Codec, handlers: LinkHandlers) {
    this.#env = env;
    this.#url = url;
    this.#codec = codec;
    this.#handlers = handlers;
  }

  get at(): Connection {
    return this.#at;
  }

  get open(): boolean {
    return this.#at.phase === 'open';
  }

  /** False when there is no open connection: the frame is not kept. */
  send(frame: Up): boolean {
    if (!this.open) return false;
    this.#write(frame);
    return true;
  }

  input(input: Input): void {
    const before = this.#at.phase;
    this.#advance(input);
    if (this.#at.phase !== before) this.#handlers.change();
  }

  #advance(input: Input): void {
    const [next, effects] = step(this.#at, input, this.#env.now(), this.#env.random);
    this.#at = next;
    for (const effect of effects) this.#do(effect);
    this.#arm();
  }

  #do(effect: Effect): void {
    switch (effect) {
      case 'open':
        this.#connect();
        break;
      case 'hello':
        this.#write(this.#handlers.hello());
        break;
      case 'close':
        this.#drop();
        break;
      case 'forget':
        this.#handlers.forget();
        break;
    }
  }

  #connect(): void {
    this.#drop();
    let socket: SocketLike;
    try {
      socket = this.#env.socket(this.#url, this.#codec.subprotocol);
    } catch {
      // A blocked address throws at once; to the machine it is a connection that failed.
      this.#env.after(0, () => this.input({ type: 'closed', code: 1006, name: 'refused' }));
      return;
    }
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.input({ type: 'opened' });
    socket.onmessage = (event) => this.#take(event.data);
    socket.onclose = (event) => {
      this.#drop();
      this.input({ type: 'closed', code: event.code, name: ENDINGS.has(event.reason) ? event.reason : 'lost' });
    };
  }

  /** Lets go of the socket; nothing of it is heard any more. */
  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#asked = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(1000);
  }

  #write(frame: Up): void {
    if ('id' in frame || frame.t === 'hello') {
      this.#asked ??= { id: frame.t === 'hello' ? 'hello' : frame.id, at: this.#env.now() };
    }
    this.#socket?.send(this.#codec.encode(frame));
  }

  #take(data: unknown): void {
    let frame: Down | null;
    try {
      frame = readFrame(this.#codec.decode(data));
    } catch {
      this.input({ type: 'broken', name: 'bad_frame' });
      return;
    }
    this.heardAt = this.#env.now();
    this.input({ type: 'heard' });
    if (!frame) return;
    switch (frame.t) {
      case 'ping':
        this.send({ t: 'pong' });
        this.#handlers.change();
        return;
      case 'draining':
        this.input({ type: 'draining', window: frame.reconnect_in });
        return;
      case 'welcome':
        if (this.#at.phase !== 'greeting') return;
        this.#answered('hello');
        // First the facts, then the news: who hears "open" finds the session's clock and counts in place.
        this.#advance({ type: 'welcome', ping: frame.ping });
        this.#handlers.frame(frame);
        this.#handlers.change();
        return;
      case 'reply':
        if (frame.id !== null) this.#answered(frame.id);
        break;
    }
    this.#handlers.frame(frame);
  }

  #answered(id: number | 'hello'): void {
    if (this.#asked?.id !== id) return;
    this.roundTrip = this.#env.now() - this.#asked.at;
    this.#asked = null;
  }

  /** One timer, set anew only when it must ring earlier: a busy connection pushes its deadline on with every frame. */
  #arm(): void {
    const due = this.#at.due;
    if (due !== null && this.#armedFor !== null && this.#armedFor <= due) return;
    this.#disarm?.();
    this.#disarm = null;
    this.#armedFor = due;
    if (due === null) return;
    this.#disarm = this.#env.after(Math.max(0, due - this.#env.now()), () => {
      this.#disarm = null;
      this.#armedFor = null;
      this.input({ type: 'timer' });
    });
  }
}
