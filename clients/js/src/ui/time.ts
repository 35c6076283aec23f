import { css, html } from 'lit';
import { property } from 'lit/decorators.js';
import { exactTime, onTick, relativeTime } from './clock';
import { base, define, TezElement } from './element';

/** <tez-time at="2026-11-23T18:04:05Z">: relative and ticking by the server's clock; exact in `datetime` and the tooltip. */
export class TezTime extends TezElement {
  static override styles = [
    base,
    css`
      :host {
        display: inline;
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
    `,
  ];

  @property() at = '';
  #undo: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#undo = onTick(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#undo?.();
  }

  override render() {
    const at = Date.parse(this.at);
    if (Number.isNaN(at)) return html``;
    return html`<time datetime=${new Date(at).toISOString()} title=${exactTime(at)}>${relativeTime(at)}</time>`;
  }
}
define('tez-time', TezTime);
