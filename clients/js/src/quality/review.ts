import { html, nothing, type PropertyValues } from 'lit';
import { property, state } from 'lit/decorators.js';
import { formatNumber, pick } from '../i18n/index';
import { HttpError } from '../inbox/session';
import '../ui/button';
import { serverNow } from '../ui/clock';
import { base, define, TezElement } from '../ui/element';
import { icon } from '../ui/icons';
import { controls, stacked, tables } from '../ui/sheets';
import '../ui/panel';
import '../ui/states';
import '../ui/time';
import type { Api, Options, PersonReviews, Sample } from './api';
import { bar } from './chart';
import type { Drafts } from './draft';
import { type Scope, scopeFields } from './filters';
import { Load } from './load';
import './sample';
import { reviewStyles } from './review-styles';
import { t } from './strings';
import { actStyles, qualityStyles } from './styles';
import { table } from './table';
import { dayLabel, nameOf } from './units';

const SIZE = 10;

/** <tez-quality-review .api .options .drafts .scope sample>: draws samples, lists them, opens one; averages. Fires `scope`, `sample`. */
export class QualityReview extends TezElement {
  static override styles = [base, controls, tables, qualityStyles, actStyles, reviewStyles, stacked(620)];

  @property({ attribute: false }) api: Api | null = null;
  @property({ attribute: false }) options: Options | null = null;
  @property({ attribute: false }) drafts: Drafts | null = null;
  @property({ attribute: false }) scope: Scope | null = null;
  @property({ type: Number }) sample = 0;
  @property() zone = 'UTC';
  @state() private size = SIZE;
  @state() private drawing = false;
  @state() private fault = '';

  readonly #samples = new Load<readonly Sample[]>(this, () => t('loadFailed'));
  readonly #people = new Load<readonly PersonReviews[]>(this, () => t('loadFailed'));

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (this.sample) return;
    if (changed.has('api') || changed.has('sample')) this.#readSamples();
    if (changed.has('api') || changed.has('sample') || changed.has('scope')) this.#readPeople();
  }

  #readSamples(): void {
    const { api } = this;
    if (api) void this.#samples.run(async () => (await api.get<{ samples: Sample[] }>('/samples')).samples);
  }

  #readPeople(): void {
    const { api, scope, zone } = this;
    if (!api || !scope) return;
    const { from, to } = scope;
    void this.#people.run(
      async () => (await api.get<{ rows: PersonReviews[] }>('/reviews/figures', { from, to, zone })).rows,
    );
  }

  async #draw(): Promise<void> {
    const { api, scope, zone } = this;
    if (!api || !scope || this.drawing) return;
    this.drawing = true;
    this.fault = '';
    try {
      const given = Object.fromEntries(Object.entries(scope).filter(([, value]) => value !== ''));
      const { id } = await api.post<{ id: number }>('/samples', { ...given, zone, size: this.size });
      this.emit('sample', id);
    } catch (error) {
      this.fault = error instanceof HttpError ? error.message : t('loadFailed');
    } finally {
      this.drawing = false;
    }
  }

  override render() {
    if (this.sample)
      return html`<tez-quality-sample
        .api=${this.api}
        .criteria=${this.options?.criteria ?? []}
        .drafts=${this.drafts}
        sample=${this.sample}
        @back=${() => this.emit('sample', 0)}
      ></tez-quality-sample>`;
    return html`<div class="all">${this.#form()} ${this.#list()} ${this.#averages()}</div>`;
  }

  #form() {
    const { scope, options } = this;
    if (!scope) return nothing;
    const most = options?.sample_max ?? SIZE;
    return html`<tez-panel .heading=${t('draw')}>
      ${scopeFields(scope, options, this.zone, serverNow(), (next) => this.emit('scope', next))}
      <div class="fields drawing">
        <label class="field short"
          ><span>${t('size')}</span
          ><input
            class="control"
            type="number"
            min="1"
            max=${most}
            .value=${String(this.size)}
            title=${t('sizeHint', { n: most })}
            @change=${(event: Event) => {
              const input = event.target as HTMLInputElement;
              this.size = Math.min(most, Math.max(1, Math.round(Number(input.value)) || SIZE));
              input.value = String(this.size);
            }}
        /></label>
        <tez-button variant="primary" ?busy=${this.drawing} @click=${() => void this.#draw()}>${t('drawButton')}</tez-button>
        <span role="alert" class="fault"
            >${this.fault ? html`${icon('warn', 16)}<span>${this.fault}</span>` : nothing}</span
          >
      </div>
      <p class="age">${t('drawNote')}</p>
    </tez-panel>`;
  }

  #list() {
    const { value, failure, busy } = this.#samples;
    return html`<tez-panel flush .heading=${t('samples')}>
      ${
        value
          ? value.length
            ? html`<ul class="samples" role="list">
                ${value.map(
                  (one) => html`<li>
                    <button @click=${() => this.emit('sample', one.id)}>
                      <b>${t('sampleName', { n: String(one.id) })}</b>
                      <span class="age"
                        >${t('sampleLine', { from: dayLabel(one.filter.from), to: dayLabel(one.filter.to), among: one.filter.among })}</span
                      >
                      <span class="age">${one.made_by} · <tez-time at=${one.made_at}></tez-time></span>
                      <span class="meter">${bar(one.reviewed, one.issues.length)}<span>${t('progress', { done: one.reviewed, all: one.issues.length })}</span></span>
                    </button>
                  </li>`,
                )}
              </ul>`
            : html`<tez-empty icon="checks" .heading=${t('noSamples')} .text=${t('noSamplesText')}></tez-empty>`
          : failure
            ? html`<tez-error .text=${failure} ?busy=${busy} @retry=${() => this.#readSamples()}></tez-error>`
            : html`<tez-loading rows="3" @retry=${() => this.#readSamples()}></tez-loading>`
      }
    </tez-panel>`;
  }

  #averages() {
    const { value, failure, busy } = this.#people;
    const criteria = this.options?.criteria ?? [];
    const whole = (n: number | undefined) =>
      n === undefined ? '—' : formatNumber(n / 100, { style: 'percent', maximumFractionDigits: 0 });
    return html`<tez-panel flush .heading=${t('byPeople')}>
      ${
        value
          ? value.length
            ? html`<p class="progress">${t('byPeopleNote')}</p>
                ${table<PersonReviews>(
                  t('byPeople'),
                  [
                    { label: t('person'), wrap: true, cell: (row) => html`<b>${nameOf(row.who, t('unassigned'))}</b>` },
                    { label: t('count'), end: true, cell: (row) => formatNumber(row.count) },
                    { label: t('average'), end: true, cell: (row) => html`<b>${whole(row.percent)}</b>` },
                    ...criteria.map((one) => ({
                      label: pick(one.label),
                      end: true,
                      cell: (row: PersonReviews) => whole(row.criteria[one.key]),
                    })),
                  ],
                  value,
                )}`
            : html`<tez-empty icon="user" .heading=${t('noReviews')}></tez-empty>`
          : failure
            ? html`<tez-error .text=${failure} ?busy=${busy} @retry=${() => this.#readPeople()}></tez-error>`
            : html`<tez-loading rows="2" @retry=${() => this.#readPeople()}></tez-loading>`
      }
    </tez-panel>`;
  }
}
define('tez-quality-review', QualityReview);

declare global {
  interface HTMLElementTagNameMap {
    'tez-quality-review': QualityReview;
  }
}
