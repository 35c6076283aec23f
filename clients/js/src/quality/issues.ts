import { html, nothing, type PropertyValues } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import { formatNumber, pick } from '../i18n/index';
import { base, define, TezElement } from '../ui/element';
import { icon } from '../ui/icons';
import { controls, notices, stacked, tables } from '../ui/sheets';
import '../ui/panel';
import '../ui/state-dot';
import '../ui/states';
import '../ui/time';
import type { Api, Issue, Options } from './api';
import { choice, placeFields } from './filters';
import { issueStyles } from './issues-styles';
import type { Live } from './live';
import { Load } from './load';
import { noSearch, type Search } from './search';
import { t } from './strings';
import { actStyles, qualityStyles } from './styles';
import { type Column, table } from './table';
import { duration, nameOf } from './units';

const PAGE = 50;
const TYPING_MS = 350;

interface Page {
  readonly total: number;
  readonly rows: readonly Issue[];
}

/** <tez-quality-issues .api .options .live .search>: the issues, live; rows change where they stand and never move by themselves. */
export class QualityIssues extends TezElement {
  static override styles = [base, controls, notices, tables, qualityStyles, actStyles, issueStyles, stacked(620)];

  @property({ attribute: false }) api: Api | null = null;
  @property({ attribute: false }) options: Options | null = null;
  @property({ attribute: false }) live: Live | null = null;
  @property({ attribute: false }) search: Search = noSearch;
  /** Changed since the page was asked for, and not where they belong now; null: uncounted many. */
  @state() private waiting: Set<number> | null = new Set();
  /** Rows that changed in place. */
  @state() private fresh: ReadonlySet<number> = new Set();
  @query('.list') private list!: HTMLElement | null;

  readonly #load = new Load<Page>(this, () => t('loadFailed'));
  #undos: (() => void)[] = [];
  #typing: ReturnType<typeof setTimeout> | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#typing);
    for (const undo of this.#undos.splice(0)) undo();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('live')) this.#follow();
    if (changed.has('api') || changed.has('search')) this.refresh();
  }

  /** Asks for the page anew: only now may rows take other places. */
  refresh(): void {
    const { api } = this;
    if (!api) return;
    const { sort, ...rest } = this.search;
    this.waiting = new Set();
    this.fresh = new Set();
    void this.#load.run(() => api.get<Page>('/issues', { ...rest, sort, dir: 'desc', limit: PAGE }));
  }

  #follow(): void {
    for (const undo of this.#undos.splice(0)) undo();
    if (!this.live) return;
    this.#undos = [
      this.live.onChange((ids) => void this.#changed(ids)),
      this.live.onMissed(() => {
        this.waiting = null;
      }),
    ];
  }

  /** Shown rows are brought up to date where they stand; the others wait for a click, unless nobody is at the list. */
  async #changed(ids: ReadonlySet<number>): Promise<void> {
    const page = this.#load.value;
    if (!page || !this.api) return;
    if (this.waiting) this.waiting = new Set([...this.waiting, ...ids]);
    const shown = page.rows.filter((row) => ids.has(row.id)).map((row) => row.id);
    if (!this.#watched && !this.search.offset && this.waiting) {
      this.refresh();
      return;
    }
    if (!shown.length) return;
    try {
      const { rows } = await this.api.get<Page>('/issues', { ids: shown.join(',') });
      if (this.#load.value !== page) return;
      const byId = new Map(rows.map((row) => [row.id, row]));
      this.#load.value = { ...page, rows: page.rows.map((row) => byId.get(row.id) ?? row) };
      this.fresh = new Set([...this.fresh, ...byId.keys()]);
    } catch {
      // the number on the pill says that they are old
    }
  }

