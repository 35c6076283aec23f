import { css, html, nothing } from 'lit';
import { property, state } from 'lit/decorators.js';
import { base, define, TezElement } from './element';
import { type IconName, icon } from './icons';
import { repeat } from './repeat';
import { t } from './strings';

export interface ToastOptions {
  readonly text: string;
  readonly tone?: 'info' | 'ok' | 'bad';
  /** ms on screen, 6,000 if not given; 0 stays until closed. The clock stands still while the toast is hovered or focused. */
  readonly for?: number;
  readonly action?: { readonly label: string; readonly run: () => void };
}

interface Shown extends ToastOptions {
  readonly id: number;
}

const FOR_MS = 6000;
const MOST = 4; // more than this is a list, and there is a list
const toneIcon: Record<string, IconName> = { info: 'info', ok: 'check', bad: 'warn' };

/** <tez-toast>: one message; fires `gone` when its time is up or it is closed. Never takes the focus. */
export class TezToast extends TezElement {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        align-items: center;
        gap: var(--tez-2);
        width: fit-content;
        max-width: 100%;
        min-height: 44px;
        padding: var(--tez-1) 6px var(--tez-1) var(--tez-3);
        border-radius: var(--tez-radius-l);
        background: var(--tez-raised);
        color: var(--tez-text);
        font-size: var(--tez-m);
        box-shadow: var(--tez-shadow-l);
        pointer-events: auto;
        animation: rise var(--tez-calm) var(--tez-ease);
      }
      @keyframes rise {
        from {
          opacity: 0;
          transform: translateY(8px);
        }
      }
      @media (prefers-reduced-motion: reduce) {
        :host {
          animation: none;
        }
      }
      .info {
        color: var(--tez-accent-text);
      }
      .ok {
        color: var(--tez-ok);
      }
      .bad {
        color: var(--tez-bad);
      }
      .text {
        flex: 1;
        min-width: 0;
        padding: 6px 0;
        overflow-wrap: anywhere;
      }
      @media (forced-colors: active) {
        :host {
          border: 1px solid CanvasText;
        }
      }
    `,
  ];

  @property({ attribute: false }) toast: ToastOptions = { text: '' };
  #left = 0;
  #started = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #held = new Set<string>();

  constructor() {
    super();
    this.addEventListener('pointerenter', () => this.#hold('pointer'));
    this.addEventListener('pointerleave', () => this.#release('pointer'));
    this.addEventListener('focusin', () => this.#hold('focus'));
    this.addEventListener('focusout', () => this.#release('focus'));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#left = this.toast.for ?? FOR_MS;
    this.#run();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  #run(): void {
    if (this.#left <= 0) return;
    this.#started = Date.now();
    this.#timer = setTimeout(() => this.emit('gone'), this.#left);
  }

  #hold(why: string): void {
    if (!this.#held.size && this.#timer !== undefined) {
      clearTimeout(this.#timer);
      // At least two seconds are left after the pointer goes, or the message would vanish while it is being read.
      this.#left = Math.max(2000, this.#left - (Date.now() - this.#started));
    }
    this.#held.add(why);
  }

  #release(why: string): void {
    if (this.#held.delete(why) && !this.#held.size) this.#run();
  }

  override render() {
    const { text, tone = 'info', action } = this.toast;
    return html`<span class=${tone}>${icon(toneIcon[tone] ?? 'info')}</span>
      <span class="text">${text}</span>
      ${
        action
          ? html`<button
              class="btn small"
              @click=${() => {
                action.run();
                this.emit('gone');
              }}
            >
              ${action.label}
            </button>`
          : nothing
      }
      <button class="btn ghost icon small" aria-label=${t('close')} title=${t('close')} @click=${() => this.emit('gone')}>
        ${icon('close', 16)}
      </button>`;
  }
}
define('tez-toast', TezToast);

/** <tez-toasts>: the stack in the lower corner and its live region, which exists from the start so that the first message is spoken. */
export class TezToasts extends TezElement {
  static override styles = [
    base,
    css`
      section {
        position: fixed;
        inset: auto calc(var(--tez-4) + var(--tez-beside, 0px)) calc(var(--tez-4) + var(--tez-below, 0px)) auto; /* beside and above what is docked */
        z-index: 40;
        display: grid;
        justify-items: end;
        gap: var(--tez-2);
        max-width: min(calc(var(--tez-rem) * 26), calc(100vw - 32px));
        pointer-events: none;
      }
    `,
  ];

  @state() private toasts: readonly Shown[] = [];
  #next = 1;

  /** Shows a message and returns its own undo. A failure is spoken at once, everything else when the reader pauses. */
  show(options: ToastOptions): () => void {
    const toast = { ...options, id: this.#next++ };
    this.toasts = [...this.toasts, toast].slice(-MOST);
    return () => this.#drop(toast.id);
  }

  #drop(id: number): void {
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
  }

  override render() {
    return html`<div class="sr" role="status">${this.toasts.filter((x) => x.tone !== 'bad').map((x) => html`<p>${x.text}</p>`)}</div>
      <div class="sr" role="alert">${this.toasts.filter((x) => x.tone === 'bad').map((x) => html`<p>${x.text}</p>`)}</div>
      <section aria-label=${t('notices')}>
        ${repeat(
          this.toasts,
          (toast) => toast.id,
          (toast) => html`<tez-toast .toast=${toast} @gone=${() => this.#drop(toast.id)}></tez-toast>`,
        )}
      </section>`;
  }
}
define('tez-toasts', TezToasts);
