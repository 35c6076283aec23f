/** What stands where content will be, is missing, or failed: <tez-empty>, <tez-loading>, <tez-error>. */

import { css, html, nothing } from 'lit';
import { property, state } from 'lit/decorators.js';
import { base, define, TezElement } from './element';
import { type IconName, icon } from './icons';
import { t } from './strings';

const centred = css`
  :host {
    display: block;
    padding: var(--tez-6) var(--tez-4);
    color: var(--tez-text-2);
    text-align: center;
  }
  .mark {
    display: inline-grid;
    place-items: center;
    width: 44px;
    height: 44px;
    margin-bottom: var(--tez-3);
    border-radius: 50%;
    background: var(--tez-sunken);
    color: var(--tez-text-3);
  }
  .mark.bad {
    background: var(--tez-bad-soft);
    color: var(--tez-bad);
  }
  h3 {
    margin: 0;
    color: var(--tez-text);
    font-size: var(--tez-m);
    font-weight: 600;
  }
  p {
    max-width: 44ch;
    margin: var(--tez-1) auto 0;
    font-size: var(--tez-s);
    text-wrap: balance;
  }
  .act {
    margin-top: var(--tez-4);
  }
`;

/** Nothing there, said kindly; the slot takes a way on. */
export class TezEmpty extends TezElement {
  static override styles = [base, centred];
  @property() icon: IconName = 'inbox';
  @property() heading = '';
  @property() text = '';

  override render() {
    return html`<span class="mark">${icon(this.icon, 22)}</span>
      <h3>${this.heading || t('empty')}</h3>
      ${this.text ? html`<p>${this.text}</p>` : ''}
      <div class="act"><slot></slot></div>`;
  }
}
define('tez-empty', TezEmpty);

/** What failed, why, and a button that fires `retry`. Not an alert: a failed list does not interrupt. */
export class TezError extends TezElement {
  static override styles = [base, centred];
  @property() heading = '';
  @property() text = '';
  @property({ type: Boolean }) busy = false;

  override render() {
    return html`<span class="mark bad">${icon('warn', 22)}</span>
      <h3>${this.heading || t('failed')}</h3>
      ${this.text ? html`<p>${this.text}</p>` : ''}
      <div class="act">
        <button class="btn" aria-disabled=${this.busy ? 'true' : 'false'} @click=${() => !this.busy && this.emit('retry')}>
          ${icon('refresh', 16)}${t('retry')}
        </button>
      </div>`;
  }
}
define('tez-error', TezError);

const SKELETON_MS = 300; // below this a flash of grey only makes a fast page look slow
const REASON_MS = 8000;

/** Nothing for 300 ms, then rows in the geometry of what will come, after 8 s the reason and a button that fires `retry`. */
export class TezLoading extends TezElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        min-height: var(--tez-6);
      }
      .row {
        display: flex;
        gap: var(--tez-3);
        padding: var(--tez-3) var(--tez-4);
        border-bottom: 1px solid var(--tez-line);
      }
      .row i {
        flex: none;
        width: 28px;
        height: 28px;
        border-radius: var(--tez-radius);
        background: var(--tez-sunken);
      }
      .row span {
        flex: 1;
        display: grid;
        gap: 8px;
        padding-top: 3px;
      }
      .row b {
        height: 10px;
        width: 62%;
        border-radius: 5px;
        background: var(--tez-sunken);
      }
      .row b:last-child {
        width: 38%;
      }
      .row:nth-child(even) b {
        width: 48%;
      }
      .rows {
        animation: breathe 1.8s ease-in-out infinite;
      }
      @keyframes breathe {
        50% {
          opacity: 0.55;
        }
      }
      .late {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: center;
        gap: var(--tez-3);
        padding: var(--tez-4);
        color: var(--tez-text-2);
      }
      @media (forced-colors: active) {
        .row i,
        .row b {
          background: GrayText;
        }
      }
    `,
  ];

  @property({ type: Number }) rows = 6;
  /** Why it takes so long, when the caller knows better than "longer than usual". */
  @property() reason = '';
  /** For the gallery: stand in this phase instead of going through them. */
  @property({ type: Number }) phase: 0 | 1 | 2 | null = null;
  @state() private reached: 0 | 1 | 2 = 0;
  #timers: ReturnType<typeof setTimeout>[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#timers.forEach(clearTimeout);
  }

  #start(): void {
    this.#timers.forEach(clearTimeout);
    this.reached = 0;
    this.#timers = [setTimeout(() => (this.reached = 1), SKELETON_MS), setTimeout(() => (this.reached = 2), REASON_MS)];
  }

  override render() {
    const phase = this.phase ?? this.reached;
    return html`<div role="status">
      ${phase === 0 ? nothing : html`<span class="sr">${t('loading')}</span>`}
      ${
        phase === 2
          ? html`<div class="late">
              ${this.reason || t('slow')}
              <button
                class="btn small"
                @click=${() => {
                  this.#start();
                  this.emit('retry');
                }}
              >
                ${t('retry')}
              </button>
            </div>`
          : nothing
      }</div>
      ${
        phase === 0
          ? nothing
          : html`<div class="rows" aria-hidden="true">
              ${Array.from({ length: this.rows }, () => html`<div class="row"><i></i><span><b></b><b></b></span></div>`)}
            </div>`
      }`;
  }
}
define('tez-loading', TezLoading);