  /** Somebody points at the list, is in it with the keyboard, or has scrolled. */
  get #watched(): boolean {
    const list = this.list;
    return (
      !!list && (list.matches(':hover') || list.matches(':focus-within') || document.scrollingElement?.scrollTop !== 0)
    );
  }

  #set(change: Partial<Search>): void {
    this.emit('search', { ...this.search, offset: 0, ...change });
  }

  override render() {
    const { search } = this;
    return html`<div class="bar-top">
        <div class="fields">
          <label class="field grow"
            ><span>${t('search')}</span
            ><input
              class="control"
              type="search"
              placeholder=${t('searchHint')}
              maxlength="200"
              .value=${search.q}
              @input=${(event: Event) => {
                const q = (event.target as HTMLInputElement).value;
                clearTimeout(this.#typing);
                this.#typing = setTimeout(() => this.#set({ q }), TYPING_MS);
              }}
          /></label>
          ${choice(
            t('state'),
            search.state,
            [
              ['', t('stateAll')],
              ['open', t('stateOpen')],
              ['closed', t('stateClosed')],
            ],
            (value) => this.#set({ state: value }),
          )}
          ${placeFields(search, this.options, (next) => this.#set(next))}
          ${choice(
            t('sort'),
            search.sort,
            [
              ['updated', t('sortUpdated')],
              ['created', t('sortCreated')],
              ['id', t('sortId')],
            ],
            (value) => this.#set({ sort: value }),
          )}
        </div>
      </div>
      ${this.#body()}`;
  }

  #body() {
    const { value, failure, busy } = this.#load;
    const count = this.waiting?.size ?? null;
    const rest = value?.rows.every((row) => this.fresh.has(row.id) || !this.waiting?.has(row.id));
    return html`<tez-panel flush .heading=${t('issues')}>
      <div slot="actions" class="acts">
        <span role="status"
          >${
            count === 0
              ? value
                ? html`<span class="age">${t('found', { n: value.total })}</span>`
                : nothing
              : html`<button class="btn small pill ${rest ? '' : 'old'}" @click=${() => this.refresh()}>
                  ${icon('refresh', 15)}${count === null ? t('refresh') : t('changedRows', { n: count })}
                </button>`
          }</span
        >
      </div>
      ${failure && value ? html`<p class="notice" role="status">${icon('warn', 18)}<span>${failure}</span><button class="btn small" @click=${() => this.refresh()}>${t('refresh')}</button></p>` : nothing}
      ${
        value
          ? value.rows.length
            ? html`<div class="list" aria-busy=${busy ? 'true' : 'false'}>${this.#table(value)}</div>
                ${this.#pager(value)}`
            : html`<tez-empty icon="ticket" .heading=${t('emptyIssues')} .text=${t('emptyIssuesText')}
                ><button class="btn" @click=${() => this.#set(noSearch)}>${t('clear')}</button></tez-empty
              >`
          : failure
            ? html`<tez-error .heading=${t('loadFailed')} .text=${failure} ?busy=${busy} @retry=${() => this.refresh()}></tez-error>`
            : html`<tez-loading rows="8" @retry=${() => this.refresh()}></tez-loading>`
      }
    </tez-panel>`;
  }

  #table(page: Page) {
    const columns: Column<Issue>[] = [
      { label: t('issue'), wrap: true, cell: (row) => issueLink(row) },
      { label: t('project'), soft: true, cell: (row) => row.project.name },
      { label: t('status'), cell: (row) => statusDot(row) },
      { label: t('assignee'), soft: true, cell: (row) => nameOf(row.assignee, t('unassigned')) },
      { label: t('firstAnswer'), end: true, cell: (row) => duration(row.answer_s) },
      {
        label: t('toClose'),
        end: true,
        cell: (row) =>
          html`${duration(row.close_s)}${
            row.reopenings
              ? html` <span class="tag warn" title=${t('reopenedTimes', { n: row.reopenings })}
                  >${icon('undo', 13)}${formatNumber(row.reopenings)}<span class="sr">${t('reopenedTimes', { n: row.reopenings })}</span></span
                >`
              : nothing
          }`,
      },
      { label: t('grade'), end: true, cell: (row) => grade(row) },
      {
        label: t('updated'),
        soft: true,
        cell: (row) =>
          html`<tez-time at=${row.updated_at ?? row.created_at}></tez-time>${
            this.fresh.has(row.id) ? html` <span class="tag">${t('rowChanged')}</span>` : nothing
          }`,
      },
    ];
    return table(t('issues'), columns, page.rows, (row) => (this.fresh.has(row.id) ? 'fresh' : ''));
  }

  #pager(page: Page) {
    if (page.total <= PAGE) return nothing;
    const { offset } = this.search;
    const to = Math.min(offset + PAGE, page.total);
    const button = (text: string, on: boolean, at: number) =>
      html`<button class="btn small" aria-disabled=${on ? 'false' : 'true'} @click=${() => on && this.#set({ offset: at })}>
        ${text}
      </button>`;
    return html`<nav class="pager" aria-label=${t('issues')}>
      <span class="age">${t('shown', { from: offset + 1, to, total: page.total })}</span>
      ${button(t('previous'), offset > 0, Math.max(0, offset - PAGE))} ${button(t('next'), to < page.total, offset + PAGE)}
    </nav>`;
  }
}
define('tez-quality-issues', QualityIssues);

/** The number leads to Redmine, the subject stands beside it. */
export function issueLink(row: Issue) {
  const number = html`<span class="no">#${String(row.id)}</span>`;
  return html`${
    row.url
      ? html`<a href=${row.url} target="_blank" rel="noopener" aria-label=${t('openInRedmine', { n: String(row.id) })}
            >${number}${icon('open', 14)}</a
          >`
      : number
  } <span class="subject">${row.subject}</span>`;
}

export function statusDot(row: Issue) {
  return html`<tez-state-dot .state=${row.status.closed ? 'ok' : 'unknown'} .label=${pick(row.status.name)}></tez-state-dot>`;
}

function grade(row: Issue) {
  const best = row.reviews[0];
  if (!best) return html`<span class="age">${t('noGrade')}</span>`;
  const mean = row.reviews.reduce((sum, one) => sum + one.percent, 0) / row.reviews.length;
  return html`<span title=${row.reviews.map((one) => `${one.reviewer}: ${one.percent} %`).join(', ')}
    >${formatNumber(Math.round(mean) / 100, { style: 'percent' })}</span
  >`;
}

declare global {
  interface HTMLElementTagNameMap {
    'tez-quality-issues': QualityIssues;
  }
}
