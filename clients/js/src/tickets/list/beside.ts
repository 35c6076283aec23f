/** The ticket beside the list, on a screen with room for both. */

import { css, html, type TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { icon } from '../../ui/icons';
import { t } from './strings';

/** Below this width of the list both side by side would be too narrow, px. */
export const BESIDE_PX = 1180;

export function besideView(ticket: number, session: unknown, close: () => void): TemplateResult {
  return html`<aside class="beside" aria-label=${t('opened', { id: String(ticket) })}>
    <div class="tools">
      <a class="btn small ghost" href=${`/tasks/${ticket}`}>${icon('open', 16)}${t('wholePage')}</a>
      <button class="btn ghost icon small" aria-label=${t('closeTicket')} title=${t('closeTicket')} @click=${close}>
        ${icon('close', 16)}
      </button>
    </div>
    ${keyed(ticket, html`<nav-ticket number=${ticket} .session=${session} @leave=${close}></nav-ticket>`)}
  </aside>`;
}

export const besideStyles = css`
  .beside {
    flex: 0 0 55%;
    min-width: 0;
    overflow: auto;
    border-inline-start: 1px solid var(--tez-line);
    background: var(--tez-bg);
  }
  .beside .tools {
    display: flex;
    justify-content: flex-end;
    gap: var(--tez-1);
    padding: var(--tez-1) var(--tez-2);
  }
`;
