import { css, html } from 'lit';
import { property } from 'lit/decorators.js';
import { serverNow } from '../ui/clock';
import { base, define, TezElement } from '../ui/element';
import { clock, elapsed } from './look';

/**
 * <tez-calls-timer at="2026-11-23T18:04:05Z">: how long ago, to the second, by the server's clock; with `for` (s) how much
 * of that time is left. Not spoken by itself.
 */
export class TezCallsTimer extends TezElement {
  static override styles = [
    base,
    css`
      :host {
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
    `,
  ];

  @property() at: string | null = null;
  @property({ type: Number }) for: number | null = null;
  #timer: number | undefined;
  #view: Window | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#view = this.ownerDocument.defaultView;
    this.#tick();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#view?.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** At the full second of what is shown, so that two timers never disagree. */
  #tick = (): void => {
    this.requestUpdate();
    const from = Date.parse(this.at ?? '');
    const part = Number.isNaN(from) ? 0 : (((serverNow() - from) % 1000) + 1000) % 1000;
    // The window it is in: a page in the background is woken once a minute only.
    this.#timer = this.#view?.setTimeout(this.#tick, 1000 - part + 5);
  };

  override render() {
    const passed = elapsed(this.at);
    if (passed === null) return html``;
    const text = clock(this.for === null ? passed : Math.max(0, this.for * 1000 - passed + 999));
    return html`<span role="timer">${text}</span>`;
  }
}
define('tez-calls-timer', TezCallsTimer);
