import { html, nothing, type PropertyValues } from 'lit';
import { property, state } from 'lit/decorators.js';
import { repeat } from '../../ui/repeat';
import '../../ui/badge';
import { base, define, TezElement } from '../../ui/element';
import { icon } from '../../ui/icons';
import '../../ui/time';
import type { Deed } from './act';
import { face, faceStyles } from './face';
import { historyStyles } from './history-styles';
import { rich, richStyles } from './rich';
import { t } from './strings';
import type { Journal } from './types';

const AT_ONCE = 40; // steps drawn at first: a ticket of years has hundreds, and people want the last ones

export type Shown = 'all' | 'comments';

const filters = [
  ['all', 'all'],
  ['comments', 'comments'],
] as const;

/**
 * <nav-history .journals looked .pending shown ?may-reply>: what happened, oldest first; changes in words. What came after journal `looked`
 * is marked as new. Fires `quote` with a step, `show` with the filter. `reveal(number)` brings a step into view.
 */
export class NavHistory extends TezElement {
  static override styles = [base, faceStyles, richStyles, historyStyles];

  @property({ attribute: false }) journals: readonly Journal[] = [];
  /** The last journal that the person has seen; null: nothing is marked. */
  @property({ type: Number }) looked: number | null = null;
  /** Comments on their way. */
  @property({ attribute: false }) pending: readonly Deed[] = [];
  @property() shown: Shown = 'all';
  @property({ type: Boolean, attribute: 'may-reply' }) mayReply = false;
  /** So many of the last steps are drawn. */
  @state() private most = AT_ONCE;
  /** The step that a link pointed to, or that the keyboard is at. */
  @state() private pointed = 0;
  #fit: readonly Journal[] = [];

  get #new(): readonly Journal[] {
    const { looked } = this;
    return looked === null ? [] : this.#fit.filter((one) => one.id > looked && !one.author.me);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('journals') || changed.has('shown'))
      this.#fit = this.shown === 'all' ? this.journals : this.journals.filter((one) => one.source.trim());
  }

  /** The step with the focus in it, or the last one with words. */
  current(): Journal | null {
    const id = this.shadowRoot?.activeElement?.closest<HTMLElement>('[data-id]')?.dataset.id;
    const words = this.#fit.filter((one) => one.source.trim());
    return words.find((one) => String(one.id) === id) ?? words.at(-1) ?? null;
  }

  async reveal(number: number): Promise<void> {
    const at = this.#fit.findIndex((one) => one.number === number);
    if (at < 0) return;
    this.most = Math.max(this.most, this.#fit.length - at);
    this.pointed = number;
    await this.updateComplete;
    const step = this.renderRoot.querySelector<HTMLElement>(`#note-${number}`);
    step?.scrollIntoView?.({ block: 'center' });
    step?.focus({ preventScroll: true });
  }

  async #earlier(): Promise<void> {
    const first = this.#fit.at(-Math.min(this.most, this.#fit.length));
    this.most += 100;
    await this.updateComplete;
    if (first) this.renderRoot.querySelector<HTMLElement>(`#note-${first.number}`)?.focus({ preventScroll: true });
  }

  override render() {
    const hidden = Math.max(0, this.#fit.length - this.most);
    const fresh = this.#new;
    const news = new Set(fresh.map((one) => one.id));
    const [first] = fresh;
    return html`<header>
        <h2 id="heading">${t('history')}</h2>
        ${
          first
            ? html`<button class="btn small news" @click=${() => void this.reveal(first.number)}>
                ${t('newSince', { n: fresh.length })}
              </button>`
            : nothing
        }
        <div role="group" aria-label=${t('historyFilter')}>
          ${filters.map(
            ([value, word]) =>
              html`<button
                class="btn small ghost"
                aria-pressed=${this.shown === value ? 'true' : 'false'}
                @click=${() => this.emit('show', value)}
              >
                ${t(word)}
              </button>`,
          )}
        </div>
      </header>
      ${
        hidden
          ? html`<button class="btn earlier" @click=${() => void this.#earlier()}>${t('earlier', { n: hidden })}</button>`
          : nothing
      }
      <ol aria-labelledby="heading">
        ${repeat(
          hidden ? this.#fit.slice(-this.most) : this.#fit,
          (one) => one.id,
          (one) => this.#step(one, news.has(one.id), one === first),
        )}
        ${this.pending.map((deed) => {
          if (deed.kind === 'comment') return sending(deed.text, deed.private);
          return deed.kind === 'status' && deed.comment ? sending(deed.comment, deed.private ?? false) : nothing;
        })}
      </ol>
      ${this.#fit.length || this.pending.length ? nothing : html`<p class="none">${t(this.shown === 'all' ? 'noHistory' : 'noComments')}</p>`}`;
  }

  #step(one: Journal, fresh: boolean, first: boolean) {
    const words = one.source.trim();
    return html`${first ? html`<li class="line" aria-hidden="true"><span>${t('newLine')}</span></li>` : nothing}
      <li
        id=${`note-${one.number}`}
        data-id=${one.id}
        tabindex="-1"
        class=${`${words ? '' : 'quiet'} ${one.private ? 'private' : ''} ${fresh ? 'fresh' : ''} ${one.number === this.pointed ? 'pointed' : ''}`}
      >
        ${face(one.author, words ? 28 : 20)}
        <div class="what">
          <div class="by">
            <b>${one.author.name}</b>
            ${one.author.me ? html`<span class="me">${t('me')}</span>` : nothing}
            <tez-time .at=${one.at}></tez-time>
            ${one.private ? html`<tez-badge tone="warn">${icon('lock', 12)}${t('private')}</tez-badge>` : nothing}
            ${fresh ? html`<tez-badge tone="accent">${t('new')}</tez-badge>` : nothing}
            <span class="space"></span>
            ${
              words && this.mayReply
                ? html`<button
                    class="btn ghost icon small reply"
                    aria-label=${t('quote', { name: one.author.name })}
                    title=${t('quote', { name: one.author.name })}
                    @click=${() => this.emit('quote', one)}
                  >
                    ${icon('reply', 16)}
                  </button>`
                : nothing
            }
            <a class="no" href=${`#note-${one.number}`} aria-label=${t('linkTo', { n: String(one.number) })}>#${one.number}</a>
          </div>
          ${one.changes.length ? html`<ul class="changes">${one.changes.map((change) => html`<li>${change.text}</li>`)}</ul>` : nothing}
          ${words ? rich(one.html) : nothing}
        </div>
      </li>`;
  }
}
define('nav-history', NavHistory);

/** A comment that the server has not confirmed yet. */
function sending(text: string, hidden: boolean) {
  return html`<li class=${`sending ${hidden ? 'private' : ''}`}>
    <span class="face" aria-hidden="true"></span>
    <div class="what">
      <div class="by"><b>${t('me')}</b><span role="status">${t('sending')}</span></div>
      <p class="plain">${text}</p>
    </div>
  </li>`;
}
