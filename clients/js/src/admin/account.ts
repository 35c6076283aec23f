import { css, html, nothing } from 'lit';
import { query, state } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import '../ui/button';
import '../ui/dialog';
import type { TezDialog } from '../ui/dialog';
import { base, define } from '../ui/element';
import '../ui/field';
import { HttpError } from '../inbox/session';
import { reasonOf } from './api';
import { DeskElement } from './element';
import { formStyles } from './form';
import { PASSWORD_MIN, passwordField } from './password';
import { t } from './strings';
import { type Right, rights } from './types';

/** As web/people.py wants it. */
const LOGIN = /^[^\s,;]{1,255}$/;

interface Faults {
  name?: string;
  password?: string;
  display_name?: string;
  form?: string;
}

/** <tez-new-account .desk>: the dialog that makes a local account. What was typed stays until it is done or cancelled. */
export class TezNewAccount extends DeskElement {
  static override styles = [
    base,
    formStyles,
    css`
      fieldset {
        display: grid;
        gap: 2px;
        margin: 0;
        padding: 0;
        border: 0;
      }
      legend {
        margin-bottom: var(--tez-1);
        padding: 0;
        color: var(--tez-text-2);
        font-size: var(--tez-s);
        font-weight: 550;
      }
      .check {
        display: flex;
        align-items: center;
        gap: var(--tez-2);
        min-height: 28px;
        color: var(--tez-text);
      }
      .check input {
        width: 16px;
        height: 16px;
        margin: 0;
        accent-color: var(--tez-accent);
      }
    `,
  ];

  @state() private faults: Faults = {};
  @state() private busy = false;
  @state() private opened = 0;
  @query('tez-dialog') private dialog!: TezDialog;
  @query('form') private form!: HTMLFormElement;

  open(): void {
    this.faults = {};
    this.dialog.show();
    this.renderRoot.querySelector<HTMLElement>('[name=name]')?.focus();
  }

  #value(name: string): string {
    return this.renderRoot.querySelector<HTMLElement & { value: string }>(`[name=${name}]`)?.value ?? '';
  }

  #send = async (event: Event): Promise<void> => {
    event.preventDefault();
    const desk = this.desk;
    if (!desk || this.busy) return;
    const name = this.#value('name').trim();
    const display_name = this.#value('display_name').trim();
    const password = this.#value('password');
    this.faults = {
      ...(LOGIN.test(name) ? {} : { name: name ? t('loginHint') : t('fillIn') }),
      ...(password.length >= PASSWORD_MIN ? {} : { password: t('passwordShort') }),
    };
    if (this.#toFault()) return;
    if (desk.offline) {
      this.faults = { form: t('noLinkAct') };
      return;
    }
    const permissions = rights.filter((right) => this.form.querySelector<HTMLInputElement>(`#right-${right}`)?.checked);
    this.busy = true;
    try {
      const made = await desk.api.add({ name, display_name, password, permissions: permissions as Right[] });
      this.dialog.close();
      this.opened++; // a fresh form, so that the password stays nowhere
      desk.done(t('created', { name: display_name || name }));
      desk.lists.people.refresh();
      if (made?.id !== undefined) desk.go({ person: made.id });
    } catch (error) {
      const field = error instanceof HttpError ? error.field : undefined;
      const text = reasonOf(error);
      this.faults =
        field === 'name' || field === 'password' || field === 'display_name' ? { [field]: text } : { form: text };
      this.#toFault();
    } finally {
      this.busy = false;
    }
  };

  /** Puts the focus on the first field with a fault; false when there is none. */
  #toFault(): boolean {
    const first = (['name', 'display_name', 'password'] as const).find((name) => this.faults[name]);
    if (first) this.renderRoot.querySelector<HTMLElement>(`[name=${first}]`)?.focus();
    return first !== undefined;
  }

  override render() {
    return html`<tez-dialog .heading=${t('newAccount')}>
      <p>${t('newAccountText')}</p>
      ${keyed(this.opened, this.#form())}
      <tez-button slot="actions" @click=${() => this.dialog.close()}>${t('cancel')}</tez-button>
      <tez-button slot="actions" variant="primary" .busy=${this.busy} @click=${this.#send}>${t('create')}</tez-button>
    </tez-dialog>`;
  }

  #form() {
    return html`<form novalidate autocomplete="off" @submit=${this.#send}>
      <tez-field name="name" .label=${t('login')} .hint=${t('loginHint')} .error=${this.faults.name ?? ''}></tez-field>
      <tez-field name="display_name" .label=${t('display_name')} .error=${this.faults.display_name ?? ''}></tez-field>
      ${passwordField(this.faults.password ?? '')}
      <fieldset>
        <legend>${t('rightsOf')}</legend>
        ${rights.map(
          (right) => html`<label class="check" title=${t(`about_${right}`)}
            ><input type="checkbox" id="right-${right}" />${t(`right_${right}`)}</label
          >`,
        )}
      </fieldset>
      <div role="alert">${this.faults.form ? html`<p class="fault">${this.faults.form}</p>` : nothing}</div>
    </form>`;
  }
}
define('tez-new-account', TezNewAccount);
