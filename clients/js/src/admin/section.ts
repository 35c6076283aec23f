/** What every list of the page has: tools, states, rows that the keyboard walks, pages. */

import { type CSSResultGroup, html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { clockTime, serverNow } from '../ui/clock';
import { focused } from '../ui/dialog';
import { base } from '../ui/element';
import { type IconName, icon } from '../ui/icons';
import { controls, stacked } from '../ui/sheets';
import '../ui/states';
import { type Query, reasonOf } from './api';
import type { Desk } from './desk';
import { DeskElement } from './element';
import { type Listing, lastOffset, PAGE_SIZE } from './listing';
import './pager';
import { type Key, t } from './strings';
import { cardStyles, listStyles } from './styles';
import type { Page } from './types';

export const TYPING_MS = 250;

export interface Emptiness {
  readonly icon: IconName;
  readonly heading: string;
  readonly text: string;
}

export abstract class ListSection<Row extends object, P extends Page<Row> = Page<Row>> extends DeskElement {
  static override styles: CSSResultGroup[] = [base, controls, listStyles, stacked(560), cardStyles];

  protected abstract list(desk: Desk): Listing<Row, P>;
  protected abstract tools(desk: Desk, page: P | null): TemplateResult;
  protected abstract rows(desk: Desk, page: P): TemplateResult;
  protected abstract empty(): Emptiness;
  /** `12 сеансов`. */
  protected abstract readonly countKey: Key;

  /** What of which row has the focus: rows may go away with it. */
  #held: { readonly row: number; readonly at: Element } | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('keydown', this.#pageKeys);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('keydown', this.#pageKeys);
  }

  protected get query(): Query {
    return this.desk?.place.query ?? {};
  }

  override render() {
    const desk = this.desk;
    if (!desk) return nothing;
    const list = this.list(desk);
    const { page } = list;
    const dim = desk.offline || (list.error !== null && page !== null);
    return html`<h2 class="sr">${t(desk.place.section)}</h2>
      <div class="tools" role="search">${this.tools(desk, page)}</div>
      <div class="frame ${dim ? 'dim' : ''}" aria-busy=${list.busy ? 'true' : 'false'} @keydown=${this.#rowKeys} @focusin=${this.#focusIn} @focusout=${this.#focusOut}>
        ${this.#body(desk, list)}
      </div>`;
  }

  #body(desk: Desk, list: Listing<Row, P>) {
    const { page } = list;
    const retry = () => list.refresh();
    if (!page)
      return list.error !== null && !list.busy
        ? html`<tez-error .text=${reasonOf(list.error)} @retry=${retry}></tez-error>`
        : html`<tez-loading rows="8" @retry=${retry}></tez-loading>`;
    const filtered = Object.keys(list.shown ?? {}).some(
      (name) => name !== 'offset' && name !== 'sort' && name !== 'dir',
    );
    const offset = Number(list.shown?.offset || 0);
    return html`<div class="bar top">
        <p class="count" role="status">${t(this.countKey, { n: page.total })}</p>
        ${list.busy ? html`<p class="late">${t('updating')}</p>` : nothing}
        <p class="keys push" aria-hidden="true">${t('keys')}</p>
        <button class="btn ghost icon small" aria-label=${t('refresh')} title=${this.#age(list)} @click=${retry}>${icon('refresh', 16)}</button>
      </div>
      ${
        list.error !== null && !desk.offline
          ? html`<div class="note" role="status">
              ${icon('warn', 16)}${t('staleAfter', { why: reasonOf(list.error), time: clockTime(list.at ?? 0, serverNow()) })}
              <button class="btn small" @click=${retry}>${t('retry')}</button>
            </div>`
          : nothing
      }
      ${
        page.rows.length
          ? this.rows(desk, page)
          : filtered
            ? html`<tez-empty icon="info" .heading=${t('nothing')} .text=${t('nothingText')}
                ><button class="btn" @click=${() => this.#clear(desk)}>${t('clearFilters')}</button></tez-empty
              >`
            : html`<tez-empty .icon=${this.empty().icon} .heading=${this.empty().heading} .text=${this.empty().text}></tez-empty>`
      }
      ${
        page.total > PAGE_SIZE
          ? html`<div class="bar bottom">
              <tez-pager class="push" .offset=${offset} .total=${page.total} @page=${(event: CustomEvent<number>) => this.#page(event.detail)}></tez-pager>
            </div>`
          : nothing
      }`;
  }

  #age(list: Listing<Row, P>): string {
    return `${t('refresh')}. ${t('asOf', { time: clockTime(list.at ?? serverNow(), serverNow()) })}`;
  }

  #clear(desk: Desk): void {
    const { sort = '', dir = '' } = this.query;
    desk.go({ query: Object.fromEntries(Object.entries({ sort, dir }).filter(([, value]) => value)) });
    this.renderRoot.querySelector<HTMLElement>('.tools input')?.focus();
  }

  #page(offset: number): void {
    this.desk?.filter({ offset: String(offset) });
    this.renderRoot.querySelector('.frame')?.scrollIntoView?.({ block: 'nearest' });
  }

  // — Tools —

  protected searchBox(hint: string, name = 'q', label = t('search'), className = 'search'): TemplateResult {
    return html`<label class="field ${className}"
      >${label}
      <input
        class="control ${this.query[name] ? 'set' : ''}"
        type="search"
        autocomplete="off"
        spellcheck="false"
        placeholder=${hint || nothing}
        maxlength="100"
        .value=${live(this.query[name] ?? '')}
        @input=${(event: InputEvent) => this.desk?.filter({ [name]: (event.target as HTMLInputElement).value }, TYPING_MS)}
      />
    </label>`;
  }

  protected choice(
    name: string,
    label: string,
    all: string,
    options: readonly (readonly [string, string])[],
  ): TemplateResult {
    const chosen = this.query[name] ?? '';
    const known = !chosen || options.some(([value]) => value === chosen);
    const shown = known ? options : [...options, [chosen, chosen] as const];
    return html`<label class="field"
      >${label}
      <select class="control ${chosen ? 'set' : ''}" @change=${(event: Event) => this.desk?.filter({ [name]: (event.target as HTMLSelectElement).value })}>
        <option value="" ?selected=${!chosen}>${all}</option>
        ${shown.map(([value, text]) => html`<option value=${value} ?selected=${live(value === chosen)}>${text}</option>`)}
      </select>
    </label>`;
  }

  // — Keyboard and focus —

  /** What the arrows walk over: one control in each row. */
  protected get stops(): HTMLElement[] {
    return [...this.renderRoot.querySelectorAll<HTMLElement>('tbody [data-stop]')];
  }

  #focusIn = (event: FocusEvent): void => {
    const at = event.target as Element;
    const row = at.closest('tbody tr');
    this.#held = row ? { row: [...(row.parentElement?.children ?? [])].indexOf(row), at } : null;
  };

  #focusOut = (event: FocusEvent): void => {
    const at = event.target as Element;
    // Left by the person, not taken out of the page.
    queueMicrotask(() => {
      if (at.isConnected && this.#held?.at === at) this.#held = null;
    });
  };

  #rowKeys = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    const at = this.stops.indexOf(event.target as HTMLElement);
    if (at < 0) return;
    const list = this.desk && this.list(this.desk);
    const offset = Number(list?.shown?.offset || 0);
    const total = list?.page?.total ?? 0;
    const moves: Record<string, () => void> = {
      ArrowDown: () => this.stops[at + 1]?.focus(),
      ArrowUp: () => this.stops[at - 1]?.focus(),
      Home: () => this.stops[0]?.focus(),
      End: () => this.stops.at(-1)?.focus(),
      ArrowLeft: () => offset > 0 && this.#page(Math.max(0, offset - PAGE_SIZE)),
      ArrowRight: () => offset < lastOffset(total) && this.#page(offset + PAGE_SIZE),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    move();
  };

  /** `/` by its place on the keyboard, so that it is found on the Russian layout too (UX C10). */
  #pageKeys = (event: KeyboardEvent): void => {
    if (event.code !== 'Slash' || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const at = focused();
    if (at?.matches('input, select, textarea, [role=menuitem]') || at?.closest('dialog')) return;
    event.preventDefault();
    this.renderRoot.querySelector<HTMLElement>('.tools input')?.focus();
  };

  /** Rows went away with the focus on them: it goes to the row that took the place, else to the search. */
  protected override updated(): void {
    if (!this.#held || this.#held.at.isConnected) return;
    const { row } = this.#held;
    this.#held = null;
    const stops = this.stops;
    const next = stops[Math.min(row, stops.length - 1)];
    (next ?? this.renderRoot.querySelector<HTMLElement>('.tools input'))?.focus();
  }
}
