import { html, nothing } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import '../ui/button';
import '../ui/dialog';
import type { TezDialog } from '../ui/dialog';
import { base, define, TezElement } from '../ui/element';
import { controls } from '../ui/sheets';
import { faultOf } from './api';
import { dialogStyles } from './dialog-styles';
import { type ImportAnswer, type Mistake, mistakesOf, type SetupApi } from './setup-api';
import { t } from './setup-strings';
import { setupDialogStyles } from './setup-styles';

const MOST_BYTES = 4_000_000;
const MOST_SHOWN = 100;

/** TOML has tables in brackets or `name = value`; anything else is taken for CSV. */
export function formatOf(text: string, file = ''): 'toml' | 'csv' {
  if (/\.csv$/i.test(file)) return 'csv';
  if (/\.toml$/i.test(file)) return 'toml';
  return /^\s*(\[|[A-Za-z_]+\s*=)/m.test(text) ? 'toml' : 'csv';
}

/** <nav-network-import .api>: a list of hosts from a file or the clipboard; says what would change before anything does. `ask()` opens it. Fires `done`. */
export class NavNetworkImport extends TezElement {
  static override styles = [base, controls, dialogStyles, setupDialogStyles];

  @property({ attribute: false }) api: SetupApi | null = null;
  @state() private text = '';
  @state() private plan: ImportAnswer | null = null;
  @state() private mistakes: readonly Mistake[] = [];
  @state() private fault = '';
  @state() private busy = false;
  @query('tez-dialog') private dialog!: TezDialog | null;
  @query('textarea') private area!: HTMLTextAreaElement;
  #file = '';

  get open(): boolean {
    return this.dialog?.open ?? false;
  }

  async ask(): Promise<void> {
    Object.assign(this, { text: '', plan: null, mistakes: [], fault: '', busy: false });
    this.#file = '';
    await this.updateComplete;
    const file = this.renderRoot.querySelector<HTMLInputElement>('[type=file]');
    if (file) file.value = '';
    this.dialog?.show();
    this.area.focus();
  }

  /** Another text: what was said of the last one counts for nothing. */
  #write(text: string, file = ''): void {
    this.text = text;
    this.#file = file;
    this.plan = null;
    this.mistakes = [];
    this.fault = '';
  }

  #read = async (event: Event): Promise<void> => {
    const file = (event.target as HTMLInputElement).files?.[0];
    if (!file) return;
    if (file.size > MOST_BYTES) this.fault = t('tooLarge');
    else this.#write(await file.text(), file.name);
  };

  async #send(dry: boolean): Promise<void> {
    const { api, text } = this;
    if (!api || this.busy) return;
    if (!text.trim()) {
      this.fault = t('nothingToImport');
      this.area.focus();
      return;
    }
    this.busy = true;
    this.fault = '';
    this.mistakes = [];
    try {
      const answer = await api.bring(text, formatOf(text, this.#file), dry);
      if (dry) this.plan = answer;
      else {
        this.dialog?.close();
        this.emit('done', t('imported', { n: answer.added.length + answer.changed.length }));
      }
    } catch (error) {
      this.plan = null;
      this.mistakes = mistakesOf(error);
      this.fault = this.mistakes.length ? t('mistakes', { n: this.mistakes.length }) : faultOf(error);
    } finally {
      this.busy = false;
    }
  }

  override render() {
    const { plan } = this;
    return html`<tez-dialog class="wide" .heading=${t('importTitle')}>
      <form id="form" novalidate @submit=${(event: Event) => event.preventDefault()}>
        <p>${t('importText')}</p>
        <label class="field"
          ><span>${t('fromFile')}</span><input type="file" accept=".toml,.csv,text/csv,application/toml" @change=${this.#read}
        /></label>
        <label class="field"
          ><span>${t('orPaste')}</span
          ><textarea
            class="control code"
            rows="10"
            spellcheck="false"
            .value=${this.text}
            aria-invalid=${this.fault ? 'true' : nothing}
            aria-describedby=${this.fault ? 'fault' : nothing}
            @input=${() => this.#write(this.area.value)}
          ></textarea>
        </label>
        <p class="fault" id="fault" role="alert">${this.fault}</p>
        ${
          this.mistakes.length
            ? html`<ul class="mistakes" role="list">
                ${this.mistakes.slice(0, MOST_SHOWN).map((one) => html`<li><b>${placeOf(one)}</b> ${one.message}</li>`)}
              </ul>`
            : nothing
        }
        <div role="status">${plan ? this.#plan(plan) : nothing}</div>
      </form>
      <tez-button slot="actions" variant=${plan ? 'default' : 'primary'} ?busy=${this.busy && !plan} @click=${() => void this.#send(true)}>${t('dry')}</tez-button>
      ${plan ? html`<tez-button slot="actions" variant="primary" ?busy=${this.busy} @click=${() => void this.#send(false)}>${t('doImport')}</tez-button>` : nothing}
    </tez-dialog>`;
  }

  #plan(plan: ImportAnswer) {
    const line = (key: 'willAdd' | 'willChange' | 'willRemove', ids: readonly string[]) =>
      ids.length
        ? html`<dt>${t(key, { n: ids.length })}</dt><dd>${ids.slice(0, 30).join(', ')}${ids.length > 30 ? ` ${t('more', { n: ids.length - 30 })}` : ''}</dd>`
        : nothing;
    const none = !plan.added.length && !plan.changed.length && !plan.removed.length;
    return html`<dl class="plan">
      ${line('willAdd', plan.added)} ${line('willChange', plan.changed)} ${line('willRemove', plan.removed)}
      ${none ? html`<dt>${t('willNothing')}</dt>` : html`<dt>${t('willStay', { n: plan.same })}</dt>`}
    </dl>`;
  }
}
define('nav-network-import', NavNetworkImport);

function placeOf({ line, where, field }: Mistake): string {
  const parts = [line ? t('line', { n: String(line) }) : (where ?? ''), field ?? ''].filter(Boolean);
  return parts.length ? `${parts.join(', ')}:` : '';
}
