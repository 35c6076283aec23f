import { html, nothing } from 'lit';
import { query, state } from 'lit/decorators.js';
import '../ui/button';
import '../ui/dialog';
import type { TezDialog } from '../ui/dialog';
import { base, define, TezElement } from '../ui/element';
import '../ui/field';
import type { TezField } from '../ui/field';
import type { Question } from './desk';
import { formStyles } from './form';
import { t } from './strings';

/** <tez-confirm>: asks before what is dangerous; `ask(question)` gives whether the person agreed, having typed what was wanted. */
export class TezConfirm extends TezElement {
  static override styles = [base, formStyles];

  @state() private question: Question | null = null;
  @state() private fault = '';
  @query('tez-dialog') private dialog!: TezDialog;
  #answer: ((sure: boolean) => void) | null = null;

  /** A question put meanwhile answers an earlier one with no. */
  async ask(question: Question): Promise<boolean> {
    this.#answer?.(false);
    this.question = question;
    this.fault = '';
    await this.updateComplete;
    if (this.#field) this.#field.value = '';
    this.dialog.show();
    // The safe button first: Enter by habit must not do what cannot be undone.
    (this.#field ?? this.renderRoot.querySelector<HTMLElement>('.cancel'))?.focus();
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  get #field(): TezField | null {
    return this.renderRoot.querySelector<TezField>('tez-field');
  }

  #agree = (event: Event): void => {
    event.preventDefault();
    const typed = this.question?.typed;
    if (typed !== undefined && this.#field?.value.trim().toLowerCase() !== typed.toLowerCase()) {
      this.fault = t('typeWrong', { name: typed });
      this.#field?.focus();
      return;
    }
    this.#settle(true);
  };

  #settle(sure: boolean): void {
    const answer = this.#answer;
    this.#answer = null;
    if (this.dialog.open) this.dialog.close();
    answer?.(sure);
  }

  override render() {
    const question = this.question;
    return html`<tez-dialog .heading=${question?.heading ?? ''} @close=${() => this.#settle(false)}>
      <p>${question?.text}</p>
      ${
        question?.typed === undefined
          ? nothing
          : html`<form novalidate @submit=${this.#agree}>
              <tez-field .label=${t('typeToConfirm', { name: question.typed })} .error=${this.fault}></tez-field>
            </form>`
      }
      <tez-button slot="actions" class="cancel" @click=${() => this.#settle(false)}>${t('cancel')}</tez-button>
      <tez-button slot="actions" variant=${question?.danger ? 'danger' : 'primary'} @click=${this.#agree}>${question?.go ?? ''}</tez-button>
    </tez-dialog>`;
  }
}
define('tez-confirm', TezConfirm);
