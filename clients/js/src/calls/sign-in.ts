import { css, html, nothing } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import '../ui/button';
import { base, define, TezElement } from '../ui/element';
import { controls } from '../ui/sheets';
import { dialable } from './look';
import type { CallStore, Fault, View } from './store';
import { isKey, t } from './strings';
import { keyStyles } from './styles';
import { faultText } from './words';

/** Whose fault it is, when the server names no field. */
const fields: Readonly<Record<string, string>> = {
  finesse_wrong_password: 'password',
  finesse_device_invalid: 'extension',
  finesse_not_theirs: 'agent',
  finesse_not_found: 'agent',
};

/** <tez-calls-sign-in .store .view>: takes the agent to work. What was typed stays when it fails; the password is kept nowhere. */
export class TezCallsSignIn extends TezElement {
  static override styles = [
    base,
    controls,
    keyStyles,
    css`
      :host {
        display: block;
      }
      form {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: var(--tez-3);
      }
      h2 {
        font-size: var(--tez-l);
      }
      label {
        display: grid;
        gap: 4px;
        color: var(--tez-text-2);
        font-size: var(--tez-s);
        font-weight: 550;
      }
      .control {
        width: 100%;
        min-height: calc(var(--tez-control) + 4px);
        background: var(--tez-surface);
      }
      p {
        margin: 0;
      }
      .why {
        padding: var(--tez-2) var(--tez-3);
        border-radius: var(--tez-radius);
        background: var(--tez-warn-soft);
        color: var(--tez-warn);
        font-size: var(--tez-s);
      }
      .go {
        min-height: var(--tez-touch);
      }
    `,
  ];

  @property({ attribute: false }) store: CallStore | null = null;
  @property({ attribute: false }) view: View | null = null;
  @state() private fault: { text: string; field: string } | null = null;
  @query('form') private form!: HTMLFormElement | null;

  #value(name: string): string {
    return this.form?.querySelector<HTMLInputElement>(`[name=${name}]`)?.value.trim() ?? '';
  }

  #wrong(field: string, text: string): void {
    this.fault = { text, field };
    void this.updateComplete.then(() => this.form?.querySelector<HTMLElement>(`[name=${field}]`)?.focus());
  }

  #send = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { store, view } = this;
    if (!store || this.#busy) return;
    const known = view?.config?.agent ?? null;
    const agent = known ?? this.#value('agent');
    const extension = dialable(this.#value('extension'));
    const password = this.form?.querySelector<HTMLInputElement>('[name=password]')?.value ?? '';
    if (!agent) return this.#wrong('agent', t('agentNeeded'));
    if (!extension) return this.#wrong('extension', t('extensionNeeded'));
    if (!password) return this.#wrong('password', t('passwordNeeded'));
    this.fault = null;
    const fault = await store.signIn({ ...(known === null ? { agent } : {}), extension, password });
    if (fault) this.#failed(fault);
  };

  #failed(fault: Fault): void {
    const field = fault.field || fields[fault.code] || '';
    const named = ['agent', 'extension', 'password'].includes(field);
    this.fault = { text: faultText(fault), field };
    const at = named ? this.form?.querySelector<HTMLInputElement>(`[name=${field}]`) : null;
    if (field === 'password' && at) at.value = '';
    at?.focus();
  }

  get #busy(): boolean {
    const { view } = this;
    return (
      (view?.pending.some(({ action }) => action === 'sign_in') || view?.calls.service.state === 'connecting') ?? false
    );
  }

  override render() {
    const { view } = this;
    if (!view) return nothing;
    const { service, agent } = view.calls;
    const known = view.config?.agent ?? null;
    const bad = (name: string) => (this.fault?.field === name ? 'true' : nothing);
    const described = (name: string) => (this.fault?.field === name ? 'fault' : nothing);
    const input = (name: 'agent' | 'extension' | 'password', label: string, more: { value?: string; type?: string }) =>
      html`<label
        ><span>${label}</span
        ><input
          class="control"
          name=${name}
          type=${more.type ?? 'text'}
          inputmode=${name === 'extension' ? 'tel' : nothing}
          autocomplete=${name === 'password' ? 'current-password' : 'off'}
          spellcheck="false"
          .value=${more.value ?? ''}
          aria-invalid=${bad(name)}
          aria-describedby=${described(name)}
        />
      </label>`;
    return html`<form novalidate @submit=${this.#send}>
      <h2>${t('signInTitle')}</h2>
      ${service.state === 'refused' ? html`<p class="why">${whyText(service.why ?? '')}</p>` : nothing}
      ${
        service.why === 'finesse_replaced'
          ? html`<button class="btn key primary" type="button" data-key="take-back" @click=${() => void this.store?.refresh()}>
              ${view.pending.some(({ action }) => action === 'refresh') ? html`<span class="spin"></span>` : nothing}${t('takeBack')}
            </button>`
          : nothing
      }
      ${known === null ? input('agent', t('agentId'), {}) : html`<p class="muted">${t('agentIs', { id: known })}</p>`}
      ${input('extension', t('extension'), { value: agent?.extension || view.config?.extension || '' })}
      ${input('password', t('password'), { type: 'password' })}
      <p class="fault" id="fault" role="alert">${this.fault?.text ?? ''}</p>
      <button class="btn key ${service.why === 'finesse_replaced' ? '' : 'primary'}" type="submit" aria-disabled=${this.#busy ? 'true' : 'false'}>
        ${this.#busy ? html`<span class="spin"></span>` : nothing}${this.#busy ? t('signingIn') : t('signIn')}
      </button>
    </form>`;
  }
}
define('tez-calls-sign-in', TezCallsSignIn);

/** Why the telephone was cut off. */
function whyText(code: string): string {
  for (const key of [`why_${code}`, `fault_${code}`]) if (isKey(key)) return t(key);
  return t('why_unknown');
}
