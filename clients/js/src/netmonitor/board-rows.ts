/** The dashboard's rows as they stand in the page: which part of them is drawn, which one is current, where the focus is. */

import { serverNow } from '../ui/clock';
import type { Item } from './listing';
import type { NetStore } from './store';
import { RowWindow } from './window';

const AT_TOP = 2; // px; a browser's zoom leaves fractions

export interface RowsHost {
  readonly renderRoot: HTMLElement | DocumentFragment;
  readonly store: NetStore | null;
  /** In sight: out of it nothing has a size. */
  readonly active: boolean;
}

export class BoardRows {
  readonly #host: RowsHost;
  #window: RowWindow | null = null;
  #heights = { host: 40, group: 36 };
  #scrolled = 0;
  #resize: ResizeObserver | undefined;

  constructor(host: RowsHost) {
    this.#host = host;
  }

  get scroller(): HTMLElement | null {
    return this.#host.renderRoot.querySelector<HTMLElement>('.scroll');
  }

  get items(): readonly Item[] {
    return this.#window?.items ?? [];
  }

  /** The place of the one row that the Tab key stops at. */
  get at(): number {
    return this.#window?.current ?? 0;
  }

  get current(): Item | undefined {
    return this.items[this.at];
  }

  get atTop(): boolean {
    return (this.scroller?.scrollTop ?? 0) <= AT_TOP;
  }

  /** The page was drawn anew: its frame of the rows may be another one, or gone. */
  adopt(items: readonly Item[]): void {
    const { scroller } = this;
    if (!scroller) this.#window = null;
    else if (this.#window?.scroller !== scroller) this.#open(scroller, items);
  }

  #open(scroller: HTMLElement, items: readonly Item[]): void {
    const get = (selector: string) => scroller.querySelector<HTMLElement>(selector) as HTMLElement;
    this.#window = new RowWindow(scroller, get('.body'), get('.lead'), get('.tail'), () => this.#heights, serverNow);
    this.#measure();
    this.#window.set(items);
    if (typeof ResizeObserver === 'undefined') return;
    this.#resize?.disconnect();
    this.#resize = new ResizeObserver(() => this.#resized());
    this.#resize.observe(scroller);
  }

  close(): void {
    this.#resize?.disconnect();
    this.#resize = undefined;
    this.#window = null;
  }

  /** Puts the rows in; the current one stays current wherever it stands now. */
  place(items: readonly Item[], view: RowWindow['view']): void {
    const window = this.#window;
    if (!window) return;
    const key = window.items[window.current]?.key;
    window.view = view;
    window.set(items);
    const at = key === undefined ? -1 : items.findIndex((item) => item.key === key);
    window.current = at >= 0 ? at : Math.max(0, Math.min(window.current, items.length - 1));
    this.draw();
  }

  draw(): void {
    const { store, active } = this.#host;
    if (store && active) this.#window?.draw(store.net, this.#head);
  }

  /** Writes what is new into the rows that are in the page; null: into all of them. */
  repaint(ids: ReadonlySet<string> | null): void {
    const { store } = this.#host;
    if (store) this.#window?.repaint(store.net, ids);
  }

  tick(): void {
    this.#window?.tick();
  }

  get #head(): number {
    return this.#host.renderRoot.querySelector<HTMLElement>('.head')?.offsetHeight ?? 0;
  }

  /** Somebody scrolled. */
  scrolled(): void {
    this.#scrolled = this.scroller?.scrollTop ?? 0;
    const focused = this.#focusedRow;
    const window = this.#window;
    this.draw();
    // The row of the focus left the page: the list itself takes it, and the next key finds the row again.
    if (focused && !focused.isConnected && window) window.scroller.focus({ preventScroll: true });
  }

  /** In sight again: where it was left. */
  restore(): void {
    if (this.scroller) this.scroller.scrollTop = this.#scrolled;
  }

  /** To the beginning, as after another question. */
  top(): void {
    this.toTop();
    if (this.#window) this.#window.current = 0;
  }

  /** Scrolls up; the current row stays the one that it is. */
  toTop(): void {
    if (this.scroller) this.scroller.scrollTop = 0;
  }

  #resized(): void {
    if (!this.#host.active) return;
    this.#measure();
    this.draw();
  }

  /** Heights are the style sheet's to say; they are read, not repeated. */
  #measure(): void {
    const { scroller } = this;
    if (!scroller) return;
    const probe = (name: string, usual: number) =>
      scroller.querySelector<HTMLElement>(`.probe .${name}`)?.offsetHeight || usual;
    const heights = { host: probe('host', 40), group: probe('group', 36) };
    if (heights.host === this.#heights.host && heights.group === this.#heights.group) return;
    this.#heights = heights;
    if (this.#window) this.#window.set(this.#window.items);
  }

  /** Rows that fit into sight, less two, so that one keeps one's bearings. */
  get screenful(): number {
    return Math.max(1, Math.floor((this.scroller?.clientHeight ?? 0) / this.#heights.host) - 2);
  }

  get #focusedRow(): HTMLElement | null {
    const root = this.#host.renderRoot;
    const at = root instanceof ShadowRoot ? root.activeElement : null;
    return at?.closest<HTMLElement>('.row') ?? null;
  }

  /** The row that something happened in. */
  itemOf(event: Event): Item | null {
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>('.row[data-index]') : null;
    return row ? (this.items[Number(row.dataset.index)] ?? null) : null;
  }

  /** Makes a row the current one, brings it into sight, and gives it the focus. */
  focus(index: number): void {
    const window = this.#window;
    const { scroller } = this;
    if (!window || !scroller) return;
    if (!window.items.length) {
      scroller.focus();
      return;
    }
    const at = Math.max(0, Math.min(index, window.items.length - 1));
    window.current = at;
    const head = this.#head;
    const [top, end] = [window.top(at), window.top(at + 1)];
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (end + head > scroller.scrollTop + scroller.clientHeight)
      scroller.scrollTop = end + head - scroller.clientHeight;
    this.draw();
    window.row(at)?.focus({ preventScroll: true });
  }

  /** The focus came into a row by itself. */
  enter(item: Item): void {
    const at = this.items.findIndex((one) => one.key === item.key);
    if (!this.#window || at < 0 || this.at === at) return;
    this.#window.current = at;
    this.draw();
  }

  /** To the group that an item is in. */
  above(item: Item | undefined): void {
    if (!item) return;
    for (let i = this.at - 1; i >= 0; i--)
      if ((this.items[i]?.depth ?? 0) < item.depth) {
        this.focus(i);
        return;
      }
  }
}
