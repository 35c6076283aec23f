/** The part of the rows that is really in the page: five thousand hosts, a few dozen elements. Elements of rows that leave are used for those that come. */

import type { Item } from './listing';
import { newRow, type Row } from './rows';
import type { Net } from './types';

const MARGIN = 8;
const MOST = 120;
const SPARE = 40;

export interface Heights {
  readonly host: number;
  readonly group: number;
}

export class RowWindow {
  items: readonly Item[] = [];
  view: 'groups' | 'list' = 'groups';
  /** The one row that the Tab key stops at. */
  current = 0;
  from = 0;
  to = 0;
  readonly #rows = new Map<string, Row>();
  readonly #spare: Record<Item['kind'], Row[]> = { host: [], group: [] };
  #tops: Float64Array = new Float64Array(1);

  /** `body` holds the rows; `lead` and `tail` stand for those that are not in the page. */
  constructor(
    readonly scroller: HTMLElement,
    readonly body: HTMLElement,
    readonly lead: HTMLElement,
    readonly tail: HTMLElement,
    readonly heights: () => Heights,
    readonly now: () => number,
  ) {}

  /** Other rows, or the same in another order. */
  set(items: readonly Item[]): void {
    this.items = items;
    const { host, group } = this.heights();
    this.#tops = new Float64Array(items.length + 1);
    items.forEach((item, i) => {
      this.#tops[i + 1] = (this.#tops[i] ?? 0) + (item.kind === 'host' ? host : group);
    });
  }

  top(index: number): number {
    return this.#tops[Math.max(0, Math.min(index, this.items.length))] ?? 0;
  }

  /** The row at so many pixels from the first one's top. */
  at(y: number): number {
    let [low, high] = [0, this.items.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.top(middle + 1) <= y) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  row(index: number): HTMLElement | null {
    const item = this.items[index];
    return (item && this.#rows.get(item.key)?.element) ?? null;
  }

  /** Brings the page up to what is in sight; the row of the focus stays an element, so that the focus does. */
  draw(net: Net, head: number): void {
    const { scroller, items } = this;
    const y = Math.max(0, scroller.scrollTop - head);
    const from = Math.max(0, this.at(y) - MARGIN);
    const to = Math.min(items.length, this.at(y + scroller.clientHeight) + 1 + MARGIN, from + MOST);
    this.from = from;
    this.to = to;
    const shown = new Set<string>();
    for (let i = from; i < to; i++) shown.add(items[i]?.key ?? '');
    for (const [key, row] of this.#rows) {
      if (shown.has(key)) continue;
      this.#rows.delete(key);
      row.element.remove();
      const spare = this.#spare[key.startsWith('h:') ? 'host' : 'group'];
      if (spare.length < SPARE) spare.push(row);
    }
    let next = this.body.firstElementChild;
    for (let i = from; i < to; i++) {
      const item = items[i];
      if (!item) continue;
      let row = this.#rows.get(item.key);
      if (!row) {
        row = this.#spare[item.kind].pop() ?? newRow(item);
        this.#rows.set(item.key, row);
      }
      row.paint(net, item, { index: i, current: i === this.current, view: this.view, now: this.now() });
      if (row.element === next) next = next.nextElementSibling;
      else this.body.insertBefore(row.element, next);
    }
    this.lead.style.height = `${this.top(from)}px`;
    this.tail.style.height = `${this.top(items.length) - this.top(to)}px`;
  }

  /** Writes what is new into the rows that are in the page. */
  repaint(net: Net, ids: ReadonlySet<string> | null): void {
    const now = this.now();
    for (let i = this.from; i < this.to; i++) {
      const item = this.items[i];
      if (!item || (item.kind === 'host' && ids && !ids.has(item.id))) continue;
      this.#rows.get(item.key)?.paint(net, item, { index: i, current: i === this.current, view: this.view, now });
    }
  }

  tick(): void {
    const now = this.now();
    for (const row of this.#rows.values()) row.tick(now);
  }
}
