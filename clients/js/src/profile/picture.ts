import { css, html, nothing } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import { dataUrl, upload } from '../inbox/upload';
import { initials } from '../shell/initials';
import { base, define } from '../ui/element';
import { icon } from '../ui/icons';
import { faultOf } from './model';
import { Section } from './section';
import { t, why } from './strings';
import { sectionStyles } from './styles';
import type { Avatar } from './types';

export const MAX_BYTES = 10 * 1024 * 1024;
const MB = MAX_BYTES / 1024 ** 2;
const LIMIT_MS = 120_000; // ten megabytes over a slow line from a hotel

/** <profile-picture .store name csrf>: one's picture; choose, drop or paste another, look at it, send it; or take it away. */
export class ProfilePicture extends Section {
  static override styles = [
    base,
    sectionStyles,
    css`
      .drop {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--tez-3) var(--tez-4);
        padding: var(--tez-3);
        border: 1px dashed var(--tez-line-strong);
        border-radius: var(--tez-radius-l);
      }
      .drop.over {
        border-style: solid;
        border-color: var(--tez-accent);
        background: var(--tez-accent-soft);
      }
      .face {
        display: grid;
        place-items: center;
        flex: none;
        width: 96px;
        height: 96px;
        overflow: hidden;
        border-radius: 50%;
        background: var(--tez-accent-soft);
        color: var(--tez-accent-text);
        font-size: 2rem;
        font-weight: 650;
      }
      .face img {
        width: 100%;
        height: 100%;
        object-fit: cover;
      }
      .side {
        flex: 1 1 14rem;
        min-width: 0;
      }
      progress {
        width: 100%;
        accent-color: var(--tez-accent);
      }
      @media (forced-colors: active) {
        .face {
          border: 1px solid CanvasText;
        }
      }
    `,
  ];

