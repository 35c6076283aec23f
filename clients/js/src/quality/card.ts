import { html, nothing, type PropertyValues } from 'lit';
import { property, state } from 'lit/decorators.js';
import { live as sync } from 'lit/directives/live.js';
import { pick } from '../i18n/index';
import { HttpError } from '../inbox/session';
import '../ui/button';
import { base, define, TezElement } from '../ui/element';
import { icon } from '../ui/icons';
import { controls } from '../ui/sheets';
import '../ui/states';
import '../ui/time';
import type { Api, Criterion, Issue, Review } from './api';
import { cardStyles } from './card-styles';
import type { Drafts } from './draft';
import { Load } from './load';
import { t } from './strings';

/**
 * <tez-score-card .api .issue .sample .criteria .drafts>: points by radio buttons or digits, a comment, the history.
 * What is typed is kept at once. Fires `reviewed` with the issue's number.
 */
export class ScoreCard extends TezElement {
  static override styles = [base, controls, cardStyles];

  @property({ attribute: false }) api: Api | null = null;
  @property({ attribute: false }) issue: Issue | null = null;
  @property({ attribute: false }) criteria: readonly Criterion[] = [];
  @property({ attribute: false }) drafts: Drafts | null = null;
  @property({ type: Number }) sample = 0;
  @state() private scores: Readonly<Record<string, number>> = {};
  @state() private comment = '';
  @state() private kept = false;
  @state() private saving = false;
  @state() private said = '';
  @state() private fault = '';

