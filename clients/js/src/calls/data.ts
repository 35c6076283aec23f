import { css, html, nothing } from 'lit';
import { property, state } from 'lit/decorators.js';
import { base, define, TezElement } from '../ui/element';
import { controls } from '../ui/sheets';
import { glyph } from './icons';
import { can, settable, variables } from './look';
import type { CallStore, View } from './store';
import { t } from './strings';
import { keyStyles } from './styles';
import type { Dialog } from './types';
import { barredText, variableText } from './words';

const MOST = 4; // in sight before "all"

/** <tez-calls-data .dialog .store .view>: the variables that came with the call; those of the agent's own can be changed. */
export class TezCallsData extends TezElement {
  static override styles = [
    base,
    controls,
    keyStyles,
    css`
      :host {
        display: block;
      }
      .top {
        display: flex;
        align-items: center;
        justify-content: space-between;
        min-height: 28px;
      }
      dl {
        display: grid;
        grid-template-columns: minmax(0, 2fr) minmax(0, 3fr);
        gap: 4px 10px;
        margin: 0;
        font-size: var(--tez-s);
      }
      dt {
        color: var(--tez-text-3);
        overflow-wrap: anywhere;
      }
      dd {
        margin: 0;
        overflow-wrap: anywhere;
      }
      label {
        display: grid;
        gap: 2px;
        margin-bottom: 6px;
        color: var(--tez-text-2);
        font-size: var(--tez-s);
        overflow-wrap: anywhere;
      }
      .row {
        display: flex;
        gap: 6px;
      }
    `,
  ];

  @property({ attribute: false }) dialog: Dialog | null = null;
  @property({ attribute: false }) store: CallStore | null = null;
  @property({ attribute: false }) view: View | null = null;
  @state() private all = false;
  @state() private editing = false;

  async #edit(on: boolean): Promise<void> {
    this.editing = on;
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>(on ? 'input' : '[data-key=edit]')?.focus();
  }

  #save = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { dialog, store } = this;
    if (!dialog || !store) return;
    const changed: Record<string, string> = {};
    for (const input of this.renderRoot.querySelectorAll<HTMLInputElement>('input'))
      if (input.value !== (dialog.variables[input.name] ?? '')) changed[input.name] = input.value;
    // What was typed stays in sight when it could not be sent.
    if (Object.keys(changed).length && (await store.act(dialog.id, 'variables', { variables: changed }))) return;
    await this.#edit(false);
  };

  /** Nothing to show takes no room either. */
  protected override updated(): void {
    this.hidden = !this.shadowRoot?.childElementCount;
  }

  override render() {
    const { dialog } = this;
    if (!dialog) return nothing;
    const filled = variables(dialog);
    const may = can(dialog, 'UPDATE_CALL_DATA') && Object.keys(dialog.variables).some(settable);
    if (!filled.length && !may) return nothing;
    if (this.editing && may) return this.#form(dialog);
    const barred = this.view?.barred;
    const shown = this.all ? filled : filled.slice(0, MOST);
    return html`<div class="top">
        <h3>${t('data')}</h3>
        ${
          may
            ? html`<button class="btn ghost icon small" type="button" data-key="edit" aria-label=${t('editData')} aria-disabled=${barred ? 'true' : 'false'} title=${barred ? barredText(barred) : t('editData')} @click=${() => this.store?.stopped('variables') || void this.#edit(true)}>
                ${glyph('edit', 16)}
              </button>`
            : nothing
        }
      </div>
      <dl>${shown.map(([name, value]) => html`<dt title=${name}>${variableText(name)}</dt><dd>${value}</dd>`)}</dl>
      ${
        filled.length > MOST
          ? html`<button
              class="btn ghost small"
              type="button"
              aria-expanded=${this.all ? 'true' : 'false'}
              @click=${() => {
                this.all = !this.all;
              }}
            >
              ${this.all ? t('less') : t('moreData', { n: filled.length - MOST })}
            </button>`
          : nothing
      }`;
  }

  #form(dialog: Dialog) {
    return html`<form
      @submit=${this.#save}
      @keydown=${(event: KeyboardEvent) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        void this.#edit(false);
      }}
    >
      ${Object.keys(dialog.variables)
        .filter(settable)
        .map(
          (name) => html`<label
            ><span title=${name}>${variableText(name)}</span
            ><input class="control" name=${name} maxlength=${name.startsWith('user.') ? 210 : 40} value=${dialog.variables[name] ?? ''}
          /></label>`,
        )}
      <div class="row">
        <button class="btn small primary" type="submit" aria-disabled=${this.view?.barred ? 'true' : 'false'}>${t('save')}</button>
        <button class="btn small" type="button" @click=${() => void this.#edit(false)}>${t('cancel')}</button>
      </div>
    </form>`;
  }
}
define('tez-calls-data', TezCallsData);
