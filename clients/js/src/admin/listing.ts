/** A list that the server pages: what was asked for, what is on screen, how old it is. */

import { serverNow } from '../ui/clock';
import type { Query } from './api';
import type { Page } from './types';

export const PAGE_SIZE = 50;

type Fetch<P> = (query: Query, signal: AbortSignal) => Promise<P>;

/**
 * Keeps the last good page while the next one is under way, and forgets an answer that a later question has overtaken.
 * `changed` is called after every change. At most one request is under way.
 */
export class Listing<Row extends object, P extends Page<Row> = Page<Row>> {
  page: P | null = null;
  /** What the page on screen answers; null before the first. */
  shown: Query | null = null;
  busy = false;
  error: unknown = null;
  /** The server's time of the page on screen, ms; null before the first. */
  at: number | null = null;
  /** Called with each fresh page and the server's time at which it was asked for. */
  loaded: ((rows: readonly Row[], askedAt: number) => void) | null = null;

  readonly #fetch: Fetch<P>;
  readonly #changed: () => void;
  #wanted: Query | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: AbortController | null = null;

  constructor(fetch: Fetch<P>, changed: () => void) {
    this.#fetch = fetch;
    this.#changed = changed;
  }

  /** Asks for `query` in `wait` ms, unless it is what was asked for last. A later call takes the place of this one. */
  want(query: Query, wait = 0): void {
    if (this.#wanted !== null && same(this.#wanted, query)) return;
    this.#wanted = query;
    this.#later(wait);
  }

  /** Asks once more for the same. */
  refresh(): void {
    if (this.#wanted !== null) this.#later(0);
  }

  /** Puts `change(row)` in the place of each row, until the next answer. */
  patch(change: (row: Row) => Row | null): void {
    if (!this.page) return;
    const rows = this.page.rows.map(change).filter((row) => row !== null);
    const gone = this.page.rows.length - rows.length;
    this.page = { ...this.page, rows, total: Math.max(rows.length, this.page.total - gone) };
    this.#changed();
  }

  /** Stops what is under way; the page on screen stays. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#running?.abort();
    this.#running = null;
    this.busy = false;
    this.#wanted = this.shown;
  }

  #later(wait: number): void {
    clearTimeout(this.#timer);
    this.#running?.abort();
    this.#running = null;
    this.busy = true;
    this.error = null;
    if (wait) this.#timer = setTimeout(() => void this.#ask(), wait);
    else void this.#ask();
    this.#changed();
  }

  async #ask(): Promise<void> {
    const query = this.#wanted;
    if (query === null) return;
    const run = new AbortController();
    this.#running = run;
    const askedAt = serverNow();
    try {
      const page = await this.#fetch({ ...query, limit: String(PAGE_SIZE) }, run.signal);
      if (this.#running !== run) return;
      const offset = Number(query.offset || 0);
      if (offset > 0 && page.rows.length === 0 && page.total > 0) {
        // The last rows of the last page are gone: the page before it is what was meant.
        this.#wanted = { ...query, offset: String(lastOffset(page.total)) };
        await this.#ask();
        return;
      }
      this.page = page;
      this.shown = query;
      this.at = askedAt;
      this.error = null;
      this.loaded?.(page.rows, askedAt);
    } catch (error) {
      if (this.#running !== run) return;
      this.error = error;
    }
    this.#running = null;
    this.busy = false;
    this.#changed();
  }
}

/** Where the last page of `total` rows begins. */
export function lastOffset(total: number): number {
  return Math.max(0, Math.floor((total - 1) / PAGE_SIZE) * PAGE_SIZE);
}

function same(a: Query, b: Query): boolean {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => (a[key] ?? '') === (b[key] ?? ''));
}
