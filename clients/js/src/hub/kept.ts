import type { SnapshotFrame, TopicFrame } from './messages';

/** How many events of a topic are kept beside its snapshot; the hub keeps as many. */
const MOST = 300;
/** Below this the events of a topic are too light to be worth counting. */
const LIGHT = 5000;

/** How much memory a value takes, roughly: one for each number, word and key, and for each sixteen letters of a text. */
export function weigh(value: unknown): number {
  if (typeof value === 'string') return 1 + (value.length >> 4);
  if (typeof value !== 'object' || value === null) return 1;
  let weight = 1;
  if (Array.isArray(value)) for (const one of value) weight += weigh(one);
  else for (const key in value) weight += 1 + weigh((value as Record<string, unknown>)[key]);
  return weight;
}

/**
 * What is kept of one topic for readers that come late, and for tabs that fell behind: the snapshot and the events since. They may weigh
 * no more than the snapshot does, for then a fresh one costs less than reading them all; a topic that tells a thousand
 * measurements a second would hold tens of megabytes else. When the first of them goes, so does the snapshot.
 */
export class Kept {
  /** Null when it is too old to be of use: a late reader then needs a fresh one. */
  snapshot: SnapshotFrame | null;
  /** The events after the snapshot; without one, the latest ones. */
  readonly events: TopicFrame[] = [];
  readonly #weights: number[] = [];
  #weight = 0;
  #most: number | null = null;

  constructor(snapshot: SnapshotFrame | null = null) {
    this.snapshot = snapshot;
  }

  push(event: TopicFrame): void {
    const weight = weigh(event.data);
    this.events.push(event);
    this.#weights.push(weight);
    this.#weight += weight;
    // Weighed when it first matters, and not while the page draws what the snapshot says.
    if (this.#weight > LIGHT) this.#most ??= Math.max(LIGHT, weigh(this.snapshot?.data));
    while (this.events.length > MOST || this.#weight > (this.#most ?? LIGHT)) this.#drop();
  }

  /** The events after `offset`, as far as they are kept. */
  after(offset: number): TopicFrame[] {
    return this.events.filter((event) => event.offset > offset);
  }

  #drop(): void {
    this.events.shift();
    this.#weight -= this.#weights.shift() ?? 0;
    this.snapshot = null;
  }
}
