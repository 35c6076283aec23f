import { html, nothing } from 'lit';
import { query, state } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import '../ui/button';
import '../ui/dialog';
import type { TezDialog } from '../ui/dialog';
import { base, define } from '../ui/element';
import type { TezField } from '../ui/field';
import { reasonOf } from './api';
import { DeskElement } from './element';
import { formStyles } from './form';
import { PASSWORD_MIN, passwordField } from './password';
import { t } from './strings';
import { nameOf } from './types';

interface Whom {
  readonly id: number;
  readonly name: string;
  readonly display_name: string;
}

/** <tez-new-password .desk>: the dialog that sets the password of a local account; `open(person)` shows it. */
export class TezNewPassword extends DeskElement {
  static override styles = [base, formStyles];

  @state() private whom: Whom | null = null;
  @state() private fault = '';
  @state() private busy = false;
  @state() private opened = 0;
  @query('tez-dialog') private dialog!: TezDialog;

  open(whom: Whom): void {
    this.whom = whom;
    this.fault = '';
    this.opened++; // a fresh field: no password of another person in it
    this.dialog.show();
    void this.updateComplete.then(() => this.#field?.focus());
  }

  get #field(): TezField | null {
    return this.renderRoot.querySelector<TezField>('tez-field');
  }

  #send = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { desk, whom } = this;
    const password = this.#field?.value ?? '';
    if (!desk || !whom || this.busy) return;
    this.fault = desk.offline ? t('noLinkAct') : password.length < PASSWORD_MIN ? t('passwordShort') : '';
    if (this.fault) {
      this.#field?.focus();
      return;
    }
    this.busy = true;
    try {
      await desk.api.setPassword(whom.id, password);
      this.dialog.close();
      desk.done(t('passwordSet', { name: nameOf(whom) }));
      desk.card.refresh();
    } catch (error) {
      this.fault = reasonOf(error);
    } finally {
      this.busy = false;
    }
  };

  override render() {
    return html`<tez-dialog .heading=${t('setPasswordTitle', { name: this.whom ? nameOf(this.whom) : '' })}>
      <p>${t('setPasswordText')}</p>
      ${this.whom ? keyed(this.opened, html`<form novalidate @submit=${this.#send}>${passwordField(this.fault)}</form>`) : nothing}
      <tez-button slot="actions" @click=${() => this.dialog.close()}>${t('cancel')}</tez-button>
      <tez-button slot="actions" variant="primary" .busy=${this.busy} @click=${this.#send}>${t('save')}</tez-button>
    </tez-dialog>`;
  }
}
define('tez-new-password', TezNewPassword);
