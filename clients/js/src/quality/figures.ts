import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { formatDate, formatNumber } from '../i18n/index';
import { serverNow } from '../ui/clock';
import { base, define, TezElement } from '../ui/element';
import { icon } from '../ui/icons';
import { controls, notices, stacked, tables, tiles } from '../ui/sheets';
import '../ui/panel';
import '../ui/states';
import { type Api, address, type By, type Figure, type Figures, type Options } from './api';
import { bar, columns, type Point } from './chart';
import { figureStyles } from './figures-styles';
import { type Scope, scopeFields } from './filters';
import type { Live } from './live';
import { Load } from './load';
import { t } from './strings';
import { actStyles, qualityStyles } from './styles';
import { type Column, table } from './table';
import { duration, percent, rowName, share } from './units';

const kinds: readonly By[] = ['week', 'person', 'group'];
const words = { week: 'byWeek', person: 'byPerson', group: 'byGroup' } as const;

/** <tez-quality-figures .api .options .live .scope by>: the whole, charts, and the table they are drawn from. Fires `scope`, `by`. */
export class QualityFigures extends TezElement {
  static override styles = [
    base,
    controls,
    notices,
    tiles,
    tables,
    qualityStyles,
    actStyles,
    figureStyles,
    stacked(620),
  ];

  @property({ attribute: false }) api: Api | null = null;
  @property({ attribute: false }) options: Options | null = null;
  @property({ attribute: false }) live: Live | null = null;
  @property({ attribute: false }) scope: Scope | null = null;
  @property() by: By = 'week';
  @property() zone = 'UTC';
  /** Issues that changed since these figures were made; null: so many that nobody counted. */
  @state() private changed: Set<number> | null = new Set();

