/** What stands above the calls: that they are old, what was refused, that the ring cannot be heard. Its live regions are always there. */

import { html, nothing, type TemplateResult } from 'lit';
import type { Sound } from '../inbox/sound';
import { clockTime, serverNow } from '../ui/clock';
import { icon } from '../ui/icons';
import { isSignedIn } from './look';
import type { CallStore, View } from './store';
import { t } from './strings';
import { faultText } from './words';

export const asOfText = (at: number): string => t('asOf', { time: clockTime(at, serverNow()) });

export function panelNotes(
  view: View,
  store: CallStore | null,
  sound: Pick<Sound, 'muted' | 'locked' | 'unlock'> | null,
): TemplateResult {
  const deaf = sound && view.leader && !sound.muted && sound.locked && isSignedIn(view.calls);
  const old =
    view.asOf === null ? '' : `${t(view.barred === 'stale' ? 'staleWhy' : 'offlineWhy')} ${asOfText(view.asOf)}`;
  // Of a sign-in its form tells, where it stands.
  const fault = view.fault?.action === 'sign_in' && !isSignedIn(view.calls) ? null : view.fault;
  return html`<div class="notes">
    <div role="status">${old ? html`<p class="note">${icon('offline', 16)}<span>${old}</span></p>` : nothing}</div>
    <div role="alert">
      ${
        fault
          ? html`<p class="note bad">
              ${icon('warn', 16)}<span>${faultText(fault)}</span>
              <button class="btn ghost icon small" type="button" aria-label=${t('dismiss')} title=${t('dismiss')} @click=${() => store?.forgive()}>
                ${icon('close', 14)}
              </button>
            </p>`
          : nothing
      }
    </div>
    ${deaf ? html`<button class="btn small deaf" type="button" @click=${() => void sound.unlock()}>${icon('mute', 16)}${t('unlock')}</button>` : nothing}
  </div>`;
}
