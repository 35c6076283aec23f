import { css, html, nothing, type PropertyValues } from 'lit';
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

/** So long an accepted sign-in may take until the topic says what came of it, before it can be tried again: the server waits for 15 s. */
const OUTCOME_MS = 16_000;

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
  /** Accepted, and not decided yet. */
  @state() private sent = false;
  /** The service's `since` when it was sent: what is told with another one answers it. */
  #before: string | null = null;
  /** What the store told last: it is said once, however late. */
  #told: Fault | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  @query('form') private form!: HTMLFormElement | null;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#await(false);
  }

  #await(on: boolean): void {
    clearTimeout(this.#timer);
    this.sent = on;
    if (on) this.#timer = setTimeout(() => this.#await(false), OUTCOME_MS);
  }

  /** The contact centre takes a sign-in first and refuses it later: a number of a telephone, for one. */
  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('view') || !this.view) return;
    const { fault, calls } = this.view;
    const { service } = calls;
    const refused = fault?.action === 'sign_in' && fault !== this.#told ? fault : null;
    this.#told = fault;
    const over = (service.state === 'off' || service.state === 'refused') && service.since !== this.#before;
    const ended = this.sent && over && service.why ? service.why : null;
    const late = refused ?? (ended && { code: ended, message: null, field: '', action: 'sign_in' });
    if (!late) return;
    this.#await(false);
    this.#failed(late);
  }

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
    this.#before = view?.calls.service.since ?? null;
    this.#await(true);
    const fault = await store.signIn({ ...(known === null ? { agent } : {}), extension, password });
    if (!fault) return;
    this.#await(false);
    this.#failed(fault);
  };

  #failed(fault: Fault): void {
    const field = fault.field || fields[fault.code] || '';
    const named = ['agent', 'extension', 'password'].includes(field);
    // Whose number is proven is not told that it may be wrong.
    const sure = fault.code === 'finesse_wrong_password' && (this.view?.config?.agent ?? null) !== null;
    this.fault = { text: sure ? t('wrongPassword') : faultText(fault), field };
    const at = named ? this.form?.querySelector<HTMLInputElement>(`[name=${field}]`) : null;
    if (field === 'password' && at) at.value = '';
    at?.focus();
  }

  get #busy(): boolean {
    const { view } = this;
    const asked = view?.pending.some(({ action }) => action === 'sign_in') ?? false;
    return this.sent || asked || view?.calls.service.state === 'connecting';
  }

  override render() {
    const { view } = this;
    if (!view) return nothing;
    const { service, agent } = view.calls;
    const known = view.config?.agent ?? null;
    // Why it was cut off, or came to nothing, unless that stands below already.
    const said =
      !this.fault && !this.#busy && (service.state === 'refused' || (service.state === 'off' && service.why));
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
      ${said ? html`<p class="why">${whyText(service.why ?? '')}</p>` : nothing}
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