  readonly #load = new Load<Figures>(this, () => t('loadFailed'));
  #undos: (() => void)[] = [];

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const undo of this.#undos.splice(0)) undo();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('live')) this.#follow();
    if (changed.has('api') || changed.has('scope') || changed.has('by')) this.refresh();
  }

  /** Asks anew. */
  refresh(): void {
    const { api, scope } = this;
    if (!api || !scope) return;
    this.changed = new Set();
    void this.#load.run(() => api.get<Figures>('/figures', this.#query()));
  }

  #query() {
    return { ...this.scope, by: this.by, zone: this.zone };
  }

  #follow(): void {
    for (const undo of this.#undos.splice(0)) undo();
    if (!this.live) return;
    this.#undos = [
      this.live.onChange((ids) => {
        if (this.changed) this.changed = new Set([...this.changed, ...ids]);
      }),
      this.live.onMissed(() => {
        this.changed = null;
      }),
    ];
  }

  override render() {
    const { scope } = this;
    if (!scope) return nothing;
    return html`<div class="bar-top">
        ${scopeFields(scope, this.options, this.zone, serverNow(), (next) => this.emit('scope', next))}
      </div>
      ${this.#unknown()} ${this.#body()}`;
  }

  #unknown() {
    const names = this.options?.unknown ?? [];
    return names.length
      ? html`<p class="notice">${icon('warn', 18)}<span>${t('unknownScope', { names: names.join(', ') })}</span></p>`
      : nothing;
  }

  #body() {
    const { value, failure, busy } = this.#load;
    if (!value)
      return failure
        ? html`<tez-panel flush .heading=${t('tabFigures')}
            ><tez-error .heading=${t('loadFailed')} .text=${failure} ?busy=${busy} @retry=${() => this.refresh()}></tez-error
          ></tez-panel>`
        : html`<tez-panel flush .heading=${t('tabFigures')}
            ><tez-loading rows="5" @retry=${() => this.refresh()}></tez-loading
          ></tez-panel>`;
    const nothingThere = !value.total.created && !value.total.close.count && !value.total.closed_once;
    return html`${
      failure
        ? html`<p class="notice" role="status">${icon('warn', 18)}<span>${failure}</span>
              <button class="btn small" @click=${() => this.refresh()}>${t('refresh')}</button></p>`
        : nothing
    }
      <div class="all" aria-busy=${busy ? 'true' : 'false'}>
        ${this.#tiles(value.total)}
        <tez-panel flush .heading=${t(words[value.by])}>
          <div slot="actions" class="acts">${this.#age(value)} ${this.#split()} ${this.#csv()}</div>
          ${
            nothingThere
              ? html`<tez-empty icon="clock" .heading=${t('emptyFigures')} .text=${t('emptyFiguresText')}></tez-empty>`
              : html`${value.by === 'week' ? this.#charts(value) : nothing} ${this.#table(value)}`
          }
        </tez-panel>
        <details class="how">
          <summary>${t('howCounted')}</summary>
          <ul>
            <li>${t('how1')}</li>
            <li>${t('how2')}</li>
            <li>${t('how3')}</li>
            <li>${t('how4')}</li>
            <li>${t('zone', { zone: value.period.zone })}</li>
          </ul>
        </details>
      </div>`;
  }

  /** How old, and whether something has changed since: the figures themselves stand still until somebody asks. */
  #age(value: Figures) {
    const count = this.changed?.size ?? null;
    const time = formatDate(Date.parse(value.as_of), { hour: '2-digit', minute: '2-digit' });
    return html`<span role="status"
      >${
        count === 0
          ? html`<span class="age">${t('asOf', { time })}</span>`
          : html`<button class="btn small pill" @click=${() => this.refresh()}>
              ${icon('refresh', 15)}${count === null ? t('refresh') : t('changedFigures', { n: count })}
            </button>`
      }</span
    >`;
  }

  #split() {
    return html`<span class="switch" role="group" aria-label=${t('by')}>
      ${kinds.map(
        (kind) =>
          html`<button class="btn small" aria-pressed=${this.by === kind ? 'true' : 'false'} @click=${() => this.emit('by', kind)}>
            ${t(words[kind])}
          </button>`,
      )}
    </span>`;
  }

  #csv() {
    return html`<a class="btn small" href=${address('/figures.csv', this.#query())} download>${t('csv')}</a>`;
  }

  #tiles(total: Figure) {
    const tile = (name: string, value: string, note: string) =>
      html`<li><span class="name">${name}</span><strong>${value}</strong><span class="note">${note}</span></li>`;
    const times = (name: string, one: Figure['answer']) =>
      tile(
        t('medianOf', { what: name }),
        duration(one.median_s),
        one.p90_s === null ? t('noData') : t('p90Note', { time: duration(one.p90_s) }),
      );
    return html`<ul class="tiles" role="list">
      ${tile(t('answered'), formatNumber(total.answer.count), t('answeredOf', { n: total.created, of: total.created }))}
      ${times(t('firstAnswer'), total.answer)} ${tile(t('closed'), formatNumber(total.close.count), '')}
      ${times(t('toClose'), total.close)}
      ${tile(t('reopened'), percent(share(total.reopened, total.closed_once)), t('reopenedOf', { n: total.reopened, of: total.closed_once }))}
    </ul>`;
  }

  #charts(value: Figures) {
    const points = (of: (row: Figure) => Omit<Point, 'label'>): Point[] =>
      value.rows.map((row) => ({ label: rowName(row, value.by), ...of(row) }));
    const chart = (what: string, all: Point[], write: (value: number) => string) => {
      const top = Math.max(...all.map((one) => one.value ?? 0));
      return html`<figure>
        <figcaption><span>${what}</span><span class="age" aria-hidden="true">${top ? t('most', { n: write(top) }) : ''}</span></figcaption>
        ${columns(what, all, write)}
      </figure>`;
    };
    return html`<div class="charts">
      ${chart(
        t('medianOf', { what: t('firstAnswer') }),
        points((row) => ({ value: row.answer.median_s })),
        duration,
      )}
      ${chart(
        t('medianOf', { what: t('toClose') }),
        points((row) => ({ value: row.close.median_s })),
        duration,
      )}
      ${chart(
        t('closed'),
        points((row) => ({ value: row.close.count })),
        (n) => formatNumber(n),
      )}
      ${chart(
        t('reopened'),
        points((row) => ({ value: share(row.reopened, row.closed_once) })),
        percent,
      )}
    </div>`;
  }

  #table(value: Figures) {
    const top = Math.max(...value.rows.map((row) => row.close.median_s ?? 0));
    const number = (label: string, of: (row: Figure) => string | TemplateResult): Column<Figure> => ({
      label,
      cell: of,
      end: true,
    });
    const list: Column<Figure>[] = [
      {
        label: t(value.by),
        cell: (row) => html`<b>${row === value.total ? t('total') : rowName(row, value.by)}</b>`,
        wrap: true,
      },
      number(t('created'), (row) => formatNumber(row.created)),
      number(t('answered'), (row) => formatNumber(row.answer.count)),
      number(t('medianOf', { what: t('firstAnswer') }), (row) => duration(row.answer.median_s)),
      number(t('p90Of', { what: t('firstAnswer') }), (row) => duration(row.answer.p90_s)),
      number(t('closed'), (row) => formatNumber(row.close.count)),
      number(
        t('medianOf', { what: t('toClose') }),
        (row) =>
          html`${duration(row.close.median_s)}${value.by === 'week' || row === value.total ? nothing : bar(row.close.median_s, top)}`,
      ),
      number(t('p90Of', { what: t('toClose') }), (row) => duration(row.close.p90_s)),
      number(
        t('reopened'),
        (row) =>
          html`<span title=${t('reopenedOf', { n: row.reopened, of: row.closed_once })}>${percent(share(row.reopened, row.closed_once))}</span>`,
      ),
    ];
    return table(t('table'), list, [...value.rows, value.total], (row) => (row === value.total ? 'sum' : ''));
  }
}
define('tez-quality-figures', QualityFigures);

declare global {
  interface HTMLElementTagNameMap {
    'tez-quality-figures': QualityFigures;
  }
}
