import { html, nothing, type PropertyValues } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import type { Kind } from '../hub/index';
import { clockTime, onTick, serverNow } from '../ui/clock';
import { focused } from '../ui/dialog';
import { base, define, TezElement } from '../ui/element';
import { icon } from '../ui/icons';
import { lists } from '../ui/list-sheet';
import { repeat } from '../ui/repeat';
import { aroundStyles, foot, noRows } from './around';
import { filterBar, filterStyles } from './filters';
import './help';
import type { TezInboxHelp } from './help';
import { type KeyAct, keyAct, typing } from './keys';
import { listStyles } from './list-styles';
import {
  everything,
  type Filter,
  filterFromUrl,
  filterToUrl,
  isUnread,
  kinds,
  LiveList,
  matches,
  type Row,
  safeUrl,
} from './model';
import { noteStyles } from './note';
import './push-offer';
import type { PushControl } from './push-offer';
import { rowView } from './row';
import { rowStyles } from './row-styles';
import './snooze';
import type { TezSnooze } from './snooze';
import { sound } from './sound';
import type { Inbox } from './store';
import { t } from './strings';
import { type ToolActs, toolbar, toolbarStyles } from './toolbar';
import { Undo, undoStyles } from './undo';

const MOST_ROWS = 500;

/** <tez-inbox-list .store>: toolbar, filters, rows, keyboard. `page` keeps the filter in the address and hears keys without focus. */
export class TezInboxList extends TezElement {
  static override styles = [
    base,
    lists,
    listStyles,
    toolbarStyles,
    filterStyles,
    noteStyles,
    rowStyles,
    aroundStyles,
    undoStyles,
  ];

  @property({ attribute: false }) store: Inbox | null = null;
  @property({ attribute: false }) push: PushControl | null = null;
  /** Where `push` stands: handed down so that a change of it is drawn. */
  @property() pushState: PushControl['state'] = 'unsupported';
  /** Origin that paths of notices belong to. */
  @property() origin = location.origin;
  @property({ type: Boolean }) page = false;
  /** ms; given while the link is down: everything is as of then. */
  @property({ attribute: false }) staleSince: number | null = null;

  @state() private filter: Filter = everything;
  @state() private rows: readonly Row[] = [];
  @state() private pending = 0;
  @state() private current = 0;
  @state() private unfolded: ReadonlySet<string> = new Set();
  @query('.scroll') private scroller!: HTMLElement | null;
  @query('tez-snooze') private snooze!: TezSnooze;
  @query('tez-inbox-help') private help!: TezInboxHelp;

