import { css, html, nothing } from 'lit';
import { property } from 'lit/decorators.js';
import { base, define, TezElement } from '../ui/element';
import { icon } from '../ui/icons';
import { digitOf } from './keys';
import type { Reason } from './types';

const EDGE = 12; // px to the edge of the window, the gap to the key included

/** <tez-calls-reasons .reasons label>: a menu whose first nine items a digit picks. Fires `pick` with the id, `leave` (detail: take the focus back). */
export class TezCallsReasons extends TezElement {
  static override styles = [
    base,
    css`
      :host {
        position: absolute;
        inset: calc(100% + 4px) 0 auto;
        z-index: 5;
        padding: var(--tez-1);
        overflow: auto;
        border-radius: var(--tez-radius-l);
        background: var(--tez-raised);
        color: var(--tez-text);
        box-shadow: var(--tez-shadow-l);
      }
      :host([above]) {
        inset: auto auto calc(100% + 4px) 0;
        width: min(calc(var(--tez-rem) * 20), calc(100vw - 24px));
      }
      p {
        margin: 0;
        padding: var(--tez-1) var(--tez-2);
        color: var(--tez-text-3);
        font-size: var(--tez-s);
      }
      button {
        display: flex;
        align-items: center;
        gap: 10px;
        width: 100%;
        min-height: 40px;
        padding: 4px var(--tez-2);
        border: 0;
        border-radius: var(--tez-radius-s);
        background: none;
        color: inherit;
        font: inherit;
        text-align: start;
        overflow-wrap: anywhere;
        cursor: pointer;
      }
      button:hover,
      button:focus {
        background: var(--tez-active);
      }
      button span {
        flex: 1;
        min-width: 0;
      }
      kbd {
        flex: none;
        width: 22px;
        border: 1px solid var(--tez-line-strong);
        border-radius: var(--tez-radius-s);
        color: var(--tez-text-2);
        font-family: inherit;
        font-size: var(--tez-s);
        text-align: center;
      }
      .none {
        border-color: transparent;
      }
      @media (forced-colors: active) {
        :host {
          border: 1px solid CanvasText;
        }
      }
    `,
  ];

  @property({ attribute: false }) reasons: readonly Reason[] = [];
  /** Opens upwards. */
  @property({ type: Boolean, reflect: true }) above = false;
  @property() current = '';
  @property() label = '';
  #left = false;

  /** The focus is on the list from now on; the next digit picks. */
  focusFirst(): void {
    const items = this.#items;
    (items.find((item) => item.getAttribute('aria-checked') === 'true') ?? items[0])?.focus();
  }

  /** Inside the window whatever its size: below its key where there is room, else above it. */
  protected override firstUpdated(): void {
    const view = this.ownerDocument.defaultView;
    const anchor = this.offsetParent?.getBoundingClientRect();
    if (!view || !anchor) return;
    const below = view.innerHeight - anchor.bottom - EDGE;
    const above = anchor.top - EDGE;
    if (!this.above && below < this.offsetHeight && below < above) this.above = true;
    this.style.maxHeight = `${Math.max(96, this.above ? above : below)}px`; // by CSSOM, as the pages' policy wants
  }

  get #items(): HTMLElement[] {
    return [...this.renderRoot.querySelectorAll<HTMLElement>('button')];
  }

  #leave(focus: boolean): void {
    if (this.#left) return;
    this.#left = true;
    this.emit('leave', focus);
  }

  #pick(reason: Reason | undefined): void {
    if (!reason || this.#left) return;
    this.#left = true;
    this.emit('pick', reason.id);
  }

  #keys(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const items = this.#items;
    const at = items.indexOf(this.shadowRoot?.activeElement as HTMLElement);
    const digit = digitOf(event);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 }[event.key] ?? null;
    if (digit !== null) this.#pick(this.reasons[digit]);
    else if (to !== null) items[to % items.length]?.focus();
    else if (event.key === 'Escape') this.#leave(true);
    else if (event.key === 'Tab') this.#leave(false);
    event.stopPropagation(); // single keys of the page below are not meant
    if (!['Enter', ' ', 'Tab'].includes(event.key)) event.preventDefault();
  }

  override render() {
    return html`<p aria-hidden="true">${this.label}</p>
      <div
        role="menu"
        aria-label=${this.label}
        @keydown=${this.#keys}
        @focusout=${(event: FocusEvent) => {
          const to = event.relatedTarget;
          if (to instanceof Node && !this.renderRoot.contains(to)) this.#leave(false);
        }}
      >
        ${this.reasons.map(
          (reason, i) => html`<button
            type="button"
            role="menuitemradio"
            tabindex="-1"
            aria-checked=${reason.id === this.current ? 'true' : 'false'}
            aria-keyshortcuts=${i < 9 ? String(i + 1) : nothing}
            @click=${() => this.#pick(reason)}
          >
            ${i < 9 ? html`<kbd aria-hidden="true">${i + 1}</kbd>` : html`<kbd class="none"></kbd>`}<span>${reason.label}</span>${
              reason.id === this.current ? icon('check', 16) : nothing
            }
          </button>`,
        )}
      </div>`;
  }
}
define('tez-calls-reasons', TezCallsReasons);
