import { html, nothing, type PropertyValues } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import { typing } from '../../inbox/keys';
import { noteStyles } from '../../inbox/note';
import type { Action } from '../../palette/entries';
import { offer } from '../../palette/offer';
import { rememberTicket } from '../../palette/recent';
import { onTick } from '../../ui/clock';
import { base, define, TezElement } from '../../ui/element';
import { icon } from '../../ui/icons';
import { lists } from '../../ui/list-sheet';
import '../../ui/menu';
import type { TezMenu } from '../../ui/menu';
import { controls } from '../../ui/sheets';
import type { ToastOptions } from '../../ui/toasts';
import { webApi } from './api';
import { ageNote, noRows, pillText } from './around';
import { BESIDE_PX, besideStyles, besideView } from './beside';
import { bulkStyles } from './bulk-bar';
import './change';
import type { Field, NavTicketChange } from './change';
import { filterBar, filterStyles, peopleIn } from './filters';
import './help';
import type { NavTicketListHelp } from './help';
import { type KeyAct, keyAct } from './keys';
import { type Look, readLook, usualLook, writeLook } from './look';
import './look-dialog';
import type { NavListLook } from './look-dialog';
import { Many, type ManyHost } from './many';
import { builtins, type Place, type SortKey, usualDir, writePlace } from './place';
import { rowStyles } from './row-styles';
import { rowsView } from './rows-view';
import { canShow, inStrip, savedMenu, savedStyles } from './saved-views';
import type { Selection } from './selection';
import { Stand, type StandHost } from './stand';
import { type ListHub, TicketStore } from './store';
import { t } from './strings';
import { listStyles } from './styles';
import type { Change, Ticket } from './types';
import './view-name';
import { OwnViews } from './own-views';
import type { NavViewName } from './view-name';
import { allViews, nameOf, revealView, viewStrip, viewStyles } from './views';

/** What the list needs of the page's session. */
export interface ListSession {
  readonly base: string;
  readonly boot: { readonly csrf: string; readonly user: { readonly id: number } };
  readonly hub: ListHub;
}

/** <nav-ticket-list .session .say .active>: views, filters, rows, keyboard, changes of many. Slot `heading`. */
export class NavTicketList extends TezElement implements ManyHost, StandHost {
  static override styles = [
    base,
    controls,
    lists,
    listStyles,
    viewStyles,
    savedStyles,
    filterStyles,
    noteStyles,
    rowStyles,
    bulkStyles,
    besideStyles,
  ];

  @property({ attribute: false }) session: ListSession | null = null;
  /** In sight: otherwise a single ticket is, and the list keeps its place behind it. */
  @property({ type: Boolean }) active = true;
  /** Shows a message. */
  @property({ attribute: false }) say: (toast: ToastOptions) => void = () => undefined;
  @property({ type: Boolean, reflect: true }) dense = false;

  @state() private look: Look = usualLook;
  @state() private moreFilters = false;
  @query('nav-ticket-change') private change!: NavTicketChange;
  @query('nav-ticket-list-help') private help!: NavTicketListHelp;
  @query('nav-list-look') private looks!: NavListLook;
  @query('nav-view-name') private viewName!: NavViewName;
  @query('tez-menu[bare]') private viewMenu!: TezMenu;

