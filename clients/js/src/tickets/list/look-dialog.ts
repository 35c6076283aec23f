import { css, html } from 'lit';
import { property, query } from 'lit/decorators.js';
import '../../ui/dialog';
import type { TezDialog } from '../../ui/dialog';
import { base, define, TezElement } from '../../ui/element';
import { columns, fixed, type Look, usualLook } from './look';
import { t } from './strings';

/** <nav-list-look .look>: columns, density and where a ticket opens. Fires `look` with each change; `show()` opens it. */
export class NavListLook extends TezElement {
  static override styles = [
    base,
    css`
      fieldset {
        margin: var(--tez-2) 0 var(--tez-3);
        padding: 0;
        border: 0;
      }
      legend {
        padding: 0;
        color: var(--tez-text-2);
        font-size: var(--tez-s);
        font-weight: 600;
      }
      .many {
        columns: 2;
      }
      label {
        display: flex;
        align-items: center;
        gap: var(--tez-2);
        min-height: 28px;
        color: var(--tez-text);
        break-inside: avoid;
      }
      input {
        flex: none;
        width: 16px;
        height: 16px;
        accent-color: var(--tez-accent);
      }
    `,
  ];

  @property({ attribute: false }) look: Look = usualLook;
  @query('tez-dialog') private dialog!: TezDialog;

  get open(): boolean {
    return this.dialog?.open ?? false;
  }

  show(): void {
    this.dialog.show();
  }

  #set(change: Partial<Look>): void {
    this.look = { ...this.look, ...change };
    this.emit('look', this.look);
  }

  override render() {
    const { look } = this;
    return html`<tez-dialog .heading=${t('look')}>
      <fieldset>
        <legend>${t('columns')}</legend>
        <div class="many">
          ${columns
            .filter((key) => !fixed.has(key))
            .map(
              (key) => html`<label
                ><input
                  type="checkbox"
                  .checked=${look.columns.includes(key)}
                  @change=${(event: Event) => {
                    const on = (event.target as HTMLInputElement).checked;
                    this.#set({ columns: columns.filter((one) => (one === key ? on : look.columns.includes(one))) });
                  }}
                />${t(key)}</label
              >`,
            )}
        </div>
      </fieldset>
      <fieldset>
        <legend>${t('density')}</legend>
        ${[false, true].map(
          (dense) => html`<label
            ><input type="radio" name="dense" .checked=${look.dense === dense} @change=${() => this.#set({ dense })} />${t(
              dense ? 'dense' : 'roomy',
            )}</label
          >`,
        )}
      </fieldset>
      <fieldset>
        <legend>${t('besideWhy')}</legend>
        <label
          ><input
            type="checkbox"
            .checked=${look.beside}
            @change=${(event: Event) => this.#set({ beside: (event.target as HTMLInputElement).checked })}
          />${t('beside')}</label
        >
      </fieldset>
    </tez-dialog>`;
  }
}
define('nav-list-look', NavListLook);
