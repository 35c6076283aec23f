import { css, html, nothing } from 'lit';
import { query, state } from 'lit/decorators.js';
import { focused } from '../../ui/dialog';
import { base, define, TezElement } from '../../ui/element';
import { icon } from '../../ui/icons';
import { t } from './strings';
import type { TicketFile } from './types';

/** <nav-lightbox>: pictures as large as the window. Arrows go on, Escape closes and gives the focus back to where it was. */
export class NavLightbox extends TezElement {
  static override styles = [
    base,
    css`
      dialog {
        display: none;
        width: 100dvw;
        max-width: 100dvw;
        height: 100dvh;
        max-height: 100dvh;
        padding: 0;
        border: 0;
        background: rgb(12 14 20 / 92%);
        color: #fff;
      }
      dialog[open] {
        display: grid;
        grid-template-rows: auto minmax(0, 1fr);
      }
      .top {
        display: flex;
        align-items: center;
        gap: var(--tez-2);
        padding: var(--tez-2) var(--tez-3);
        font-size: var(--tez-s);
      }
      .name {
        flex: 1;
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .btn,
      .btn.ghost {
        min-width: 44px;
        min-height: 44px;
        border-color: transparent;
        background: rgb(12 14 20 / 60%);
        color: #fff;
      }
      .btn:hover {
        background: rgb(255 255 255 / 18%);
        color: #fff;
      }
      :focus-visible {
        outline-color: #fff;
      }
      .stage {
        position: relative;
        display: grid;
        place-items: center;
        min-height: 0;
        padding: 0 var(--tez-2) var(--tez-2);
      }
      img {
        max-width: 100%;
        max-height: 100%;
        object-fit: contain;
      }
      .go {
        position: absolute;
        top: calc(50% - 22px);
      }
      .go.left {
        left: var(--tez-2);
      }
      .go.right {
        right: var(--tez-2);
      }
      @media (forced-colors: active) {
        dialog,
        .btn,
        .btn.ghost {
          background: Canvas;
          color: CanvasText;
        }
      }
    `,
  ];

  @state() private files: readonly TicketFile[] = [];
  @state() private at = 0;
  @state() private failed = false;
  @query('dialog') private dialog!: HTMLDialogElement;
  #opener: HTMLElement | null = null;

  show(files: readonly TicketFile[], at: number): void {
    this.files = files;
    this.at = at;
    this.failed = false;
    this.#opener = focused();
    if (!this.dialog.open) this.dialog.showModal();
  }

  #go(step: number): void {
    if (this.files.length < 2) return;
    this.at = (this.at + step + this.files.length) % this.files.length;
    this.failed = false;
  }

  #keys(event: KeyboardEvent): void {
    if (event.key === 'ArrowRight') this.#go(1);
    else if (event.key === 'ArrowLeft') this.#go(-1);
    event.stopPropagation();
  }

  #closed(): void {
    this.files = [];
    if (this.#opener?.isConnected) this.#opener.focus();
    this.#opener = null;
  }

  override render() {
    const file = this.files[this.at];
    const many = this.files.length > 1;
    return html`<dialog
      aria-label=${file?.name ?? t('files')}
      @close=${this.#closed}
      @keydown=${this.#keys}
      @click=${(event: MouseEvent) => event.target instanceof Element && event.target.matches('.stage, dialog') && this.dialog.close()}
    >
      <div class="top">
        <span class="name" role="status"
          >${file?.name ?? ''}${many ? html` · ${t('pictureOf', { n: String(this.at + 1), of: String(this.files.length) })}` : nothing}</span
        >
        ${
          file
            ? html`<a class="btn ghost" href=${file.url} download=${file.name} aria-label=${t('download')} title=${t('download')}
                >${icon('download', 20)}</a
              >`
            : nothing
        }
        <button class="btn ghost" aria-label=${t('close')} title=${t('close')} @click=${() => this.dialog.close()}>
          ${icon('close', 20)}
        </button>
      </div>
      <div class="stage">
        ${
          !file
            ? nothing
            : this.failed
              ? html`<p role="status">${t('pictureFailed')}</p>`
              : html`<img
                  src=${`${file.url}?inline=1`}
                  alt=${file.description || file.name}
                  @error=${() => {
                    this.failed = true;
                  }}
                />`
        }
        ${
          many
            ? html`<button class="btn go left" aria-label=${t('previousPicture')} @click=${() => this.#go(-1)}>${icon('back', 22)}</button
                ><button class="btn go right" aria-label=${t('nextPicture')} @click=${() => this.#go(1)}>${icon('next', 22)}</button>`
            : nothing
        }
      </div>
    </dialog>`;
  }
}
define('nav-lightbox', NavLightbox);
