import { css, html, nothing } from 'lit';
import { property } from 'lit/decorators.js';
import { base, define, TezElement } from '../ui/element';
import { icon } from '../ui/icons';
import type { CallStore, View } from './store';
import { t } from './strings';
import { keyStyles } from './styles';
import type { Dialog } from './types';

/** <tez-calls-wrap .dialog .store .view>: how the call is classified; one key chooses, the chosen one is marked when the server says so. */
export class TezCallsWrap extends TezElement {
  static override styles = [
    base,
    keyStyles,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 6px;
      }
      .all {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
        max-height: calc(var(--tez-rem) * 11);
        overflow: auto;
      }
      .key {
        min-height: 36px;
      }
    `,
  ];

  @property({ attribute: false }) dialog: Dialog | null = null;
  @property({ attribute: false }) store: CallStore | null = null;
  @property({ attribute: false }) view: View | null = null;

  override render() {
    const { dialog, view } = this;
    const reasons = view?.calls.reasons.wrap_up ?? [];
    if (!dialog || !view || !reasons.length) return nothing;
    const asked = view.pending.some((one) => one.action === 'wrap_up' && one.dialog === dialog.id);
    return html`<h3 id="title">${t('wrapUp')}${asked ? html` <span class="spin" aria-hidden="true"></span>` : nothing}</h3>
      <div class="all" role="group" aria-labelledby="title">
        ${reasons.map(({ label }) => {
          const chosen = dialog.wrap_up === label;
          return html`<button
            type="button"
            class="btn key"
            aria-pressed=${chosen ? 'true' : 'false'}
            aria-disabled=${asked || view.barred ? 'true' : 'false'}
            @click=${() => asked || void this.store?.act(dialog.id, 'wrap_up', { reason: label })}
          >
            ${chosen ? icon('check', 16) : nothing}${label}
          </button>`;
        })}
      </div>`;
  }
}
define('tez-calls-wrap', TezCallsWrap);
