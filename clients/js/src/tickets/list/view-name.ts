import { html } from 'lit';
import { query, state } from 'lit/decorators.js';
import '../../ui/dialog';
import type { TezDialog } from '../../ui/dialog';
import { base, define, TezElement } from '../../ui/element';
import '../../ui/field';
import type { TezField } from '../../ui/field';
import { t } from './strings';

const MOST = 60;

/** <nav-view-name>: asks what a view is called; `ask()` opens it and answers with the name, or null when it was closed. */
export class NavViewName extends TezElement {
  static override styles = [base];

  @state() private error = '';
  @query('tez-dialog') private dialog!: TezDialog;
  @query('tez-field') private field!: TezField;
  #answer: ((name: string | null) => void) | undefined;

  get open(): boolean {
    return this.dialog?.open ?? false;
  }

  ask(name = ''): Promise<string | null> {
    this.#settle(null);
    this.field.value = name;
    this.error = '';
    this.dialog.show();
    this.field.focus();
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  #settle(name: string | null): void {
    this.#answer?.(name);
    this.#answer = undefined;
  }

  #save(event: Event): void {
    event.preventDefault();
    const name = this.field.value.trim();
    this.error = name ? (name.length > MOST ? t('viewNameLong', { most: MOST }) : '') : t('viewNameMissing');
    if (this.error) {
      this.field.focus();
      return;
    }
    this.#settle(name);
    this.dialog.close();
  }

  override render() {
    return html`<tez-dialog .heading=${t('saveViewTitle')} @close=${() => this.#settle(null)}>
      <form id="form" novalidate @submit=${this.#save}>
        <tez-field name="name" .label=${t('viewName')} .hint=${t('saveViewText')} .error=${this.error}></tez-field>
      </form>
      <button slot="actions" class="btn" @click=${() => this.dialog.close()}>${t('cancel')}</button>
      <button slot="actions" class="btn primary" type="submit" form="form">${t('save')}</button>
    </tez-dialog>`;
  }
}
define('nav-view-name', NavViewName);
