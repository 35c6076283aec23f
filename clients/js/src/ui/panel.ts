import { css, html } from 'lit';
import { property } from 'lit/decorators.js';
import { base, define, TezElement } from './element';

/** <tez-panel heading="…">: a card; slots `actions` (right of the heading), default, `footer`. `flush` lets lists reach the edges. */
export class TezPanel extends TezElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        overflow: hidden;
        border: 1px solid var(--tez-line);
        border-radius: var(--tez-radius-l);
        background: var(--tez-surface);
        box-shadow: var(--tez-shadow);
      }
      header {
        display: flex;
        align-items: center;
        gap: var(--tez-2);
        min-height: calc(var(--tez-rem) * 2.75);
        padding: 6px var(--tez-4);
        border-bottom: 1px solid var(--tez-line);
      }
      h2 {
        flex: 1;
        margin: 0;
        font-size: var(--tez-m);
        font-weight: 600;
      }
      .body {
        padding: var(--tez-4);
      }
      :host([flush]) .body {
        padding: 0;
      }
      slot[name='footer']::slotted(*) {
        display: block;
        padding: var(--tez-2) var(--tez-4);
        border-top: 1px solid var(--tez-line);
        color: var(--tez-text-3);
        font-size: var(--tez-s);
      }
    `,
  ];

  @property() heading = '';
  @property({ type: Boolean, reflect: true }) flush = false;

  override render() {
    return html`<section aria-labelledby="heading">
      <header>
        <h2 id="heading">${this.heading}</h2>
        <slot name="actions"></slot>
      </header>
      <div class="body"><slot></slot></div>
      <slot name="footer"></slot>
    </section>`;
  }
}
define('tez-panel', TezPanel);
