/** Follows the topics `net` and `net:{host}` for the pages, and tells them of changes no oftener than eyes can follow. */

import { Emitter } from '../hub/emitter';
import type { Hub, Undo } from '../hub/index';
import { serverNow } from '../ui/clock';
import { adopt, fold, foldRounds, nothing, type Tick, type Told } from './model';
import type { Host, Net, Round } from './types';

const TOPIC = 'net';
/** Between two tellings: three a second are what eyes can follow, and half the work of drawing each event. */
export const TELL_MS = 300;
/** So old may the newest measurement be before the page says so. */
export const STALE_MS = 30_000;

type NetHub = Pick<Hub, 'subscribe' | 'on' | 'status'>;

export interface News {
  /** Rows whose numbers or state changed; null: any may have. */
  readonly ids: ReadonlySet<string> | null;
  /** More than numbers: states, groups, hosts, the probe. */
  readonly shape: boolean;
}

export class NetStore {
  net: Net = nothing;
  /** The hub has told the state, be it without a host. */
  loaded = false;
  denied = false;
  readonly #hub: NetHub;
  readonly #events = new Emitter<{ change: News; status: undefined }>();
  #undos: Undo[] = [];
  #ids: Set<string> | null = new Set();
  #shape = false;
  #told = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #frame = 0;

  constructor(hub: NetHub) {
    this.#hub = hub;
    this.#join();
  }

  on(type: 'change', fn: (news: News) => void): Undo {
    return this.#events.on(type, fn);
  }

  /** The link or `denied` changed. */
  onStatus(fn: () => void): Undo {
    return this.#events.on('status', fn);
  }

  get offline(): boolean {
    return this.#hub.status.state !== 'open';
  }

  /** Ms since 1970 of the newest measurement; null: nothing was measured. */
  get at(): number | null {
    const at = this.net.at ? Date.parse(this.net.at) : Number.NaN;
    return Number.isNaN(at) ? null : at;
  }

  /** What is on the screen may not be so any more. */
  get stale(): boolean {
    return this.offline || (this.at !== null && serverNow() - this.at > STALE_MS);
  }

  retry(): void {
    this.close();
    this.denied = false;
    this.#join();
    this.#events.emit('status', undefined);
  }

  close(): void {
    for (const undo of this.#undos.splice(0)) undo();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  /** The whole anew. */
  adopt(told: Partial<Told> | null): void {
    this.net = adopt(told);
    this.loaded = true;
    this.denied = false;
    this.#mark(null, true);
  }

  /** One event. */
  take(type: string, data: unknown): void {
    this.net = fold(this.net, type, data);
    this.loaded = true;
    if (type === 'net.tick')
      this.#mark(
        (data as { rows: readonly Tick[] }).rows.map(([id]) => id),
        false,
      );
    else if (type === 'net.state') this.#mark(Object.keys((data as { hosts: Record<string, Host> }).hosts), true);
    else this.#mark(null, true);
  }

  #join(): void {
    const status = () => this.#events.emit('status', undefined);
    this.#undos = [
      this.#hub.subscribe(TOPIC, {
        snapshot: ({ data }) => this.adopt(data as Told | null),
        event: ({ type, data }) => this.take(type, data),
      }),
      this.#hub.on('status', status),
      this.#hub.on('error', (fault) => {
        if (fault.topic !== TOPIC || fault.temporary) return;
        this.denied = true;
        status();
      }),
    ];
  }

  #mark(ids: readonly string[] | null, shape: boolean): void {
    if (ids === null) this.#ids = null;
    else if (this.#ids) for (const id of ids) this.#ids.add(id);
    this.#shape ||= shape;
    if (this.#timer !== undefined || this.#frame) return;
    const wait = this.#told + TELL_MS - performance.now();
    const soon = () => {
      this.#timer = undefined;
      // A hidden tab draws no frames: what came meanwhile is told once, when it is looked at again.
      this.#frame = requestAnimationFrame(() => this.#tell());
    };
    if (wait > 0) this.#timer = setTimeout(soon, wait);
    else soon();
  }

  #tell(): void {
    this.#frame = 0;
    this.#told = performance.now();
    const news = { ids: this.#ids, shape: this.#shape };
    this.#ids = new Set();
    this.#shape = false;
    this.#events.emit('change', news);
  }
}

/** The last rounds of one host, live. */
export class RoundStore {
  rounds: readonly Round[] = [];
  readonly #undo: Undo;

  constructor(hub: Pick<Hub, 'subscribe'>, host: string, changed: () => void) {
    this.#undo = hub.subscribe(`${TOPIC}:${host}`, {
      snapshot: ({ data }) => {
        this.rounds = (data as { rounds?: readonly Round[] } | null)?.rounds ?? [];
        changed();
      },
      event: ({ type, data }) => {
        this.rounds = foldRounds(this.rounds, type, data);
        changed();
      },
    });
  }

  close(): void {
    this.#undo();
  }
}
