import { html, nothing, type PropertyValues } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import { locale } from '../i18n/index';
import { typing } from '../inbox/keys';
import type { Action } from '../palette/entries';
import { navigate } from '../palette/navigate';
import { offer } from '../palette/offer';
import { base, define, TezElement } from '../ui/element';
import { icon } from '../ui/icons';
import { lists } from '../ui/list-sheet';
import '../ui/menu';
import type { MenuItem, TezMenu } from '../ui/menu';
import { controls } from '../ui/sheets';
import '../ui/states';
import type { ToastOptions } from '../ui/toasts';
import type { NetApi } from './api';
import { ageText, ageView, chipsView, notesView, verdictView } from './board-head';
import { BoardRows } from './board-rows';
import { boardStyles } from './board-styles';
import { chipStyles } from './chip-styles';
import { Folds } from './folds';
import type { Group } from './groups';
import { rowStyles } from './row-styles';
import './help';
import { t } from './board-strings';
import type { NavNetworkHelp } from './help';
import { HostDialogs } from './host-dialogs';
import { type KeyAct, keyAct } from './keys';
import { type Item, type Listing, listing, Names, noWish, type Wish } from './listing';
import { t as many } from './overview-strings';
import { pathOf, readWish, writeWish } from './place';
import { Presence } from './presence';
import { rowMenu } from './row-menu';
import { inPlace, movedIn } from './standing';
import { stateStyles } from './states';
import type { NetStore, News } from './store';
import { t as word } from './strings';
import type { Host, State } from './types';

const TYPING_MS = 200;
const SECOND_MS = 1000;

/** <nav-network-board .store .api .say user active admin>: every host, live, problems first. Slot `heading`. */
export class NavNetworkBoard extends TezElement {
  static override styles = [base, controls, lists, stateStyles, boardStyles, chipStyles, rowStyles];

  @property({ attribute: false }) store: NetStore | null = null;
  @property({ attribute: false }) api: NetApi | null = null;
  /** Shows a message. */
  @property({ attribute: false }) say: (toast: ToastOptions) => void = () => undefined;
  @property({ type: Number }) user = 0;
  /** In sight: otherwise a host's page is, and the dashboard keeps its place behind it. */
  @property({ type: Boolean }) active = true;
  /** May set up what is watched. */
  @property({ type: Boolean }) admin = false;

  @state() private wish: Wish = noWish;
  /** How many rows would stand elsewhere, were nobody at the list. */
  @state() private waiting = 0;
  @query('nav-network-help') private help!: NavNetworkHelp;
  @query('tez-menu[bare]') private menu!: TezMenu;

