import { css, html } from 'lit';
import { property } from 'lit/decorators.js';
import { formatNumber } from '../i18n/index';
import { base, define, TezElement } from './element';

export type Tone = 'neutral' | 'accent' | 'ok' | 'warn' | 'bad' | 'call';

/** How a count is shown: `99+` above 99, because the exact hundreds help nobody. */
export function countText(count: number): string {
  return count > 99 ? '99+' : formatNumber(count);
}

/** <tez-badge tone="warn">слово</tez-badge>, or with `count` a number that hides at 0. */
export class TezBadge extends TezElement {
  static override styles = [
    base,
    css`
      :host {
        display: inline-flex;
        align-items: center;
        gap: 4px;
        min-height: 20px;
        padding: 0 7px;
        border-radius: 10px;
        background: var(--tez-sunken);
        color: var(--tez-text-2);
        font-size: var(--tez-xs);
        font-weight: 600;
        font-variant-numeric: tabular-nums;
        line-height: 20px;
        white-space: nowrap;
      }
      :host([tone='accent']) {
        background: var(--tez-accent-soft);
        color: var(--tez-accent-text);
      }
      :host([tone='ok']) {
        background: var(--tez-ok-soft);
        color: var(--tez-ok);
      }
      :host([tone='warn']) {
        background: var(--tez-warn-soft);
        color: var(--tez-warn);
      }
      :host([tone='bad']) {
        background: var(--tez-bad-soft);
        color: var(--tez-bad);
      }
      :host([tone='call']) {
        background: var(--tez-call-soft);
        color: var(--tez-call);
      }
      @media (forced-colors: active) {
        :host {
          border: 1px solid CanvasText;
        }
      }
    `,
  ];

  @property({ reflect: true }) tone: Tone = 'neutral';
  @property({ type: Number }) count: number | null = null;

  protected override willUpdate(): void {
    if (this.count !== null) this.hidden = this.count === 0;
  }

  override render() {
    return this.count === null ? html`<slot></slot>` : html`${countText(this.count)}`;
  }
}
define('tez-badge', TezBadge);