  store: TicketStore | null = null;
  readonly #stand = new Stand(this);
  readonly #many = new Many(this);
  readonly #own = new OwnViews(
    () => this.store,
    (name) => this.viewName.ask(name),
    (toast) => this.say(toast),
  );
  #undos: (() => void)[] = [];
  /** For which view the strip was scrolled. */
  #strip = '';

  override connectedCallback(): void {
    super.connectedCallback();
    const keys = (event: KeyboardEvent) => this.#key(event);
    document.addEventListener('keydown', keys);
    this.#undos = [
      () => document.removeEventListener('keydown', keys),
      onTick(() => this.requestUpdate()),
      offer(() => this.#offered),
    ];
    if (this.session && !this.store) this.#begin(this.session);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const undo of this.#undos.splice(0)) undo();
    this.store?.stop();
    this.store = null;
  }

  #begin({ base, boot, hub }: ListSession): void {
    this.look = readLook(boot.user.id);
    const store = new TicketStore(webApi(base, boot.csrf), hub);
    store.held = () => this.#stand.held;
    store.onChange(() => this.#stand.renew());
    this.store = store;
    store.start();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('session') && this.session && !this.store) this.#begin(this.session);
    if (changed.get('active') === false && this.active) this.#return();
    this.dense = this.look.dense;
  }

  protected override updated(): void {
    const { store } = this;
    if (!store) return;
    const shown = `${store.place.view} ${store.views.length}`;
    if (shown === this.#strip) return;
    this.#strip = shown;
    revealView(this.renderRoot);
  }

  /** The address may say another view now. */
  revisit(): void {
    if (this.active) this.store?.revisit();
  }

  /** Another page is about to take the list's place: Back finds it as it stands now. */
  keep(): void {
    this.#stand.keep();
  }

  /** A single ticket was looked at, and the list is in sight again: as it was left, unless the address says another view. */
  #return(): void {
    const { store } = this;
    if (!store) return;
    const before = writePlace(store.place);
    store.revisit();
    this.#stand.return(before === writePlace(store.place));
  }

  // — What moves, and what may not —

  get selection(): Selection {
    return this.#many.selection;
  }

  select(selection: Selection): void {
    this.#many.set(selection);
  }

  get busy(): boolean {
    return this.#many.busy || this.change?.open === true;
  }

  #letIn(): void {
    this.#stand.top();
    this.store?.admit();
    this.#stand.focus(0); // the pill had the focus and is gone
  }

  // — Places —

  #go(place: Place, wait = 0): void {
    this.#stand.keep();
    this.#many.clear();
    this.#stand.top();
    this.store?.go(place, { wait, replace: wait > 0 });
  }

  #filter(name: string, value: string, wait = 0): void {
    this.#stand.keep();
    this.#many.clear();
    this.#stand.top();
    this.store?.filter(name, value, wait);
  }

  #sort(by: SortKey, dir: 'asc' | 'desc'): void {
    const { store } = this;
    if (!store) return;
    const { sort: _, dir: __, ...rest } = store.place.query;
    const query = { ...rest, sort: by, ...(dir === usualDir(by) ? {} : { dir }) };
    this.#go({ ...store.place, query });
  }

  get #differs(): boolean {
    return Object.keys(this.store?.place.query ?? {}).some((name) => name !== 'sort' && name !== 'dir');
  }

  readonly #reset = (): void => {
    if (this.store) this.#widen({ ...this.store.place, query: {} });
  };

  readonly #widen = (place: Place): void => {
    this.#go(place);
    this.renderRoot.querySelector<HTMLElement>('.text')?.focus(); // the button that was pressed is gone
  };

  // — Rows —

  #open(event: MouseEvent, ticket: Ticket): void {
    this.#stand.keep();
    if (this.session) rememberTicket(this.session.boot.user.id, ticket);
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    if (this.#beside) {
      event.preventDefault();
      this.store?.go({ ...this.store.place, ticket: ticket.id });
    }
    this.store?.markRead(ticket);
  }

  #read(ticket: Ticket): void {
    const { store } = this;
    if (!store || !ticket.unread) return;
    store.markRead(ticket);
    void store.api.read(ticket.id, ticket.version).catch(() => {
      store.rows.patch(ticket); // it is unread still, and says so
      store.changed();
    });
  }

  askChange(field: Field, count: number, sample: number): void {
    if (this.store?.offline) this.say({ text: t('noLinkAct'), tone: 'bad' });
    else this.change.ask({ field, count, sample });
  }

  afterChoice(): void {
    if (this.shadowRoot?.activeElement?.closest('.bulk')) this.#stand.focus(this.#stand.current);
    else if (!this.#stand.held) this.store?.admit();
  }

  // — Keyboard —

  #key(event: KeyboardEvent): void {
    const { store } = this;
    if (!store || !this.active || event.defaultPrevented || typing(event) || this.#covered) return;
    // The bell's panel and the ticket beside the list have keys of their own.
    const elsewhere = event
      .composedPath()
      .some((at) => at instanceof Element && ['tez-inbox', 'nav-ticket'].includes(at.localName));
    const act = keyAct(event, {
      inList: this.#stand.focused,
      row: store.rows.row(this.#stand.current) !== undefined,
      selected: !this.#many.empty,
      undo: this.#many.canUndo,
    });
    if (!act || elsewhere) return;
    event.preventDefault();
    this.#acts[act](store.rows.row(this.#stand.current));
  }

  /** What the palette offers while the list is in sight. */
  get #offered(): Action[] {
    const { store } = this;
    if (!store || !this.active) return [];
    const views = store.views.filter(canShow).map((view) => ({
      id: `view-${view.id}`,
      label: `${t('views')}: ${nameOf(view)}`,
      icon: 'ticket' as const,
      run: () => {
        this.#go({ ...store.place, view: view.id, query: {} });
        this.#stand.focus(0); // whoever asked by keys goes on by keys
      },
    }));
    return [
      { id: 'help', label: t('help'), icon: 'keyboard', hint: '?', run: () => this.help.show() },
      { id: 'look', label: t('look'), icon: 'system', run: () => this.looks.show() },
      { id: 'save', label: t('saveView'), icon: 'check', run: () => void this.#own.add() },
      ...views,
    ];
  }

  /** A ticket opens beside the list, not in its place. */
  get #beside(): boolean {
    return this.look.beside && this.clientWidth >= BESIDE_PX;
  }

  /** A dialog of the list lies above it. */
  get #covered(): boolean {
    return (
      [this.help, this.change, this.looks, this.viewName].some((one) => one?.open) ||
      !(this.checkVisibility?.() ?? true)
    );
  }

  #extend(by: number): void {
    const from = this.#stand.current;
    this.#stand.focus(from + by);
    this.#many.extend(from, this.#stand.current);
  }

  readonly #acts: Readonly<Record<KeyAct, (row: Ticket | undefined) => void>> = {
    help: () => this.help.show(),
    search: () => this.renderRoot.querySelector<HTMLElement>('.text')?.focus(),
    next: () => this.#stand.step(1),
    previous: () => this.#stand.step(-1),
    extendDown: () => this.#extend(1),
    extendUp: () => this.#extend(-1),
    first: () => this.#stand.focus(0),
    last: () => this.#stand.focus(Number.MAX_SAFE_INTEGER),
    pageDown: () => this.#stand.focus(this.#stand.current + this.#stand.screenful),
    pageUp: () => this.#stand.focus(this.#stand.current - this.#stand.screenful),
    select: () => this.#many.choose(this.#stand.current, false),
    selectAll: () => this.#many.chooseShown(),
    clear: () => this.#many.clear(),
    open: () => this.#stand.main(this.#stand.current)?.click(),
    edit: () => this.#many.ask('status', this.#stand.current),
    status: () => this.#many.ask('status', this.#stand.current),
    priority: () => this.#many.ask('priority', this.#stand.current),
    assignee: () => this.#many.ask('assignee', this.#stand.current),
    comment: () => this.#many.ask('comment', this.#stand.current),
    read: (row) => row && this.#read(row),
    fresh: () => pillText(this.store as TicketStore) && this.#letIn(),
    undo: () => this.#many.undo(),
  };

  // — Rendering —

  override render() {
    const { store } = this;
    if (!store) return nothing;
    const n = store.rows.total;
    const own = store.view?.builtin === false && store.view.source !== 'redmine';
    return html`<div class="top">
        <div class="heading">
          <slot name="heading"><h2>${t('list')}</h2></slot>
          <span class="found" role="status">${store.rows.loaded ? t('found', { n }) : ''}</span>
        </div>
        ${
          (this.#differs || store.place.query.sort) && !store.view?.beyond
            ? html`<button class="btn small ghost" @click=${() => void this.#own.add()}>${t('saveView')}</button>`
            : nothing
        }
        ${this.#tool('system', t('look'), () => this.looks.show())} ${this.#tool('keyboard', `${t('help')} (?)`, () => this.help.show())}
      </div>
      <div class="strip">
        ${viewStrip(store.views.length ? inStrip(store.views, store.place.view) : this.#unknown, store.place.view, {
          open: (view) => this.#go({ ...store.place, view, query: {} }),
          menu: (anchor) => this.viewMenu.openAt(anchor),
        })}
        ${allViews(store.views, store.place.view, (view) => this.#go({ ...store.place, view, query: {} }))}
        ${savedMenu(store.views, store.place.view, (view) => this.#go({ ...store.place, view, query: {} }))}
      </div>
      ${filterBar(
        {
          query: store.query,
          facets: store.facets,
          people: peopleIn(store.rows.all()),
          open: this.moreFilters,
          differs: this.#differs,
        },
        {
          set: (name, value, wait) => this.#filter(name, value, wait),
          sort: (by, dir) => this.#sort(by, dir),
          more: () => (this.moreFilters = !this.moreFilters),
          reset: this.#reset,
          toRows: () => this.#stand.focus(this.#stand.current),
        },
      )}
      ${ageNote(store)}
      <div class="view ${store.offline ? 'stale' : ''} ${store.overtaken ? 'overtaken' : ''}">
        ${this.#rows(store)}
        ${
          store.place.ticket !== null && this.#beside
            ? besideView(store.place.ticket, this.session, this.#closeTicket)
            : nothing
        }
      </div>
      ${this.#many.render(this.#stand.current)}
      <nav-ticket-change
        .api=${store.api}
        .facets=${store.facets}
        @send=${(event: CustomEvent<Change>) => this.#many.send(event.detail)}
      ></nav-ticket-change>
      <nav-list-look
        .look=${this.look}
        @look=${(event: CustomEvent<Look>) => {
          this.look = event.detail;
          if (this.session) writeLook(this.session.boot.user.id, event.detail);
        }}
      ></nav-list-look>
      <nav-view-name></nav-view-name>
      <tez-menu
        bare
        .label=${t('views')}
        .items=${own ? this.#own.items(this.#differs || Boolean(store.place.query.sort)) : []}
        @pick=${(event: CustomEvent<string>) => void this.#own.pick(event.detail)}
      ></tez-menu>
      <nav-ticket-list-help></nav-ticket-list-help>`;
  }

  #tool(name: 'system' | 'keyboard', label: string, go: () => void) {
    return html`<button class="btn ghost icon" aria-label=${label} title=${label} @click=${go}>${icon(name)}</button>`;
  }

  /** The views that everybody has, before the server has counted them. */
  get #unknown() {
    return builtins.map((id) => ({ id, name: id, query: {}, builtin: true, count: null, unread: 0 }));
  }

  #rows(store: TicketStore) {
    const many = this.#many;
    return rowsView(
      {
        store,
        stand: this.#stand,
        look: this.look,
        all: many.selection.all,
        chosen: (id) => many.has(id),
        none: () => noRows(store, this.#differs, this.#reset, this.#widen),
      },
      {
        head: {
          sort: (by, dir) => this.#sort(by, dir),
          chooseShown: (on) => (on ? many.chooseShown() : many.clear()),
        },
        letIn: () => this.#letIn(),
        row: (ticket, index) => ({
          enter: () => this.#stand.enter(index),
          open: (event) => this.#open(event, ticket),
          choose: (range) => many.choose(index, range),
        }),
      },
    );
  }

  readonly #closeTicket = (): void => {
    const { store } = this;
    if (!store) return;
    const at = store.rows.indexOf(store.place.ticket ?? 0);
    store.go({ ...store.place, ticket: null });
    this.emit('place', null); // the tab's title is the list's again
    this.#stand.focus(at < 0 ? this.#stand.current : at);
  };
}
define('nav-ticket-list', NavTicketList);

declare global {
  interface HTMLElementTagNameMap {
    'nav-ticket-list': NavTicketList;
  }
}
