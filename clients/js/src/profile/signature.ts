import { css, html, nothing, type PropertyValues } from 'lit';
import { state } from 'lit/decorators.js';
import { unsafeHTML } from 'lit/directives/unsafe-html.js';
import { base, define } from '../ui/element';
import '../ui/panel';
import { Section } from './section';
import { t } from './strings';
import { sectionStyles } from './styles';

export const MOST = 2000;
const PREVIEW_MS = 350; // after the last key

/** <profile-signature .store>: writing one's signature and seeing what becomes of it; whether comments carry it. */
export class ProfileSignature extends Section {
  static override styles = [
    base,
    sectionStyles,
    css`
      textarea {
        display: block;
        width: 100%;
        min-height: calc(var(--tez-rem) * 6);
        padding: var(--tez-2);
        font-family: var(--tez-mono);
        font-size: var(--tez-s);
        resize: vertical;
      }
      .under {
        margin-top: var(--tez-1);
        justify-content: space-between;
      }
      .over {
        color: var(--tez-bad);
      }
      .preview {
        min-height: calc(var(--tez-rem) * 3);
        padding: var(--tez-2) var(--tez-3);
        border: 1px solid var(--tez-line);
        border-radius: var(--tez-radius);
        background: var(--tez-bg);
        overflow-wrap: anywhere;
      }
      .preview p,
      .preview ul,
      .preview ol {
        margin: 0 0 var(--tez-1);
      }
      .preview ul,
      .preview ol {
        padding-left: 1.4em;
      }
      .preview a {
        color: var(--tez-accent-text);
      }
      .preview code {
        font-family: var(--tez-mono);
      }
    `,
  ];

  @state() private text: string | null = null;
  @state() private on = false;
  @state() private shown = '';
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('beforeunload', this.#leave);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('beforeunload', this.#leave);
    clearTimeout(this.#timer);
  }

  #leave = (event: BeforeUnloadEvent): void => {
    if (this.#changed) event.preventDefault(); // nothing that was typed disappears
  };

  get #changed(): boolean {
    const kept = this.store?.profile?.signature;
    return this.text !== null && kept !== undefined && (this.text.trim() !== kept.text || this.on !== kept.on_comments);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    const kept = this.store?.profile?.signature;
    if (this.text === null && kept) {
      this.text = kept.text;
      this.on = kept.on_comments;
      this.shown = kept.html;
    }
  }

  #typed(text: string): void {
    this.text = text;
    clearTimeout(this.#timer);
    if (text.length <= MOST) this.#timer = setTimeout(() => void this.#preview(text), PREVIEW_MS);
  }

  async #preview(text: string): Promise<void> {
    const number = ++this.#asked;
    try {
      const made = await this.store?.ask<{ html: string }>('POST', '/users/api/signature/preview', { text });
      if (made && number === this.#asked) this.shown = made.html;
    } catch {
      // what was last shown stays; saving tells what is wrong
    }
  }

  async #save(): Promise<void> {
    if (
      !this.store ||
      this.text === null ||
      this.text.length > MOST ||
      this.store.saves.get('signature')?.is === 'saving'
    )
      return;
    await this.store.saveSignature(this.text, this.on);
    if (this.store.saves.get('signature')?.is === 'saved') this.shown = this.store.profile?.signature.html ?? '';
  }

  override render() {
    if (this.text === null) return nothing;
    const long = this.text.length > MOST;
    const busy = this.store?.saves.get('signature')?.is === 'saving';
    return html`<tez-panel .heading=${t('signature')}>
      <div class="stack">
        <div>
          <label for="text">${t('signatureText')}</label>
          <textarea
            class="control"
            id="text"
            rows="4"
            aria-describedby="hint"
            aria-invalid=${long ? 'true' : 'false'}
            .value=${this.text}
            @input=${(event: InputEvent) => this.#typed((event.target as HTMLTextAreaElement).value)}
            @keydown=${(event: KeyboardEvent) => {
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void this.#save();
            }}
          ></textarea>
          <div class="row under hint">
            <span id="hint">${t('signatureHint')}</span>
            <span class=${long ? 'over' : ''}>${t('signatureCount', { n: this.text.length, most: MOST })}</span>
          </div>
          <div role="alert">${long ? html`<p class="save failed">${t('signatureTooLong', { most: MOST })}</p>` : nothing}</div>
        </div>
        <div>
          <p class="label" id="seen">${t('signaturePreview')}</p>
          <div class="preview" role="group" aria-labelledby="seen">
            ${this.shown ? unsafeHTML(this.shown) : html`<p class="hint">${t('signatureEmpty')}</p>`}
          </div>
        </div>
        <label class="check">
          <input type="checkbox" .checked=${this.on} @change=${(event: Event) => (this.on = (event.target as HTMLInputElement).checked)} />
          ${t('signatureOn')}
        </label>
        <div class="row">
          <button class="btn primary" aria-disabled=${busy || long || !this.#changed ? 'true' : 'false'} @click=${() => void this.#save()}>
            ${t('save')}
          </button>
          ${this.#changed && !busy ? html`<span class="hint">${t('signatureUnsaved')}</span>` : this.saveLine('signature')}
        </div>
      </div>
    </tez-panel>`;
  }
}
define('profile-signature', ProfileSignature);