  readonly #history = new Load<readonly Review[]>(this, () => t('loadFailed'));

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('issue') && changed.get('issue')?.id !== this.issue?.id) this.#open();
  }

  #open(): void {
    const { issue, drafts } = this;
    this.said = this.fault = '';
    this.#history.value = null;
    if (!issue) return;
    const draft = drafts?.get(issue.id) ?? null;
    this.scores = draft?.scores ?? {};
    this.comment = draft?.comment ?? '';
    this.kept = draft !== null;
    this.#read();
  }

  #read(): void {
    const { api, issue } = this;
    if (!api || !issue) return;
    void this.#history.run(async () => (await api.get<{ reviews: Review[] }>('/reviews', { issue: issue.id })).reviews);
  }

  /** The reader's own review that stands, if there is one. */
  get #mine(): Review | null {
    return this.#history.value?.find((one) => one.mine && !one.replaced) ?? null;
  }

  #change(change: { scores?: Record<string, number>; comment?: string }): void {
    this.scores = change.scores ?? this.scores;
    this.comment = change.comment ?? this.comment;
    this.said = this.fault = '';
    if (this.issue && this.drafts)
      this.kept = this.drafts.put(this.issue.id, { scores: this.scores, comment: this.comment });
  }

  /** A digit gives points to the criterion that has the focus, or to the first without any, and goes on to the next one. */
  #key(event: KeyboardEvent): void {
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
    const target = event.composedPath()[0];
    if (!digit || event.ctrlKey || event.altKey || event.metaKey || target instanceof HTMLTextAreaElement) return;
    const inside = target instanceof HTMLElement ? target.closest<HTMLElement>('fieldset')?.dataset.key : undefined;
    const at = this.criteria.findIndex((one) => (inside ? one.key === inside : !(one.key in this.scores)));
    const criterion = this.criteria[at];
    const points = Number(digit);
    if (!criterion || points > criterion.points) return;
    event.preventDefault();
    this.#change({ scores: { ...this.scores, [criterion.key]: points } });
    void this.updateComplete.then(() => this.#focus(at + 1));
  }

  #focus(at: number): void {
    const key = this.criteria[at]?.key;
    const next = key
      ? this.renderRoot.querySelector<HTMLElement>(
          `fieldset[data-key="${key}"] input:checked, fieldset[data-key="${key}"] input`,
        )
      : this.renderRoot.querySelector<HTMLElement>('textarea');
    next?.focus();
  }

  /** Puts the keyboard at the first criterion. */
  override focus(): void {
    this.#focus(0);
  }

  async #save(): Promise<void> {
    const { api, issue } = this;
    if (!api || !issue || this.saving) return;
    const missing = this.criteria.findIndex((one) => !(one.key in this.scores));
    if (missing >= 0) {
      this.said = '';
      this.fault = t('needAll');
      this.#focus(missing);
      return;
    }
    const scores = Object.fromEntries(this.criteria.map((one) => [one.key, this.scores[one.key]]));
    this.saving = true;
    this.fault = '';
    try {
      const replaces = this.#mine?.id ?? null;
      const body = { issue_id: issue.id, sample_id: this.sample || null, scores, comment: this.comment, replaces };
      const { reviews } = await api.post<{ reviews: Review[] }>('/reviews', body);
      this.drafts?.drop(issue.id);
      if (this.issue?.id !== issue.id) return;
      this.#history.value = reviews;
      this.scores = {};
      this.comment = '';
      this.kept = false;
      this.said = t('saved');
      this.emit('reviewed', issue.id);
    } catch (error) {
      if (this.issue?.id !== issue.id) return;
      this.fault = error instanceof HttpError ? error.message : t('saveFailed');
      if (error instanceof HttpError && error.code === 'already_replaced') this.#read();
    } finally {
      this.saving = false;
    }
  }

  override render() {
    if (!this.issue) return nothing;
    const mine = this.#mine;
    return html`<div class="card" @keydown=${this.#key}>
        <h3 id="card">${t('card')}</h3>
        <p class="help">${icon('keyboard', 16)}<span>${t('cardHelp')}</span></p>
        ${mine ? html`<p class="help">${t('replaceNote')}</p>` : nothing}
        ${this.criteria.map((one) => this.#criterion(one))}
        <label class="field"
          ><span>${t('comment')}</span
          ><textarea
            class="control"
            rows="4"
            maxlength="10000"
            placeholder=${t('commentHint')}
            .value=${sync(this.comment)}
            @input=${(event: Event) => this.#change({ comment: (event.target as HTMLTextAreaElement).value })}
          ></textarea
        ></label>
        <div class="acts">
          <tez-button variant="primary" ?busy=${this.saving} @click=${() => void this.#save()}
            >${t(mine ? 'saveAgain' : 'save')}</tez-button
          >
          <span role="status" class="said">${this.said ? html`${icon('check', 16)}${this.said}` : this.kept ? t('draftKept') : ''}</span>
          <span role="alert" class="fault"
            >${this.fault ? html`${icon('warn', 16)}<span>${this.fault}</span>` : nothing}</span
          >
        </div>
      </div>
      ${this.#past()}`;
  }

  #criterion(one: Criterion) {
    const chosen = this.scores[one.key];
    return html`<fieldset data-key=${one.key}>
      <legend>${pick(one.label)}</legend>
      <div class="points">
        ${Array.from({ length: one.points }, (_, i) => i + 1).map(
          (n) =>
            html`<label
              ><input
                type="radio"
                name=${one.key}
                value=${n}
                aria-label=${t('points', { n, best: one.points })}
                .checked=${sync(chosen === n)}
                @change=${() => this.#change({ scores: { ...this.scores, [one.key]: n } })}
              /><span aria-hidden="true">${n}</span></label
            >`,
        )}
      </div>
    </fieldset>`;
  }

  #past() {
    const { value, failure, busy } = this.#history;
    return html`<section aria-labelledby="past">
      <h3 id="past">${t('history')}</h3>
      ${
        value
          ? value.length
            ? html`<ol role="list">
                ${value.map(
                  (one) => html`<li class=${one.replaced ? 'old' : ''}>
                    <p class="who">
                      <b>${one.percent} %</b> ${one.reviewer} <tez-time at=${one.created_at}></tez-time
                      >${one.replaced ? html` <span class="tag">${t('replaced')}</span>` : nothing}
                    </p>
                    <p class="marks">
                      ${Object.entries(one.scores).map(
                        ([key, mark]) => html`<span>${this.#label(key)}: ${mark.points}/${mark.best}</span>`,
                      )}
                    </p>
                    ${one.comment ? html`<p class="words">${one.comment}</p>` : nothing}
                  </li>`,
                )}
              </ol>`
            : html`<p class="help">${t('noHistory')}</p>`
          : failure
            ? html`<tez-error .text=${failure} ?busy=${busy} @retry=${() => this.#read()}></tez-error>`
            : html`<tez-loading rows="1" @retry=${() => this.#read()}></tez-loading>`
      }
    </section>`;
  }

  #label(key: string): string {
    const known = this.criteria.find((one) => one.key === key);
    return known ? pick(known.label) : key;
  }
}
define('tez-score-card', ScoreCard);

declare global {
  interface HTMLElementTagNameMap {
    'tez-score-card': ScoreCard;
  }
}
