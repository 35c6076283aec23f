/** Where a person stands in the rows: what is scrolled into sight, which row is current, where the focus is, and how Back finds all that again. */

import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { isHome } from './place';
import { keepStanding, type Standing, standing } from './remember';
import type { Selection } from './selection';
import type { TicketStore } from './store';
import { type Span, scrollFor, spanOf } from './window';

export interface StandHost extends ReactiveControllerHost {
  readonly renderRoot: HTMLElement | DocumentFragment;
  readonly store: TicketStore | null;
  readonly active: boolean;
  readonly selection: Selection;
  select(selection: Selection): void;
  /** Something other than pointer, focus and scroll keeps the rows where they are. */
  readonly busy: boolean;
}

const USUAL_HEIGHT = 44; // px, until a row has been drawn and measured
const AT_TOP = 2; // px; a browser's zoom leaves fractions

export class Stand implements ReactiveController {
  span: Span = { from: 0, to: 0 };
  /** The one row that the Tab key stops at. */
  current = 0;
  /** The focus is among the rows. */
  focused = false;
  readonly #host: StandHost;
  #hovered = false;
  /** The focus is on the pill above the rows: letting in what it tells of would take it away from under the finger. */
  #onPill = false;
  /** The current row is to have the focus as soon as it is drawn. */
  #wantFocus = false;
  /** The list has the focus in place of rows that have yet to come. */
  #awaited = false;
  #restore: Standing | null = null;
  /** How the list stood when a single ticket took its place. */
  #left: Standing | null = null;
  #height = USUAL_HEIGHT;
  #resize: ResizeObserver | undefined;

  constructor(host: StandHost) {
    this.#host = host;
    host.addController(this);
  }

