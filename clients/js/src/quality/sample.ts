import { html, nothing, type PropertyValues } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import { formatDate, pick } from '../i18n/index';
import { base, define, TezElement } from '../ui/element';
import { icon } from '../ui/icons';
import '../ui/panel';
import '../ui/states';
import type { Api, Criterion, FullSample, Issue } from './api';
import './card';
import type { ScoreCard } from './card';
import type { Drafts } from './draft';
import { issueLink, statusDot } from './issues';
import { Load } from './load';
import { sampleStyles } from './sample-styles';
import { t } from './strings';
import { qualityStyles } from './styles';
import { duration, nameOf } from './units';

/** <tez-quality-sample .api .criteria .drafts sample>: goes through one sample, issue by issue. Fires `back`. */
export class QualitySample extends TezElement {
  static override styles = [base, qualityStyles, sampleStyles];

  @property({ attribute: false }) api: Api | null = null;
  @property({ attribute: false }) criteria: readonly Criterion[] = [];
  @property({ attribute: false }) drafts: Drafts | null = null;
  @property({ type: Number }) sample = 0;
  @state() private at = 0;
  /** Reviewed while this page was open. */
  @state() private done: ReadonlySet<number> = new Set();
  @query('tez-score-card') private card!: ScoreCard | null;

  readonly #load = new Load<FullSample>(this, () => t('loadFailed'));

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('sample') || changed.has('api')) void this.#read();
  }

  async #read(): Promise<void> {
    const { api, sample } = this;
    if (!api || !sample) return;
    this.done = new Set();
    this.#load.value = null;
    if (await this.#load.run(() => api.get<FullSample>(`/samples/${sample}`))) this.at = Math.max(0, this.#next(-1));
  }

  #isDone(row: Issue): boolean {
    return row.reviews.length > 0 || this.done.has(row.id);
  }

  /** The next issue after `from` that has no review, round the end; -1 when there is none. */
  #next(from: number): number {
    const rows = this.#load.value?.rows ?? [];
    for (let i = 1; i <= rows.length; i++) {
      const at = (from + i + rows.length) % rows.length;
      const row = rows[at];
      if (row && !this.#isDone(row)) return at;
    }
    return -1;
  }

  async #go(at: number): Promise<void> {
    this.at = at;
    await this.updateComplete;
    this.card?.focus();
  }

  override render() {
    const { value, failure, busy } = this.#load;
    const back = html`<button slot="actions" class="btn small" @click=${() => this.emit('back')}>${t('back')}</button>`;
    const heading = t('sampleName', { n: String(this.sample) });
    if (!value)
      return html`<tez-panel flush .heading=${heading}
        >${back}${
          failure
            ? html`<tez-error .heading=${t('loadFailed')} .text=${failure} ?busy=${busy} @retry=${() => void this.#read()}></tez-error>`
            : html`<tez-loading rows="5" @retry=${() => void this.#read()}></tez-loading>`
        }</tez-panel
      >`;
    const done = value.rows.filter((row) => this.#isDone(row)).length;
    const row = value.rows[this.at];
    const next = this.#next(this.at);
    return html`<tez-panel flush .heading=${heading}>
      ${back}
      <p class="progress" role="status">
        ${t('progress', { done, all: value.rows.length })} · ${t('seed', { n: String(value.filter.seed) })}
        ${value.gone.length ? html` · ${t('gone', { n: value.gone.length })}` : nothing}
        ${done === value.rows.length && done ? html`<b>${icon('checks', 16)}${t('doneAll')}</b>` : nothing}
      </p>
      <div class="two">
        <nav aria-label=${t('issues')}>
          <ol role="list">
            ${value.rows.map(
              (one, i) => html`<li>
                <button aria-current=${i === this.at ? 'true' : nothing} @click=${() => void this.#go(i)}>
                  <span class="mark ${this.#isDone(one) ? 'done' : ''}">${this.#isDone(one) ? icon('check', 14) : i + 1}</span>
                  <span class="text"><span class="no">#${String(one.id)}</span> ${one.subject}</span>
                  <span class="sr">${t(this.#isDone(one) ? 'reviewed' : 'notReviewed')}</span>
                </button>
              </li>`,
            )}
          </ol>
        </nav>
        ${
          row
            ? html`<div class="work">
                <header>
                  <p class="title">${issueLink(row)}</p>
                  <dl>
                    ${this.#fact(t('project'), row.project.name)} ${this.#fact(t('tracker'), pick(row.tracker.name))}
                    ${this.#fact(t('status'), statusDot(row))}
                    ${this.#fact(t('assignee'), nameOf(row.assignee, t('unassigned')))}
                    ${this.#fact(t('author'), nameOf(row.author, '—'))} ${this.#fact(t('createdAt'), day(row.created_at))}
                    ${this.#fact(t('firstAnswer'), duration(row.answer_s))} ${this.#fact(t('toClose'), duration(row.close_s))}
                  </dl>
                </header>
                <tez-score-card
                  .api=${this.api}
                  .issue=${row}
                  .criteria=${this.criteria}
                  .drafts=${this.drafts}
                  sample=${this.sample}
                  @reviewed=${(event: CustomEvent<number>) => {
                    this.done = new Set([...this.done, event.detail]);
                  }}
                ></tez-score-card>
                ${
                  next >= 0 && next !== this.at
                    ? html`<button class="btn next" @click=${() => void this.#go(next)}>${t('nextIssue')}</button>`
                    : nothing
                }
              </div>`
            : html`<tez-empty .heading=${t('emptyIssues')}></tez-empty>`
        }
      </div>
    </tez-panel>`;
  }

  #fact(name: string, value: unknown) {
    return html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  }
}
define('tez-quality-sample', QualitySample);

function day(at: string): string {
  return formatDate(Date.parse(at), { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
}

declare global {
  interface HTMLElementTagNameMap {
    'tez-quality-sample': QualitySample;
  }
}
