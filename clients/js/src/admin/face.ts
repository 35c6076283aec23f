import { css, html } from 'lit';
import { property, state } from 'lit/decorators.js';
import { base, define, TezElement } from '../ui/element';

/** <tez-face .src .letters>: a round picture, or letters where there is none. Decoration: the name stands beside it. */
export class TezFace extends TezElement {
  static override styles = [
    base,
    css`
      :host {
        display: inline-grid;
        flex: none;
        place-items: center;
        width: var(--tez-face, 30px);
        height: var(--tez-face, 30px);
        overflow: hidden;
        border-radius: 50%;
        background: var(--tez-accent-soft);
        color: var(--tez-accent-text);
        font-size: calc(var(--tez-face, 30px) * 0.4);
        font-weight: 650;
        line-height: 1;
      }
      img {
        width: 100%;
        height: 100%;
        object-fit: cover;
      }
      @media (forced-colors: active) {
        :host {
          border: 1px solid CanvasText;
        }
      }
    `,
  ];

  @property({ attribute: false }) src: string | null = null;
  @property() letters = '';
  @state() private broken: string | null = null;

  override render() {
    return this.src && this.src !== this.broken
      ? html`<img src=${this.src} alt="" loading="lazy" decoding="async" @error=${() => (this.broken = this.src)} />`
      : html`<span aria-hidden="true">${this.letters}</span>`;
  }
}
define('tez-face', TezFace);
