/** Follows what the hub tells of the tickets of a view: `tickets:{view}`, numbers and versions, never words. What of it concerns the view, only asking tells. */

import type { Hub, Undo } from '../../hub/index';
import { builtins } from './place';

/** What the topic's data holds; anything else tells nothing. */
interface Told {
  readonly ids?: Readonly<Record<string, unknown>>;
  /** More changed than is told. */
  readonly more?: boolean;
  /** When the latest of it changed. */
  readonly at?: string;
}

const WAIT_MS = 40; // what is told in one breath is asked about once
// Under a stream of changes questions take a quarter of the time, and there is one a second at least: a busy server is asked less often.
const SHARE = 4;
const LEAST_GAP_MS = 300;
const MOST_GAP_MS = 1000;

const ROUND_MS = 60_000;
const MOST_KNOWN = 5000; // versions remembered, so that a repeated word asks for nothing

export interface TopicActs {
  /** These tickets changed. */
  readonly changed: (ids: ReadonlySet<number>) => Promise<void>;
  /** Something changed, and nobody knows what: ask for all that is shown. */
  readonly missed: () => Promise<void>;
  /** The topic is followed from now on, and its latest change was at this time of the server, ms. */
  readonly began: (at: number) => void;
}

export class ViewTopic {
  readonly #hub: Pick<Hub, 'subscribe' | 'on'>;
  readonly #acts: TopicActs;
  #undos: Undo[] = [];
  #round: ReturnType<typeof setInterval> | undefined;
  #topic = '';
  #known = new Map<string, unknown>();
  #began = false;
  #ids = new Set<number>();
  #all = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last = Number.NEGATIVE_INFINITY;
  #gap = LEAST_GAP_MS;

  constructor(hub: Pick<Hub, 'subscribe' | 'on'>, acts: TopicActs) {
    this.#hub = hub;
    this.#acts = acts;
  }

  /** Follows this view and no other from now on. A person's own views have no topic; that of everything tells of theirs, too. */
  follow(view: string): void {
    const topic = `tickets:${(builtins as readonly string[]).includes(view) ? view : 'all'}`;
    if (topic === this.#topic) return;
    this.stop();
    this.#topic = topic;
    this.#undos = [
      this.#hub.subscribe(topic, {
        snapshot: ({ data }) => this.#heard(data, !this.#began),
        event: ({ data }) => this.#heard(data, false),
        gap: () => this.#tell(true),
      }),
      this.#hub.on('error', (fault) => {
        if (fault.topic === topic && !fault.temporary) this.#askAround();
      }),
    ];
  }

  /** The topic is not this person's to read, as of somebody without an account in Redmine: then the list asks now and then. */
  #askAround(): void {
    clearInterval(this.#round);
    this.#round = setInterval(() => document.visibilityState === 'visible' && this.#tell(true), ROUND_MS);
  }

  stop(): void {
    for (const undo of this.#undos.splice(0)) undo();
    clearInterval(this.#round);
    this.#topic = '';
    this.#known.clear();
    this.#ids.clear();
    this.#all = false;
    this.#began = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** `first`: it is how things stood when the page was asked for, not a change. */
  #heard(data: unknown, first: boolean): void {
    const told = data as Told | null;
    const ids = told?.ids;
    this.#began = true;
    if (first && told?.at) this.#acts.began(Date.parse(told.at));
    if (typeof ids !== 'object' || ids === null) {
      if (!first) this.#tell(true);
      return;
    }
    for (const [id, version] of Object.entries(ids)) {
      if (this.#known.get(id) === version) continue;
      this.#known.set(id, version);
      if (!first && Number.isSafeInteger(Number(id))) this.#ids.add(Number(id));
    }
    if (this.#known.size > MOST_KNOWN) this.#known = new Map(Object.entries(ids));
    if (told?.more && !first) this.#tell(true);
    else if (this.#ids.size) this.#tell(false);
  }

  #tell(all: boolean): void {
    this.#all ||= all;
    if (this.#timer !== undefined) return;
    const wait = Math.max(WAIT_MS, this.#last + this.#gap - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#last = performance.now();
      const ids = this.#ids;
      const missed = this.#all;
      this.#ids = new Set();
      this.#all = false;
      void this.#ask(ids, missed);
    }, wait);
  }

  async #ask(ids: ReadonlySet<number>, missed: boolean): Promise<void> {
    const began = performance.now();
    if (ids.size) await this.#acts.changed(ids);
    if (missed) await this.#acts.missed();
    this.#gap = Math.min(MOST_GAP_MS, Math.max(LEAST_GAP_MS, SHARE * (performance.now() - began)));
  }
}