  @property() name = '';
  @property() csrf = '';
  @state() private chosen: { readonly file: File; readonly preview: string; readonly shown: boolean } | null = null;
  /** 0 to 1; null: nothing is being sent. */
  @state() private sent: number | null = null;
  @state() private removing = false;
  @state() private fault = '';
  @state() private said = '';
  @state() private over = false;
  @query('input') private input!: HTMLInputElement;
  @query('.choose') private button!: HTMLButtonElement;
  #sending: AbortController | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('paste', this.#paste);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('paste', this.#paste);
    this.#sending?.abort();
  }

  #paste = (event: ClipboardEvent): void => {
    const file = event.clipboardData?.files[0];
    const into = event.composedPath()[0];
    // text copied with its picture belongs to the field that it is pasted into
    if (into instanceof HTMLTextAreaElement || into instanceof HTMLInputElement) return;
    if (!file || event.defaultPrevented || this.sent !== null) return;
    event.preventDefault();
    void this.#choose(file);
  };

  async #choose(file: File | null | undefined): Promise<void> {
    if (!file || this.sent !== null) return;
    this.said = '';
    this.fault =
      file.size > MAX_BYTES
        ? t('pictureLarge', { name: file.name, mb: MB })
        : file.type === 'image/svg+xml'
          ? t('pictureSvg')
          : '';
    this.chosen = null;
    if (this.fault) return;
    const preview = await dataUrl(file).catch(() => '');
    this.chosen = { file, preview, shown: preview !== '' };
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('.send')?.focus();
  }

  async #send(): Promise<void> {
    const chosen = this.chosen;
    if (!chosen || this.sent !== null) return;
    this.#sending = new AbortController();
    this.sent = 0;
    this.fault = '';
    try {
      const { avatar } = await upload<{ avatar: Avatar }>('/users/api/avatar', chosen.file, {
        method: 'PUT',
        csrf: this.csrf,
        limit: LIMIT_MS,
        progress: (share) => (this.sent = share),
        signal: this.#sending.signal,
      });
      this.#show(avatar, t('pictureDone'));
      this.chosen = null;
    } catch (error) {
      if (!(error instanceof DOMException)) this.fault = t('notSaved', { why: why(faultOf(error)) });
    }
    this.sent = null;
    this.#sending = null;
    await this.updateComplete;
    this.button?.focus();
  }

  #cancel(): void {
    this.#sending?.abort();
    this.chosen = null;
    this.fault = '';
    void this.updateComplete.then(() => this.button?.focus());
  }

  async #remove(): Promise<void> {
    if (this.removing) return;
    this.removing = true;
    this.fault = '';
    const fault = await this.store?.removeAvatar();
    this.removing = false;
    if (fault) {
      this.fault = t('notSaved', { why: why(fault) });
      return;
    }
    this.#show(null, t('pictureRemoved'));
    await this.updateComplete;
    this.button?.focus(); // the button that was pressed is gone
  }

  #show(avatar: Avatar | null, said: string): void {
    this.store?.setAvatar(avatar);
    this.said = said;
    this.emit('profile-avatar', avatar?.urls['64'] ?? null);
  }

  override render() {
    return html`<div class="stack">
      <div
        class="drop ${this.over ? 'over' : ''}"
        @dragover=${(event: DragEvent) => {
          if (!event.dataTransfer?.types.includes('Files')) return;
          event.preventDefault();
          this.over = true;
        }}
        @dragleave=${() => (this.over = false)}
        @drop=${(event: DragEvent) => {
          event.preventDefault();
          this.over = false;
          void this.#choose(event.dataTransfer?.files[0]);
        }}
      >
        ${this.#face()}
        <div class="side stack">
          ${this.chosen ? this.#preview() : html`<p class="hint">${this.over ? t('pictureDrop') : t('pictureHint', { mb: MB })}</p>`}
          <div class="row">${this.chosen ? this.#sendButtons() : this.#buttons()}</div>
        </div>
        <input
          type="file"
          accept="image/*,.heic,.heif"
          hidden
          tabindex="-1"
          aria-label=${t('pictureChoose')}
          @change=${() => {
            void this.#choose(this.input.files?.[0]);
            this.input.value = ''; // the same file again is a choice again
          }}
        />
      </div>
      <div role="alert">${this.fault ? html`<p class="note bad">${icon('warn', 16)}<span>${this.fault}</span></p>` : nothing}</div>
      <div role="status" class=${this.said ? 'hint' : 'sr'}>${this.said}</div>
    </div>`;
  }

  #face() {
    const urls = this.store?.profile?.avatar?.urls;
    if (this.chosen?.shown)
      return html`<span class="face"
        ><img
          src=${this.chosen.preview}
          alt=${t('picturePreview')}
          @error=${() => {
            if (this.chosen) this.chosen = { ...this.chosen, shown: false };
          }}
      /></span>`;
    if (!urls || this.chosen)
      return html`<span class="face" role="img" aria-label=${t('pictureNone')}>${initials(this.name)}</span>`;
    return html`<span class="face"
      ><img src=${urls['96'] ?? ''} srcset=${`${urls['192'] ?? ''} 2x`} width="96" height="96" alt=${t('pictureOf', { name: this.name })}
    /></span>`;
  }

  #preview() {
    const { chosen, sent } = this;
    if (sent === null)
      return html`<p class="hint">${chosen?.shown ? t('picturePreview') : t('pictureNoPreview', { name: chosen?.file.name ?? '' })}</p>`;
    const words = sent < 1 ? t('pictureSending', { percent: Math.round(sent * 100) }) : t('pictureWorking');
    return html`<p class="hint">${words}</p><progress max="1" .value=${sent} aria-label=${words}></progress>`;
  }

  #sendButtons() {
    const busy = this.sent !== null;
    return html`<button
        class="btn primary send"
        aria-disabled=${busy ? 'true' : 'false'}
        aria-busy=${busy ? 'true' : 'false'}
        @click=${() => void this.#send()}
      >
        ${t('pictureSend')}</button
      ><button class="btn" @click=${this.#cancel}>${t('cancel')}</button>`;
  }

  #buttons() {
    const has = Boolean(this.store?.profile?.avatar);
    return html`<button class="btn choose" @click=${() => this.input.click()}>${t(has ? 'pictureOther' : 'pictureChoose')}</button>
      ${
        has
          ? html`<button class="btn ghost" aria-disabled=${this.removing ? 'true' : 'false'} @click=${() => void this.#remove()}>
              ${t('pictureRemove')}
            </button>`
          : nothing
      }`;
  }
}
define('profile-picture', ProfilePicture);
