import { css, html } from 'lit';
import { property } from 'lit/decorators.js';
import { base, define, TezElement } from './element';

/**
 * <tez-button variant="primary|danger|ghost" busy disabled>: a button that keeps the focus while it is busy or disabled,
 * because a focused control that vanishes throws the keyboard back to the top of the page.
 */
export class TezButton extends TezElement {
  static override shadowRootOptions: ShadowRootInit = { mode: 'open', delegatesFocus: true };
  static override styles = [
    base,
    css`
      :host {
        display: inline-block;
      }
      .btn {
        width: 100%;
      }
      .spin {
        width: 12px;
        height: 12px;
        border: 2px solid currentColor;
        border-right-color: transparent;
        border-radius: 50%;
        animation: turn 0.8s linear infinite;
      }
      @keyframes turn {
        to {
          transform: rotate(1turn);
        }
      }
    `,
  ];

  @property() variant: 'default' | 'primary' | 'danger' | 'ghost' = 'default';
  @property() size: 'normal' | 'small' = 'normal';
  @property() type: 'button' | 'submit' = 'button';
  @property({ type: Boolean }) busy = false;
  @property({ type: Boolean }) disabled = false;

  constructor() {
    super();
    this.addEventListener('click', (event) => {
      if (this.busy || this.disabled) {
        event.preventDefault();
        event.stopImmediatePropagation();
      } else if (this.type === 'submit') this.closest('form')?.requestSubmit();
    });
  }

  override render() {
    return html`<button
      type="button"
      class="btn ${this.variant} ${this.size}"
      aria-disabled=${this.busy || this.disabled ? 'true' : 'false'}
      aria-busy=${this.busy ? 'true' : 'false'}
    >
      ${this.busy ? html`<span class="spin"></span>` : ''}<slot></slot>
    </button>`;
  }
}
define('tez-button', TezButton);
