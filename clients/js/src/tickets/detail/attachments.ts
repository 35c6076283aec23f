import { css, html, nothing } from 'lit';
import { property, query } from 'lit/decorators.js';
import { base, define, TezElement } from '../../ui/element';
import { icon } from '../../ui/icons';
import '../../ui/time';
import { sizeText } from './files-view';
import './lightbox';
import type { NavLightbox } from './lightbox';
import { t } from './strings';
import type { TicketFile } from './types';

const MAX_THUMB = 5 * 1024 * 1024; // a picture beyond this is not fetched for a thumb's sake

/** <nav-attachments .files>: pictures as thumbs that open large, everything else to download. `open(url)` shows the picture at that address. */
export class NavAttachments extends TezElement {
  static override styles = [
    base,
    css`
      ul {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, calc(var(--tez-rem) * 15)), 1fr));
        gap: var(--tez-2);
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: flex;
        align-items: center;
        gap: var(--tez-2);
        min-width: 0;
        padding: var(--tez-1);
        border: 1px solid var(--tez-line);
        border-radius: var(--tez-radius);
        background: var(--tez-surface);
        font-size: var(--tez-s);
      }
      .thumb {
        display: grid;
        flex: none;
        place-items: center;
        width: 52px;
        height: 44px;
        padding: 0;
        overflow: hidden;
        border: 0;
        border-radius: var(--tez-radius-s);
        background: var(--tez-sunken);
        color: var(--tez-text-3);
      }
      button.thumb {
        cursor: zoom-in;
      }
      .thumb img {
        width: 100%;
        height: 100%;
        object-fit: cover;
      }
      .text {
        flex: 1;
        min-width: 0;
      }
      .name {
        display: block;
        overflow: hidden;
        color: var(--tez-accent-text);
        font-weight: 550;
        line-height: 24px;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .about {
        display: block;
        overflow: hidden;
        color: var(--tez-text-3);
        text-overflow: ellipsis;
        white-space: nowrap;
      }
    `,
  ];

  @property({ attribute: false }) files: readonly TicketFile[] = [];
  @query('nav-lightbox') private box!: NavLightbox;

  get #pictures(): readonly TicketFile[] {
    return this.files.filter((one) => one.image);
  }

  /** True: there is such a picture, and it is shown. */
  open(url: string): boolean {
    const at = this.#pictures.findIndex((one) => one.url === url || `${one.url}?inline=1` === url);
    if (at >= 0) this.box.show(this.#pictures, at);
    return at >= 0;
  }

  override render() {
    return html`<ul aria-label=${t('files')}>
        ${this.files.map(
          (one) => html`<li>
            ${
              one.image
                ? html`<button class="thumb" aria-label=${t('enlarge', { name: one.name })} @click=${() => this.open(one.url)}>
                    ${one.size <= MAX_THUMB ? html`<img src=${`${one.url}?inline=1`} alt="" loading="lazy" />` : icon('file', 20)}
                  </button>`
                : html`<span class="thumb">${icon('file', 20)}</span>`
            }
            <span class="text">
              <a class="name" href=${one.url} download=${one.name} title=${one.name}>${one.name}</a>
              <span class="about" title=${one.description || nothing}
                >${sizeText(one.size)}${one.author ? html` · ${one.author.name}` : nothing} · <tez-time .at=${one.at}></tez-time></span
              >
            </span>
          </li>`,
        )}
      </ul>
      <nav-lightbox></nav-lightbox>`;
  }
}
define('nav-attachments', NavAttachments);
