import { css, html } from 'lit';
import { property, query } from 'lit/decorators.js';
import { base, define, TezElement } from './element';
import { icon } from './icons';
import { t } from './strings';

/**
 * <tez-dialog heading="…">: a native modal dialog. `show()` opens it, `close()` or Escape closes it and gives the focus back
 * to where it was. Fires `close`. Slots: default and `actions`.
 */
export class TezDialog extends TezElement {
  static override styles = [
    base,
    css`
      dialog {
        width: min(calc(var(--tez-rem) * 30), calc(100vw - 16px));
        max-height: calc(100dvh - 16px);
        padding: 0;
        overflow: auto;
        border: 0;
        border-radius: var(--tez-radius-l);
        background: var(--tez-raised);
        color: var(--tez-text);
        box-shadow: var(--tez-shadow-l);
      }
      dialog::backdrop {
        background: var(--tez-scrim);
      }
      .top {
        display: flex;
        align-items: flex-start;
        gap: var(--tez-2);
        padding: var(--tez-4) var(--tez-3) 0 var(--tez-5);
      }
      h2 {
        flex: 1;
        margin: 3px 0 0;
        font-size: var(--tez-l);
        font-weight: 650;
        line-height: 1.35;
      }
      .body {
        padding: var(--tez-2) var(--tez-5) var(--tez-4);
        color: var(--tez-text-2);
      }
      footer {
        display: flex;
        flex-wrap: wrap;
        justify-content: flex-end;
        gap: var(--tez-2);
        padding: 0 var(--tez-5) var(--tez-5);
      }
      @media (forced-colors: active) {
        dialog {
          border: 2px solid CanvasText;
        }
      }
    `,
  ];

  @property() heading = '';
  @query('dialog') private dialog!: HTMLDialogElement;
  #opener: HTMLElement | null = null;

  get open(): boolean {
    return this.dialog?.open ?? false;
  }

  show(): void {
    if (this.open) return;
    this.#opener = focused();
    this.dialog.showModal();
  }

  close(): void {
    this.dialog.close();
  }

  override render() {
    return html`<dialog
      aria-labelledby="heading"
      @close=${() => {
        if (this.#opener?.isConnected) this.#opener.focus();
        this.#opener = null;
        this.emit('close');
      }}
      @click=${(event: MouseEvent) => event.target === this.dialog && this.close()}
    >
      <div class="top">
        <h2 id="heading">${this.heading}</h2>
        <button class="btn ghost icon small" aria-label=${t('close')} title=${t('close')} @click=${this.close}>
          ${icon('close', 16)}
        </button>
      </div>
      <div class="body"><slot></slot></div>
      <footer><slot name="actions"></slot></footer>
    </dialog>`;
  }
}
define('tez-dialog', TezDialog);

/** The focused element, looked up through shadow roots. */
export function focused(): HTMLElement | null {
  let at: Element | null = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at instanceof HTMLElement ? at : null;
}
