import { css, html, nothing } from 'lit';
import { property, query } from 'lit/decorators.js';
import { base, define, TezElement } from './element';

/** <tez-field label hint error name type value required>: one line of input with its label; takes part in forms by its name. */
export class TezField extends TezElement {
  static formAssociated = true;
  static override shadowRootOptions: ShadowRootInit = { mode: 'open', delegatesFocus: true };
  static override styles = [
    base,
    css`
      :host {
        display: block;
      }
      label {
        display: block;
        margin-bottom: var(--tez-1);
        color: var(--tez-text-2);
        font-size: var(--tez-s);
        font-weight: 550;
      }
      input {
        width: 100%;
        height: var(--tez-control);
        padding: 0 10px;
        border: 1px solid var(--tez-line-strong);
        border-radius: var(--tez-radius);
        background: var(--tez-surface);
        color: var(--tez-text);
        font: inherit;
        font-size: var(--tez-m);
      }
      input:focus-visible {
        outline-offset: -1px;
        border-color: var(--tez-focus);
      }
      input::placeholder {
        color: var(--tez-text-3);
        opacity: 1;
      }
      input:disabled {
        background: var(--tez-sunken);
        color: var(--tez-text-3);
      }
      input[aria-invalid='true'] {
        border-color: var(--tez-bad);
      }
      p {
        margin: var(--tez-1) 0 0;
        color: var(--tez-text-3);
        font-size: var(--tez-s);
      }
      .error {
        color: var(--tez-bad);
      }
    `,
  ];

  @property() label = '';
  @property() hint = '';
  @property() error = '';
  @property() name = '';
  @property() type = 'text';
  @property() value = '';
  @property() placeholder = '';
  @property() min = '';
  @property({ type: Boolean }) required = false;
  @property({ type: Boolean }) disabled = false;
  @query('input') private input!: HTMLInputElement;

  #internals = this.attachInternals?.();

  protected override updated(): void {
    this.#internals?.setFormValue?.(this.value);
  }

  override render() {
    const notes = [this.error && 'error', this.hint && 'hint'].filter(Boolean).join(' ');
    return html`<label for="input">${this.label}</label>
      <input
        id="input"
        type=${this.type}
        .value=${this.value}
        placeholder=${this.placeholder || nothing}
        min=${this.min || nothing}
        ?required=${this.required}
        ?disabled=${this.disabled}
        aria-invalid=${this.error ? 'true' : nothing}
        aria-describedby=${notes || nothing}
        @input=${() => {
          this.value = this.input.value;
        }}
        @change=${() => this.emit('change')}
        @keydown=${(event: KeyboardEvent) => {
          const form = this.closest('form');
          if (event.key !== 'Enter' || event.isComposing || !form) return;
          event.preventDefault(); // a dialog that closes gives the focus back, and what had it must not take this key for its own
          form.requestSubmit();
        }}
      />
      ${this.error ? html`<p class="error" id="error">${this.error}</p>` : ''}
      ${this.hint ? html`<p id="hint">${this.hint}</p>` : ''}`;
  }
}
define('tez-field', TezField);