  #live = new LiveList();
  #hovered = false;
  #focusedWithin = false;
  #known = new Set<string>();
  #undos: (() => void)[] = [];
  #storeUndo: (() => void)[] = [];
  #undo = new Undo(this, () => this.#focusRow(this.current));
  #sentinel: IntersectionObserver | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.page) this.filter = filterFromUrl(location.search);
    const keys = (event: KeyboardEvent) => this.key(event);
    const back = () => {
      if (this.page) this.#setFilter(filterFromUrl(location.search), false);
    };
    if (this.page) document.addEventListener('keydown', keys);
    addEventListener('popstate', back);
    this.#undos = [
      () => document.removeEventListener('keydown', keys),
      () => removeEventListener('popstate', back),
      onTick(() => this.requestUpdate()),
      sound.on(() => this.requestUpdate()),
    ];
    if (this.store) this.#attach(this.store);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const undo of [...this.#undos, ...this.#storeUndo]) undo();
    this.#undos = [];
    this.#storeUndo = [];
    this.#sentinel?.disconnect();
    this.#sentinel = undefined;
  }

  #attach(store: Inbox): void {
    for (const undo of this.#storeUndo) undo();
    this.#storeUndo = [
      store.on('change', () => this.#arrange()),
      // The mark was taken back by the store: say so, and let rows that were sent away return.
      store.on('failed', (error) => {
        this.#live.restore(store.items.map((item) => item.id));
        this.#arrange();
        this.#undo.offer(t('markFailed', { why: error.message }));
      }),
    ];
    this.#live.reset();
    this.#arrange();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('store') && this.store && this.isConnected) this.#attach(this.store);
  }

  protected override updated(): void {
    for (const row of this.rows) this.#known.add(row.key);
    const end = this.renderRoot.querySelector('.foot');
    if (!this.#sentinel && typeof IntersectionObserver !== 'undefined' && this.scroller) {
      this.#sentinel = new IntersectionObserver((seen) => seen.some((entry) => entry.isIntersecting) && this.#more(), {
        root: this.scroller,
        rootMargin: '400px',
      });
    }
    this.#sentinel?.disconnect();
    if (end) this.#sentinel?.observe(end);
  }

  #more(): void {
    const store = this.store;
    if (store && !store.loading && !store.complete && !store.error && store.items.length < MOST_ROWS) void store.more();
  }

  // — What is on screen —

  /** The list may not move by itself now. */
  get busy(): boolean {
    return this.#hovered || this.#focusedWithin || (this.scroller?.scrollTop ?? 0) > 2;
  }

  /** True when nothing waits behind the pill: what there is, is on screen. */
  get caughtUp(): boolean {
    return this.pending === 0;
  }

  #arrange(): void {
    const { rows, pending } = this.#live.arrange(this.store?.items.slice(0, MOST_ROWS) ?? [], this.filter, this.busy);
    const key = this.rows[this.current]?.key;
    this.rows = rows;
    this.pending = pending;
    const at = key === undefined ? -1 : rows.findIndex((row) => row.key === key);
    this.current = at >= 0 ? at : Math.min(this.current, Math.max(0, rows.length - 1));
    this.requestUpdate();
    this.emit('tez-arranged');
  }

  #touched(what: { hovered?: boolean; focused?: boolean }): void {
    if (what.hovered !== undefined) this.#hovered = what.hovered;
    if (what.focused !== undefined) this.#focusedWithin = what.focused;
    if (!this.busy) this.#arrange();
  }

  #letIn(): void {
    this.#live.reset();
    if (this.scroller) this.scroller.scrollTop = 0;
    this.current = 0;
    this.#arrange();
    void this.updateComplete.then(() => this.#focusRow(0)); // the pill had the focus and is gone
  }

  #setFilter(filter: Filter, remember = true): void {
    this.filter = filter;
    this.#live.reset();
    this.current = 0;
    if (this.scroller) this.scroller.scrollTop = 0;
    if (remember && this.page)
      history.replaceState(
        history.state,
        '',
        `${location.pathname}${filterToUrl(filter, location.search)}${location.hash}`,
      );
    this.#arrange();
  }

  // — What a person does —

  #unreadIds(row: Row): string[] {
    return row.items.filter(isUnread).map((item) => item.id);
  }

  #open(event: Event, row: Row): void {
    const ids = this.#unreadIds(row);
    const unread = ids.length > 0;
    if (unread) this.store?.markRead(ids);
    const url = safeUrl(row.newest.data.url, this.origin);
    const proceed = this.emit('tez-open', { item: row.newest, url });
    if (!proceed || !url) {
      event.preventDefault();
      if (!url) this.#fold(row);
    }
  }

  #fold(row: Row): void {
    const open = new Set(this.unfolded);
    if (!open.delete(row.key)) open.add(row.key);
    this.unfolded = open;
  }

  #done(rows: readonly Row[]): void {
    const ids = rows.flatMap((row) => row.items.filter((item) => item.level !== 'done').map((item) => item.id));
    if (!ids.length) return;
    this.#leave(ids, () => this.store?.markDone(ids));
    this.#undo.offer(t('doneUndo', { n: rows.length }), () => {
      this.#live.restore(ids);
      this.store?.undoDone(ids);
      this.#arrange();
    });
  }

  /** Sends items away and hands the focus to the row that takes their place. */
  #leave(ids: readonly string[], act: () => void): void {
    const had = this.#focusedWithin;
    this.#live.dismiss(ids);
    act();
    this.#arrange();
    if (had) void this.updateComplete.then(() => this.#focusRow(this.current));
  }

  #toggleRead(row: Row): void {
    if (row.unread) this.store?.markRead(this.#unreadIds(row));
    else this.store?.markUnread([row.newest.id]);
  }

  #readAll(): void {
    const ids = (this.store?.items ?? [])
      .filter((item) => isUnread(item) && matches(item, this.filter))
      .map((item) => item.id);
    if (!ids.length) return;
    this.store?.markRead(ids);
    this.#undo.offer(t('readUndo', { n: ids.length }), () => this.store?.markUnread(ids));
  }

  #askSnooze(row: Row, anchor: Element): void {
    this.snooze.ask(anchor, (until) => this.#snooze(row, until));
  }

  #snooze(row: Row, until: Date): void {
    const ids = row.items.filter((item) => item.level !== 'done').map((item) => item.id);
    this.store?.snooze(ids, until);
    this.#undo.offer(t('snoozeUndo', { time: clockTime(until.getTime(), serverNow()) }));
    if (this.#focusedWithin) void this.updateComplete.then(() => this.#focusRow(this.current));
  }

  // — Keyboard —

  #focusRow(index: number): void {
    const all = this.renderRoot.querySelectorAll<HTMLElement>('.main');
    const at = Math.max(0, Math.min(index, all.length - 1));
    this.current = at;
    const target = all[at] ?? this.scroller ?? this.renderRoot.querySelector<HTMLElement>('.tools button');
    target?.focus();
    target?.closest('.row')?.scrollIntoView?.({ block: 'nearest' });
  }

  /** Called by the bell's panel; a page's list listens by itself. Never while somebody types. */
  key(event: KeyboardEvent): void {
    if (event.defaultPrevented || typing(event) || this.help?.open || this.snooze?.open || !this.checkVisible()) return;
    const row = this.rows[this.current];
    const act = keyAct(event, {
      undo: this.#undo.ready,
      inList: focused()?.classList.contains('main') ?? false,
      row: row !== undefined,
    });
    if (!act) return;
    if (act !== 'undo') {
      if (this.#isBelow(event)) return;
      event.stopPropagation();
    }
    event.preventDefault();
    this.#acts[act](row);
  }

  readonly #acts: Record<KeyAct, (row: Row | undefined) => void> = {
    undo: () => this.#undo.run(),
    help: () => this.help.show(),
    next: () => this.#focusRow(this.#focusedWithin ? this.current + 1 : this.current),
    previous: () => this.#focusRow(this.#focusedWithin ? this.current - 1 : this.current),
    down: () => this.#focusRow(this.current + 1),
    up: () => this.#focusRow(this.current - 1),
    done: (row) => row && this.#done([row]),
    read: (row) => row && this.#toggleRead(row),
    snooze: (row) => {
      const anchor = this.renderRoot.querySelectorAll('.main')[this.current];
      if (row && anchor) this.#askSnooze(row, anchor);
    },
  };

  /** The key was pressed in the bell's panel, which lies above this list. */
  #isBelow(event: KeyboardEvent): boolean {
    const host = (this.getRootNode() as Partial<ShadowRoot>).host;
    return event.composedPath().some((at) => (at as Element).localName === 'tez-inbox' && at !== host);
  }

  /** A list inside a closed panel hears no keys. */
  private checkVisible(): boolean {
    return this.checkVisibility?.() ?? true;
  }

  // — Rendering —

  override render() {
    const store = this.store;
    const stale = this.staleSince !== null;
    return html`${toolbar(this.#tools)} ${filterBar(this.filter, this.#offered, (filter) => this.#setFilter(filter))} ${this.#notes()}
      <div class="view ${stale ? 'stale' : ''}">
        ${
          this.pending
            ? html`<button class="pill" @click=${this.#letIn}>${t('pill', { n: this.pending })}</button>`
            : nothing
        }
        <div
          class="scroll"
          tabindex=${this.rows.length ? '-1' : '0'}
          role="group"
          aria-label=${t('list')}
          aria-busy=${store?.loading ? 'true' : 'false'}
          @scroll=${() => this.pending && this.#touched({})}
          @pointerenter=${() => this.#touched({ hovered: true })}
          @pointerleave=${() => this.#touched({ hovered: false })}
          @focusin=${() => this.#touched({ focused: true })}
          @focusout=${(event: FocusEvent) =>
            this.#touched({ focused: this.scroller?.contains(event.relatedTarget as Node | null) ?? false })}
        >
          ${this.#content()}
        </div>
      </div>
      ${this.#undo.render()}
      <tez-snooze></tez-snooze><tez-inbox-help></tez-inbox-help>`;
  }

  readonly #tools: ToolActs = {
    mute: () => {
      sound.muted = !sound.muted;
      void sound.unlock();
      this.emit('tez-sound', { muted: sound.muted });
    },
    readAll: () => this.#readAll(),
    doneAll: () => this.#done(this.rows.filter((row) => !row.done)),
    help: () => this.help.show(),
  };

  /** A page offers all kinds, a panel only those that it has. */
  get #offered(): Kind[] {
    const present = new Set(this.store?.items.map((item) => item.data.kind));
    return kinds.filter((kind) => this.page || present.has(kind) || this.filter.kind === kind);
  }

  #notes() {
    const stale = this.staleSince;
    return html`${
      stale === null
        ? nothing
        : html`<div class="note stale">${icon('offline', 16)}<span>${t('asOf', { time: clockTime(stale, serverNow()) })}</span></div>`
    }<tez-push-offer
        .push=${this.push}
        .pushState=${this.push?.state ?? 'unsupported'}
        ?held=${stale !== null}
      ></tez-push-offer>`;
  }

  #content() {
    if (!this.rows.length)
      return html`<h2 class="sr">${t('list')}</h2>
        ${noRows(this.store, this.filter, () => this.#setFilter(everything))}`;
    return html`<ul role="list">
        ${repeat(
          this.rows,
          (row) => row.key,
          (row, index) => this.#row(row, index),
        )}
      </ul>
      ${this.store ? foot(this.store, this.store.items.length >= MOST_ROWS) : nothing}`;
  }

  #row(row: Row, index: number) {
    const view = {
      url: safeUrl(row.newest.data.url, this.origin),
      current: index === this.current,
      open: this.unfolded.has(row.key),
      fresh: this.#known.size > 0 && !this.#known.has(row.key),
    };
    return rowView(row, view, {
      enter: () => (this.current = index),
      open: (event) => this.#open(event, row),
      fold: () => this.#fold(row),
      read: () => this.#toggleRead(row),
      snooze: (anchor) => this.#askSnooze(row, anchor),
      done: () => this.#done([row]),
    });
  }
}
define('tez-inbox-list', TezInboxList);
