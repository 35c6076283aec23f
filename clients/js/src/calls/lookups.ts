/** Who calls, by number: asked once while the call is shown, however many cards want to know, and remembered for the next call. */

import type { Caller } from './types';

export interface LookupState {
  readonly state: 'loading' | 'failed' | 'done';
  /** What was known before stays while it is asked anew. */
  readonly caller: Caller | null;
}

const MOST = 30;
const FRESH_MS = 60_000;

interface Kept extends LookupState {
  readonly at: number;
}

export class Lookups {
  readonly #kept = new Map<string, Kept>();
  readonly #ask: (number: string) => Promise<Caller>;
  readonly #changed: () => void;

  constructor(ask: (number: string) => Promise<Caller>, changed: () => void) {
    this.#ask = ask;
    this.#changed = changed;
  }

  /** What is known; asks when nothing is, or when it is old. A failure is not tried again by itself. */
  of(number: string): LookupState {
    const known = this.#kept.get(number);
    if (known && (known.state !== 'done' || Date.now() - known.at < FRESH_MS)) return known;
    return this.#begin(number, known?.caller ?? null);
  }

  retry(number: string): void {
    this.#begin(number, this.#kept.get(number)?.caller ?? null);
    this.#changed();
  }

  #begin(number: string, caller: Caller | null): LookupState {
    const asking: Kept = { state: caller ? 'done' : 'loading', caller, at: Date.now() };
    this.#put(number, asking);
    this.#ask(number).then(
      (found) => this.#answer(number, { state: 'done', caller: found, at: Date.now() }),
      () => this.#answer(number, { state: caller ? 'done' : 'failed', caller, at: Date.now() }),
    );
    return asking;
  }

  #answer(number: string, kept: Kept): void {
    this.#put(number, kept);
    this.#changed();
  }

  #put(number: string, kept: Kept): void {
    this.#kept.delete(number);
    this.#kept.set(number, kept);
    const oldest = this.#kept.keys().next().value;
    if (this.#kept.size > MOST && oldest !== undefined) this.#kept.delete(oldest);
  }
}