  readonly #dialogs = new HostDialogs(this, () => this.store?.offline ?? false);
  #folds: Folds | null = null;
  readonly #names = new Names();
  #listing: Listing | null = null;
  readonly #rows = new BoardRows(this);
  #undos: (() => void)[] = [];
  #second: ReturnType<typeof setInterval> | undefined;
  #typing: ReturnType<typeof setTimeout> | undefined;
  readonly #presence = new Presence();
  #menuFor: Item | null = null;
  #lang = '';
  #old = false;
  readonly #back = () => {
    if (!this.active) return;
    this.#wishFor(readWish(location.search));
  };

  override connectedCallback(): void {
    super.connectedCallback();
    const keys = (event: KeyboardEvent) => this.#key(event);
    document.addEventListener('keydown', keys);
    addEventListener('popstate', this.#back);
    this.#undos = [
      () => document.removeEventListener('keydown', keys),
      () => removeEventListener('popstate', this.#back),
      offer(() => this.#offered),
    ];
    this.#second = setInterval(() => this.#tick(), SECOND_MS);
    this.wish = readWish(location.search);
    this.#follow();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const undo of this.#undos.splice(0)) undo();
    clearInterval(this.#second);
    clearTimeout(this.#typing);
    this.#rows.close();
  }

  #follow(): void {
    const { store } = this;
    if (!store || !this.isConnected) return;
    this.#undos.push(
      store.on('change', (news) => this.#news(news)),
      store.onStatus(() => this.requestUpdate()),
    );
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.get('active') === true && !this.active) {
      this.#presence.hide();
    }
    if (changed.has('user') || !this.#folds) this.#folds = new Folds(this.user);
    if (changed.has('store') && this.hasUpdated) this.#follow();
    if (!this.#listing && this.store?.loaded) this.#reckon();
    if (this.#lang !== locale()) {
      this.#lang = locale();
      if (this.#listing) this.#reckon();
    }
  }

  protected override updated(changed: PropertyValues<this>): void {
    this.#rows.adopt(this.#listing?.items ?? []);
    if (!this.#rows.scroller) return;
    if (changed.get('active') === false && this.active) {
      this.#rows.restore();
      this.#wishFor(readWish(location.search));
      this.#look();
      if (this.#presence.back()) this.#rows.focus(this.#rows.at);
    }
    this.#rows.draw();
  }

  // — What is shown —

  /** The rows anew: their order, their groups, and what is closed. */
  #reckon(): void {
    const { store } = this;
    if (!store) return;
    this.#listing = listing(store.net, this.wish, this.#names, locale(), (group) => this.#folds?.isOpen(group) ?? true);
    this.waiting = 0;
    this.#rows.place(this.#listing.items, this.wish.view);
  }

  #news({ ids, shape }: News): void {
    const { store } = this;
    if (!store) return;
    if (!this.active) {
      if (shape) this.#listing = null;
      return;
    }
    if (!this.#listing) {
      // The order now and the rows in a task of their own: for a thousand hosts both at once would hold the page for 50 ms.
      this.#reckon();
      setTimeout(() => this.requestUpdate());
      return;
    }
    if (!shape) {
      this.#rows.repaint(ids);
      return;
    }
    const next = listing(store.net, this.wish, this.#names, locale(), (group) => this.#folds?.isOpen(group) ?? true);
    const shown = this.#listing.items;
    const moved = shown.length && this.#held ? movedIn(shown, next.items) : 0;
    this.#listing = moved ? inPlace(shown, next) : next;
    this.waiting = moved;
    this.#rows.place(this.#listing.items, this.wish.view);
    this.requestUpdate(); // the counts above
  }

  /** The rows may not move by themselves now. */
  get #held(): boolean {
    return this.#presence.here || this.#covered || !this.#rows.atTop;
  }

  #release(): void {
    if (this.waiting && !this.#held) this.#reckon();
  }

  #letIn(): void {
    this.#rows.toTop();
    this.#reckon();
    this.#rows.focus(0); // the pill had the focus and is gone
  }

  #look = (): void => {
    if (!this.active) return;
    this.#rows.scrolled();
    this.#release();
  };

  /** Once a second: ages, and whether the data got old meanwhile. */
  #tick(): void {
    const { store } = this;
    if (!store || !this.active || document.visibilityState === 'hidden') return;
    this.#rows.tick();
    if (store.stale !== this.#old) this.requestUpdate();
    const age = this.renderRoot.querySelector('.age time');
    if (age) age.textContent = ageText(store);
  }

  // — Wishes —

  #wishFor(wish: Wish): void {
    if (writeWish(wish) === writeWish(this.wish)) return;
    this.wish = wish;
    this.#rows.top();
    this.#reckon();
  }

  #go(change: Partial<Wish>): void {
    clearTimeout(this.#typing);
    this.#wishFor({ ...this.wish, ...change });
    history.replaceState(history.state, '', location.pathname + writeWish(this.wish));
  }

  #toggle(state: State): void {
    const chosen = new Set(this.wish.states);
    if (!chosen.delete(state)) chosen.add(state);
    this.#go({ states: chosen });
  }

  #fold(group: Group, open: boolean): void {
    this.#folds?.set(group, open);
    this.#reckon();
    this.requestUpdate();
  }

  #foldAll(open: boolean): void {
    if (!this.#listing) return;
    this.#folds?.setAll(this.#listing.top, open);
    this.#reckon();
    this.requestUpdate();
  }

  // — Rows —

  #clicked = (event: MouseEvent): void => {
    const item = this.#rows.itemOf(event);
    const target = event.target as Element;
    if (!item) return;
    const act = target.closest<HTMLElement>('[data-act]')?.dataset.act;
    if (item.kind === 'group') {
      this.#rows.enter(item);
      this.#fold(item.group, !item.open);
    } else if (act === 'menu') this.#openMenu(item, target);
    else if (act === 'ack') this.#acknowledge(item.id);
    else if (!target.closest('a') && !getSelection()?.toString()) this.#visit(item.id);
  };

  #visit(id: string): void {
    navigate(pathOf({ kind: 'host', id }));
  }

  #host(id: string): Host | undefined {
    return this.store?.net.hosts.get(id);
  }

  #acknowledge(id: string): void {
    const host = this.#host(id);
    if (!host) return;
    if (host.state !== 'down' && host.state !== 'degraded' && !host.ack)
      this.say({ text: t('nothingToTake', { name: host.name }) });
    else this.#dialogs.acknowledge(id, host);
  }

  #maintainItem(item: Item): void {
    if (item.kind === 'group') {
      if (item.group.path)
        this.#dialogs.maintain({ group: item.group.path, name: item.group.path.replaceAll('/', ' / ') });
    } else {
      const host = this.#host(item.id);
      if (host) this.#dialogs.maintain({ host: item.id, name: host.name });
    }
  }

  #openMenu(item: Item, anchor: Element): void {
    this.#menuFor = item;
    this.#rows.enter(item);
    this.requestUpdate();
    void this.updateComplete.then(() => this.menu.openAt(anchor.closest('button') ?? anchor));
  }

  get #menuItems(): MenuItem[] {
    const host = this.#menuFor?.kind === 'host' ? this.#host(this.#menuFor.id) : undefined;
    return host ? rowMenu(host) : [];
  }

  #picked(id: string): void {
    const item = this.#menuFor;
    if (item?.kind !== 'host') return;
    if (id === 'open') this.#visit(item.id);
    else if (id === 'ack') this.#acknowledge(item.id);
    else this.#maintainItem(item);
  }

  // — Keyboard —

  /** A dialog of the dashboard lies above it. */
  get #covered(): boolean {
    return this.help?.open || this.#dialogs.open;
  }

  #key(event: KeyboardEvent): void {
    if (!this.active || event.defaultPrevented || typing(event) || this.#covered) return;
    const path = event.composedPath();
    if (path.some((at) => at instanceof Element && at.localName === 'tez-inbox')) return; // the bell's panel has keys of its own
    const from = path[0];
    const inRows = from instanceof HTMLElement && (from.matches('.row[data-index]') || from === this.#rows.scroller);
    const act = keyAct(event, { inRows, row: this.#rows.items.length > 0 });
    if (!act) return;
    event.preventDefault();
    this.#acts[act]();
  }

  #step(by: number): void {
    this.#rows.focus(this.#presence.focused ? this.#rows.at + by : this.#rows.at);
  }

  readonly #acts: Readonly<Record<KeyAct, () => void>> = {
    help: () => this.help.show(),
    search: () => this.renderRoot.querySelector<HTMLInputElement>('.find')?.select(),
    next: () => this.#step(1),
    previous: () => this.#step(-1),
    first: () => this.#rows.focus(0),
    last: () => this.#rows.focus(Number.MAX_SAFE_INTEGER),
    pageDown: () => this.#rows.focus(this.#rows.at + this.#rows.screenful),
    pageUp: () => this.#rows.focus(this.#rows.at - this.#rows.screenful),
    open: () => {
      const item = this.#rows.current;
      if (item?.kind === 'host') this.#visit(item.id);
      else if (item) this.#fold(item.group, !item.open);
    },
    expand: () => {
      const item = this.#rows.current;
      if (item?.kind !== 'group') return;
      if (item.open) this.#step(1);
      else this.#fold(item.group, true);
    },
    collapse: () => {
      const item = this.#rows.current;
      if (item?.kind === 'group' && item.open) this.#fold(item.group, false);
      else this.#rows.above(item);
    },
    acknowledge: () => {
      const item = this.#rows.current;
      if (item?.kind === 'host') this.#acknowledge(item.id);
    },
    maintain: () => {
      const item = this.#rows.current;
      if (item) this.#maintainItem(item);
    },
    problems: () => this.#problems(),
  };

  #problems(): void {
    const bad: readonly State[] = ['down', 'degraded'];
    const on = bad.every((state) => this.wish.states.has(state)) && this.wish.states.size === bad.length;
    this.#go({ states: new Set(on ? [] : bad) });
  }

  /** What the palette offers while the dashboard is in sight. */
  get #offered(): Action[] {
    if (!this.active) return [];
    return [
      { id: 'net-problems', label: t('onlyProblems'), icon: 'warn', hint: 'P', run: () => this.#problems() },
      { id: 'net-wall', label: t('wall'), icon: 'screen', run: () => location.assign('/netmonitor/wall') },
      { id: 'net-open-all', label: t('openAll'), icon: 'down', run: () => this.#foldAll(true) },
      { id: 'net-close-all', label: t('closeAll'), icon: 'next', run: () => this.#foldAll(false) },
      ...(this.admin
        ? [{ id: 'net-setup', label: many('setup'), icon: 'system' as const, run: () => navigate('/netmonitor/setup') }]
        : []),
      { id: 'net-help', label: t('help'), icon: 'keyboard', hint: '?', run: () => this.help.show() },
    ];
  }

  // — Rendering —

  override render() {
    const { store } = this;
    const top = this.#listing?.top ?? null;
    this.#old = store?.stale ?? false;
    return html`<div class="top">
        <slot name="heading"></slot>
        <div class="verdict" role="status">${verdictView(store, top)}</div>
        ${top?.total ? this.#find() : nothing} ${ageView(store, this.#old)}
        <span class="links">
          <a class="btn ghost small" href="/netmonitor/wall" title=${t('wall')}>${icon('screen', 16)}<span>${t('wall')}</span></a>
          ${this.admin ? html`<a class="btn ghost small" href="/netmonitor/setup" title=${many('setup')}>${icon('system', 16)}<span>${many('setup')}</span></a>` : nothing}
          <button class="btn ghost icon small" aria-label=${t('help')} title="${t('help')} (?)" @click=${() => this.help.show()}>
            ${icon('keyboard', 17)}
          </button>
        </span>
      </div>
      ${top ? this.#bar(top) : nothing} ${notesView(store, this.#old)}
      <div
        class="rows ${this.#old && top ? 'stale' : ''}"
        @pointerenter=${() => {
          this.#presence.hovered = true;
        }}
        @pointerleave=${() => {
          this.#presence.hovered = false;
          this.#release();
        }}
        @focusin=${(event: FocusEvent) => {
          this.#presence.focused = true;
          const item = this.#rows.itemOf(event);
          if (item) this.#rows.enter(item);
        }}
        @focusout=${(event: FocusEvent) => {
          if (!this.active)
            this.#presence.hide(); // before it was told so
          else this.#presence.leave(this.renderRoot.querySelector('.rows'), event.relatedTarget);
          this.#release();
        }}
      >
        <h2 class="sr">${many('list')}</h2>
        ${
          this.waiting
            ? html`<button class="pill" title=${t('pillHint')} @click=${this.#letIn}>${t('pill', { n: this.waiting })}</button>`
            : nothing
        }
        ${this.#body(top)}
      </div>
      <tez-menu
        bare
        .label=${many('actions')}
        .items=${this.#menuItems}
        @pick=${(event: CustomEvent<string>) => this.#picked(event.detail)}
      ></tez-menu>
      ${this.#dialogs.view(this.#done)}
      <nav-network-help></nav-network-help>`;
  }

  #done = (event: CustomEvent<string>): void => this.say({ text: event.detail, tone: 'ok' });

  #body(top: Group | null) {
    const { store } = this;
    const retry = () => store?.retry();
    if (store?.denied)
      return html`<tez-error .heading=${word('deniedTitle')} .text=${word('deniedText')} @retry=${retry}></tez-error>`;
    if (!store?.loaded || !top) return html`<tez-loading rows="9" @retry=${retry}></tez-loading>`;
    if (!top.total)
      return html`<tez-empty icon="network" .heading=${many('emptyTitle')} .text=${this.admin ? many('emptyAdmin') : many('emptyText')}
        >${this.admin ? html`<a class="btn primary" href="/netmonitor/setup">${many('setup')}</a>` : nothing}</tez-empty
      >`;
    const none = !this.#listing?.found;
    return html`${
      none
        ? html`<tez-empty icon="search" .heading=${many('nothingTitle')}
            ><button class="btn" @click=${this.#reset}>${t('showAll')}</button></tez-empty
          >`
        : nothing
    }
      <div class="scroll" ?hidden=${none} tabindex="-1" @scroll=${this.#look} @click=${this.#clicked}>
        <div role="treegrid" aria-label=${many('list')} aria-rowcount=${(this.#listing?.items.length ?? 0) + 1} aria-colcount="9">
          <div class="row head" role="row" aria-rowindex="1">
            ${[
              ['state', many('state')],
              ['who', many('hostName')],
              ['tags', t('marks'), 'sr'],
              ['num since', t('since')],
              ['num loss', t('loss')],
              ['num p50', t('median')],
              ['num p95', t('p95')],
              ['curve', t('curve')],
              ['acts', many('actions'), 'sr'],
            ].map(
              ([classes, name, hidden = '']) =>
                html`<div class="cell ${classes}" role="columnheader"><span class=${hidden}>${name}</span></div>`,
            )}
          </div>
          <div class="lead" role="presentation"></div>
          <div class="body" role="rowgroup"></div>
          <div class="tail" role="presentation"></div>
        </div>
        <div class="probe" aria-hidden="true"><i class="host"></i><i class="group"></i></div>
      </div>`;
  }

  #reset = (): void => {
    this.#go({ q: '', states: new Set() });
    this.renderRoot.querySelector<HTMLElement>('.find')?.focus(); // the button that was pressed is gone
  };

  #find() {
    const { wish } = this;
    return html`<input
        class="control find"
        type="search"
        aria-label=${many('search')}
        placeholder=${many('search')}
        maxlength="200"
        .value=${wish.q}
        @input=${(event: Event) => {
          const q = (event.target as HTMLInputElement).value;
          clearTimeout(this.#typing);
          this.#typing = setTimeout(() => this.#go({ q }), TYPING_MS);
        }}
        @keydown=${(event: KeyboardEvent) => {
          if (event.key === 'Escape' && wish.q) {
            event.preventDefault();
            this.#go({ q: '' });
          } else if (event.key === 'ArrowDown' || event.key === 'Enter') {
            event.preventDefault();
            this.#rows.focus(0);
          }
        }}
      />`;
  }

  #bar(top: Group) {
    const { wish } = this;
    if (!top.total) return nothing;
    return html`<div class="bar">
      ${chipsView(top.counts, wish.states, (state) => this.#toggle(state))}
      ${
        top.groups.length
          ? html`<span class="views">
              ${
                wish.view === 'groups'
                  ? html`<button class="btn ghost small" @click=${() => this.#foldAll(!!this.#folds?.any)}>
                      ${this.#folds?.any ? t('openAll') : t('closeAll')}
                    </button>`
                  : nothing
              }
              <button
                class="btn ghost small"
                aria-pressed=${wish.view === 'list' ? 'true' : 'false'}
                @click=${() => this.#go({ view: wish.view === 'list' ? 'groups' : 'list' })}
              >
                ${t('asList')}
              </button>
            </span>`
          : nothing
      }
    </div>`;
  }
}
define('nav-network-board', NavNetworkBoard);

declare global {
  interface HTMLElementTagNameMap {
    'nav-network-board': NavNetworkBoard;
  }
}
