import { css, html } from 'lit';
import { property } from 'lit/decorators.js';
import { base, define, TezElement } from '../ui/element';
import { icon } from '../ui/icons';
import { lastOffset, PAGE_SIZE } from './listing';
import { t } from './strings';

/** <tez-pager .offset .total>: which rows are shown, and the ways to others. Fires `page` with an offset; its buttons keep the focus. */
export class TezPager extends TezElement {
  static override styles = [
    base,
    css`
      nav {
        display: flex;
        align-items: center;
        gap: 2px;
      }
      span {
        padding: 0 var(--tez-2);
        color: var(--tez-text-2);
        font-size: var(--tez-s);
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      .back svg {
        transform: rotate(90deg);
      }
      .on svg {
        transform: rotate(-90deg);
      }
      .edge {
        position: relative;
      }
      .edge::after {
        content: '';
        position: absolute;
        inset-block: 9px;
        width: 1.6px;
        background: currentColor;
      }
      .back.edge::after {
        left: 7px;
      }
      .on.edge::after {
        right: 7px;
      }
    `,
  ];

  @property({ type: Number }) offset = 0;
  @property({ type: Number }) total = 0;

  #button(kind: string, label: string, offset: number | null) {
    return html`<button
      class="btn ghost icon small ${kind}"
      aria-label=${label}
      title=${label}
      aria-disabled=${offset === null ? 'true' : 'false'}
      @click=${() => offset !== null && this.emit('page', offset)}
    >
      ${icon('down', 16)}
    </button>`;
  }

  override render() {
    const { offset, total } = this;
    const back = offset > 0 ? Math.max(0, offset - PAGE_SIZE) : null;
    const on = offset + PAGE_SIZE < total ? offset + PAGE_SIZE : null;
    const range = t('range', { from: Math.min(offset + 1, total), to: Math.min(offset + PAGE_SIZE, total), total });
    return html`<nav aria-label=${t('pages')}>
      ${this.#button('back edge', t('first'), back === null ? null : 0)} ${this.#button('back', t('previous'), back)}
      <span>${range}</span>
      ${this.#button('on', t('next'), on)} ${this.#button('on edge', t('last'), on === null ? null : lastOffset(total))}
    </nav>`;
  }
}
define('tez-pager', TezPager);
