/** The rows of the list as values: what is held on screen, what the server has by now, and what of the difference waits. No DOM, no clock. */

import type { Page, Ticket } from './types';

/** Rows asked for at once; the server's limit is 200. */
export const PAGE_SIZE = 100;
/** Pages kept in memory; the ones farthest from sight go first. */
export const MOST_PAGES = 30;

export interface Waiting {
  /** Tickets that would come in. */
  readonly fresh: number;
  /** Tickets that would change their place, come up from below what is loaded, or go. */
  readonly changed: number;
}

export const nothingWaits: Waiting = { fresh: 0, changed: 0 };

/**
 * Rows by their place, loaded page by page. What a row says changes where it stands; its place, and which rows there are, change
 * only when the list is told that it may move (`admit`). Until then the newer pages wait.
 */
export class Rows {
  total = 0;
  /** The server's time of the arrangement on screen, ms; null before the first page. */
  at: number | null = null;
  waiting: Waiting = nothingWaits;
  /** Shown, but no longer where the filter finds it. */
  readonly gone = new Set<number>();
  readonly #pages = new Map<number, readonly Ticket[]>();
  readonly #places = new Map<number, number>();
  readonly #touched = new Set<number>();
  #next: { readonly pages: ReadonlyMap<number, Page>; readonly at: number } | null = null;

  get loaded(): boolean {
    return this.at !== null;
  }

  has(page: number): boolean {
    return this.#pages.has(page);
  }

  /** The row at `index`; undefined: not loaded, or past the end. */
  row(index: number): Ticket | undefined {
    return this.#pages.get(Math.floor(index / PAGE_SIZE))?.[index % PAGE_SIZE];
  }

  /** Where a ticket stands; -1: nowhere that is loaded. */
  indexOf(id: number): number {
    return this.#places.get(id) ?? -1;
  }

  /** Every row that is loaded. */
  *all(): Generator<Ticket> {
    for (const page of this.#pages.values()) yield* page;
  }

  /** Nothing is known any more: another question. */
  clear(): void {
    this.#pages.clear();
    this.#places.clear();
    this.#touched.clear();
    this.gone.clear();
    this.#next = null;
    this.waiting = nothingWaits;
    this.total = 0;
    this.at = null;
  }

  /** Puts a page where it belongs. Only the first one says how long the list is: a later one would make it jump. */
  put(page: number, { rows, total }: Pick<Page, 'rows' | 'total'>, at: number): void {
    if (this.at === null) {
      this.at = at;
      this.total = total;
    }
    const elsewhere = rows.some((row) => this.#places.has(row.id));
    this.#pages.set(page, rows);
    rows.forEach((row, i) => {
      if (!this.#places.has(row.id)) this.#places.set(row.id, page * PAGE_SIZE + i);
    });
    if ((elsewhere || total !== this.total) && !this.waiting.fresh && !this.waiting.changed)
      this.waiting = { fresh: Math.max(0, total - this.total), changed: total > this.total ? 0 : 1 };
  }

  /** Forgets pages beyond the bound, those farthest from page `near` first. */
  trim(near: number): void {
    const far = [...this.#pages.keys()].sort((a, b) => Math.abs(b - near) - Math.abs(a - near));
    for (const page of far.slice(0, Math.max(0, far.length - MOST_PAGES))) {
      for (const row of this.#pages.get(page) ?? []) this.#places.delete(row.id);
      this.#pages.delete(page);
    }
  }

  /** These tickets changed somewhere; the next `compare` says what came of it. */
  touch(ids: Iterable<number>): void {
    for (const id of ids) this.#touched.add(id);
  }

  /**
   * Takes pages as they are now, by their number, the first one always among them: rows say at once what they say now, and what
   * would move waits. `at`: the server's time of asking, ms.
   */
  compare(pages: ReadonlyMap<number, Page>, at: number): void {
    const first = pages.get(0);
    if (!first || this.at === null) return;
    const complete = this.total <= this.#places.size;
    const found = new Set<number>();
    const fresh = new Set<number>();
    const moved = new Set<number>();
    for (const [number, page] of pages)
      page.rows.forEach((row, i) => {
        found.add(row.id);
        const index = this.indexOf(row.id);
        if (index < 0) (complete || Date.parse(row.created_at ?? '') > (this.at ?? 0) ? fresh : moved).add(row.id);
        else if (this.#touched.has(row.id) && index !== number * PAGE_SIZE + i) moved.add(row.id);
        this.patch(row);
      });
    this.gone.clear();
    for (const id of this.#touched) {
      const index = this.indexOf(id);
      if (index < 0 || found.has(id) || !pages.has(Math.floor(index / PAGE_SIZE))) continue;
      this.gone.add(id);
      moved.add(id);
    }
    if (!moved.size && !fresh.size && first.total !== this.total) moved.add(0); // somewhere below what is loaded
    this.waiting = { fresh: fresh.size, changed: moved.size };
    this.#next = fresh.size || moved.size ? { pages, at } : null;
    if (!this.#next) this.#touched.clear();
  }

  /** Puts a row's newer words where it stands; false when it stands nowhere. */
  patch(row: Ticket): boolean {
    const index = this.indexOf(row.id);
    const number = Math.floor(index / PAGE_SIZE);
    const page = this.#pages.get(number);
    if (index < 0 || !page) return false;
    this.#pages.set(number, page.with(index % PAGE_SIZE, row));
    return true;
  }

  /** Lets in what waits. False when the newer pages are not here: then only asking anew helps. */
  admit(): boolean {
    const next = this.#next;
    if (!next) return false;
    this.clear();
    for (const [number, page] of [...next.pages].sort(([a], [b]) => a - b)) this.put(number, page, next.at);
    this.waiting = nothingWaits;
    return true;
  }
}