  readonly #leave = (): void => this.keep();
  readonly #back = (): void => {
    if (!isHome(location.pathname)) return;
    this.#restore = standing();
    this.#host.store?.revisit(); // so that rows of another question are not taken for these
    this.#land();
  };

  hostConnected(): void {
    addEventListener('pagehide', this.#leave);
    addEventListener('popstate', this.#back);
    this.#restore = standing();
  }

  hostDisconnected(): void {
    removeEventListener('pagehide', this.#leave);
    removeEventListener('popstate', this.#back);
    this.#resize?.disconnect();
    this.#resize = undefined;
  }

  hostUpdated(): void {
    this.#measure();
    const { scroller } = this;
    if (!this.#resize && typeof ResizeObserver !== 'undefined' && scroller) {
      this.#resize = new ResizeObserver(() => this.look());
      this.#resize.observe(scroller);
    }
    if (this.#awaited && this.#host.store?.rows.total) {
      this.#awaited = false;
      if (this.#focusedElement === scroller) this.focus(this.current);
    }
    if (!this.#wantFocus) return;
    const row = this.main(this.current);
    if (row && this.#focusedElement !== row) row.focus({ preventScroll: true });
    // A row that is still being loaded has the focus on its place; the row itself takes it over.
    if (row && this.#host.store?.rows.row(this.current)) this.#wantFocus = false;
  }

  get scroller(): HTMLElement | null {
    return this.#host.renderRoot.querySelector('.scroll');
  }

  /** The element of a row that takes the focus; null: it is not in the page. */
  main(index: number): HTMLElement | null {
    return this.#host.renderRoot.querySelector(`.row[data-index="${index}"] .main`);
  }

  get #focusedElement(): Element | null {
    const { renderRoot } = this.#host;
    return renderRoot instanceof ShadowRoot ? renderRoot.activeElement : null;
  }

  /** The list may not move by itself now. */
  get held(): boolean {
    const { active, busy, store } = this.#host;
    if (!store?.rows.total) return false; // there is nothing to keep in its place
    return !active || busy || this.#hovered || this.focused || this.#onPill || (this.scroller?.scrollTop ?? 0) > AT_TOP;
  }

  /** The pointer came over the rows, or the pill above them, or left. */
  hover(over: boolean): void {
    this.#hovered = over;
    if (!this.held) this.#host.store?.admit();
  }

  /** The focus came to this element; null or one elsewhere: it left. */
  reached(at: EventTarget | null): void {
    const { scroller } = this;
    const node = at as Node | null;
    this.focused = scroller?.contains(node) ?? false;
    this.#onPill = !this.focused && (scroller?.parentElement?.contains(node) ?? false);
    if (!this.held) this.#host.store?.admit();
  }

  /** What is in sight may be another part of the rows now: after scrolling, resizing, or an answer of the server. */
  look(): void {
    const { scroller } = this;
    const { store, active } = this.#host;
    if (!store || !active) return; // out of sight nothing has a size
    const { total } = store.rows;
    this.current = Math.max(0, Math.min(this.current, total - 1));
    const span = spanOf(scroller?.scrollTop ?? 0, scroller?.clientHeight || innerHeight, this.#height, total);
    if (span.from !== this.span.from || span.to !== this.span.to) {
      const gone = this.current < span.from || this.current >= span.to;
      // The row with the focus leaves the page: the list itself takes it, and the next key finds the row again.
      if (gone && this.focused && !this.#wantFocus) scroller?.focus({ preventScroll: true });
      this.span = span;
      this.#host.requestUpdate();
    }
    store.want(span);
    if (!this.held) store.admit();
  }

  /** Makes a row the current one, brings it into sight, and gives it the focus. */
  focus(index: number): void {
    const { scroller } = this;
    const total = this.#host.store?.rows.total ?? 0;
    if (!total) {
      scroller?.focus();
      this.#awaited = true;
      return;
    }
    this.current = Math.max(0, Math.min(index, total - 1));
    this.#wantFocus = true;
    if (scroller) {
      const head = this.#host.renderRoot.querySelector<HTMLElement>('.row.head')?.offsetHeight ?? 0;
      const to = scrollFor(this.current, scroller.scrollTop, scroller.clientHeight, this.#height, head);
      if (to !== null) scroller.scrollTop = to;
    }
    this.look();
    this.#host.requestUpdate();
  }

  /** The focus came into a row by itself: by a click or the Tab key. */
  enter(index: number): void {
    if (this.current === index) return;
    this.current = index;
    this.#host.requestUpdate();
  }

  /** The next row, or the current one when the focus is elsewhere. */
  step(by: number): void {
    this.focus(this.focused ? this.current + by : this.current);
  }

  /** To the beginning, as after another question. */
  top(): void {
    if (this.scroller) this.scroller.scrollTop = 0;
    this.current = 0;
  }

  /** Rows that fit into sight, less two, so that one keeps one's bearings. */
  get screenful(): number {
    return Math.max(1, Math.floor((this.scroller?.clientHeight ?? 0) / this.#height) - 2);
  }

  /** Writes into the history entry how things stand. */
  keep(): void {
    const { store, active, selection } = this.#host;
    if (!store?.rows.loaded || !active || !isHome(location.pathname)) return;
    this.#left = {
      top: this.scroller?.scrollTop ?? 0,
      index: this.current,
      id: store.rows.row(this.current)?.id ?? null,
      focused: this.focused,
      selection,
    };
    keepStanding(this.#left);
  }

  /** The list is in sight again after a single ticket; `same`: with the same question. */
  return(same: boolean): void {
    this.#hovered = this.#onPill = false;
    this.focused = false;
    this.#restore = standing() ?? (same ? this.#left : null);
    this.#land();
  }

  /** The store has news. */
  renew(): void {
    this.#land();
    this.look();
    this.#host.requestUpdate();
  }

  /** Brings scroll, row and selection back, once there are rows to bring them back to. */
  #land(): void {
    const { store } = this.#host;
    const at = this.#restore;
    if (!at || !store?.rows.loaded || store.busy || store.overtaken) return;
    this.#restore = null;
    this.#host.select(at.selection);
    const known = at.id === null ? -1 : store.rows.indexOf(at.id);
    this.current = Math.min(known < 0 ? at.index : known, Math.max(0, store.rows.total - 1));
    this.span = spanOf(at.top, this.scroller?.clientHeight ?? 0, this.#height, store.rows.total);
    this.#host.requestUpdate();
    void this.#host.updateComplete.then(() => {
      this.#measure();
      if (this.scroller) this.scroller.scrollTop = at.top;
      if (at.focused && (!document.activeElement || document.activeElement === document.body)) this.#wantFocus = true;
      this.look();
      this.#host.requestUpdate();
    });
  }

  /** Spacers stand for the rows that are not in the page. Styles go through CSSOM, as the CSP wants. */
  #measure(): void {
    const { renderRoot, store } = this.#host;
    const height = renderRoot.querySelector<HTMLElement>('.row:not(.head)')?.offsetHeight;
    if (height && height !== this.#height) {
      this.#height = height;
      this.look();
    }
    const space = (selector: string, rows: number) => {
      const box = renderRoot.querySelector<HTMLElement>(selector);
      if (box) box.style.height = `${rows * this.#height}px`;
    };
    space('.lead', this.span.from);
    space('.tail', Math.max(0, (store?.rows.total ?? 0) - this.span.to));
  }
}
