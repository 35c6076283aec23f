import { css, html, svg } from 'lit';
import { property } from 'lit/decorators.js';
import { base, define, TezElement } from './element';

export type DotState = 'ok' | 'warn' | 'bad' | 'off' | 'unknown';

// Each state has its own outline, so that it is told apart without colour.
const shapes = {
  ok: svg`<circle cx="6" cy="6" r="4.500" fill="currentColor"/>`,
  warn: svg`<path d="M6 1.200 11.300 10.500H.7Z" fill="currentColor"/>`,
  bad: svg`<path d="M3.600.8h4.800l2.800 2.800v4.800l-2.800 2.800H3.600L.8 8.400V3.600Z" fill="currentColor"/><path d="M3.800 6h4.400" stroke="var(--tez-surface)" stroke-width="1.600"/>`,
  off: svg`<path d="M3.200 2v8M8.800 2v8" stroke="currentColor" stroke-width="2.400"/>`,
  unknown: svg`<circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" stroke-width="1.600" stroke-dasharray="2 1.800"/>`,
} as const;

/** <tez-state-dot state="ok" label="Работает">: shape, word and colour; `quiet` keeps the word for screen readers and the tooltip. */
export class TezStateDot extends TezElement {
  static override styles = [
    base,
    css`
      :host {
        display: inline-flex;
        align-items: center;
        gap: 6px;
        color: var(--tez-text-2);
        font-size: var(--tez-s);
        line-height: 20px;
        white-space: nowrap;
      }
      .ok {
        color: var(--tez-ok);
      }
      .warn {
        color: var(--tez-warn);
      }
      .bad {
        color: var(--tez-bad);
      }
      .off,
      .unknown {
        color: var(--tez-text-3);
      }
    `,
  ];

  @property() state: DotState = 'unknown';
  @property() label = '';
  @property({ type: Boolean }) quiet = false;

  override render() {
    return html`<svg class=${this.state} width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">${shapes[this.state]}</svg
      ><span class=${this.quiet ? 'sr' : ''}>${this.label}</span>`;
  }

  protected override updated(): void {
    this.title = this.quiet ? this.label : '';
  }
}
define('tez-state-dot', TezStateDot);
