/**
 * Which of a browser's tabs leads, and how they talk to each other.
 *
 * The leader holds the Web Lock `tez-hub-leader:<url>`; the others wait for it, so that the browser itself names the
 * next one the moment the leader's tab is closed, crashes or is thrown out of memory. Each tab holds a lock of its
 * own as well: whoever is granted another tab's lock knows that the tab is gone. Messages go over a BroadcastChannel.
 *
 * Without Web Locks (on plain http the browser withholds them) every tab leads for itself, with a connection of its
 * own and nothing passed on: passing on as well would make every event arrive once per tab.
 */
import { randomId } from './device';
import type { ChannelLike, HubEnv } from './env';
import type { Position, Which, WireError } from './messages';
import type { AckLevel, HubFault, HubStatus } from './types';
import type { News } from './view';

/** Raised when tabs of two releases would not understand each other; they then keep apart. */
const VERSION = 1;

/** What a tab wants from the leader: always the whole of it, so that a lost message heals with the next. */
export interface Wants {
  inbox: number | null;
  topics: Record<string, Position | null>;
  active: boolean;
}

/** What everybody may know of the leader's connection. */
export interface Briefing {
  status: HubStatus;
  /** The hub's clock minus ours, ms. */
  clock: number;
  tabs: number;
}

export type Body =
  /** A tab is new, or has lost track of who leads. */
  | { m: 'hi' }
  | { m: 'bye' }
  /** From the leader: I lead. `news` brings a newcomer to where we are. */
  | ({ m: 'lead'; news: readonly News[] } & Briefing)
  | ({ m: 'brief' } & Briefing)
  | { m: 'news'; news: readonly News[] }
  | { m: 'fault'; fault: HubFault }
  | { m: 'reply'; id: number; ok: boolean; data: unknown; error: WireError | null }
  /** To the leader. */
  | ({ m: 'want' } & Wants)
  | { m: 'call'; id: number; name: string; args: object }
  | { m: 'ack'; level: AckLevel; which: Which }
  | { m: 'wake' | 'force' };

export type Message = Body & { v: number; from: string; to?: string };

export interface TabsHandlers {
  /** This tab leads from now on. */
  lead(): void;
  message(message: Message): void;
  /** Another tab is gone; told to the leader only. */
  gone(tab: string): void;
}

export class Tabs {
  readonly id = randomId();
  /** The tab that leads, as far as we know. */
  leader: string | null = null;
  #channel: ChannelLike | null = null;
  #end: AbortController | null = null;
  readonly #others = new Set<string>();
  readonly #env: HubEnv;
  readonly #url: string;
  readonly #handlers: TabsHandlers;

  constructor(env: HubEnv, url: string, handlers: TabsHandlers) {
    this.#env = env;
    this.#url = url;
    this.#handlers = handlers;
  }

  get leads(): boolean {
    return this.leader === this.id;
  }

  /** True when this tab shares nothing with others: it leads for itself alone. */
  get alone(): boolean {
    return this.#channel === null;
  }

  /** The other tabs, as the leader knows them. */
  get others(): ReadonlySet<string> {
    return this.#others;
  }

  start(): void {
    const { locks, channel } = this.#env;
    const end = new AbortController();
    this.#end = end;
    if (!locks || !channel) {
      this.#lead();
      return;
    }
    this.#channel = channel(`tez-hub:${this.#url}`);
    this.#channel.onmessage = (event) => this.#take(event.data);
    // First our own lock, then "hi": who hears of us can at once wait for our end.
    void this.#hold(this.#lockOf(this.id), end.signal, () => this.post({ m: 'hi' }));
    void this.#hold(`tez-hub-leader:${this.#url}`, end.signal, () => this.#lead());
  }

  /** The browser has locks but withholds them here, as in a sandboxed frame. */
  #goAlone(): void {
    if (this.leads) return;
    this.#channel?.close();
    this.#channel = null;
    this.#lead();
  }

  /** Leaves: the locks are given back at once, the next tab leads. */
  stop(): void {
    this.post({ m: 'bye' });
    this.#end?.abort();
    this.#end = null;
    this.#channel?.close();
    this.#channel = null;
    this.#others.clear();
    this.leader = null;
  }

  post(body: Body, to?: string): void {
    const message: Message = { ...body, v: VERSION, from: this.id, ...(to === undefined ? {} : { to }) };
    this.#channel?.postMessage(message);
  }

  #lead(): void {
    this.leader = this.id;
    this.#handlers.lead();
  }

  #take(data: unknown): void {
    const message = data as Message;
    if (message?.v !== VERSION || (message.to !== undefined && message.to !== this.id)) return;
    if (message.m === 'bye') this.#lose(message.from);
    else {
      if (message.m === 'lead' && !this.leads) this.leader = message.from;
      if (this.leads && !this.#others.has(message.from)) this.#meet(message.from);
      this.#handlers.message(message);
    }
  }

  /** The leader waits for every other tab's lock: being granted it means that the tab is gone. */
  #meet(tab: string): void {
    const end = this.#end;
    if (!end) return;
    this.#others.add(tab);
    void this.#request(this.#lockOf(tab), end.signal, async () => this.#lose(tab));
  }

  #lose(tab: string): void {
    if (this.#others.delete(tab)) this.#handlers.gone(tab);
  }

  #lockOf(tab: string): string {
    return `tez-hub-tab:${this.#url}:${tab}`;
  }

  /** Holds a lock until `signal` says to stop. */
  #hold(name: string, signal: AbortSignal, held: () => void): Promise<void> {
    return this.#request(name, signal, () => {
      if (signal.aborted) return Promise.resolve();
      held();
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
    });
  }

  async #request(name: string, signal: AbortSignal, held: () => Promise<void>): Promise<void> {
    try {
      await this.#env.locks?.request(name, { signal }, held);
    } catch {
      // Aborted while waiting is how stop() ends it.
      if (!signal.aborted) this.#goAlone();
    }
  }
}
