import { html, nothing } from 'lit';
import { formatDate } from '../i18n/index';
import { clockTime } from '../ui/clock';
import '../ui/panel';
import { t } from './host-strings';
import { t as word } from './strings';
import type { Window } from './types';

/** Maintenance that is planned or under way; `end` calls one off. */
export function windowsView(all: readonly Window[], end: (window: Window) => void) {
  if (!all.length) return nothing;
  const time = (at: string) =>
    formatDate(Date.parse(at), { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
  return html`<tez-panel .heading=${word('maintenance')}>
    <ul class="plain">
      ${all.map(
        (one) => html`<li>
          <span
            >${one.weekly.length ? t('weeklyFrom', { from: time(one.starts), to: clockTime(Date.parse(one.ends)) }) : `${time(one.starts)} – ${time(one.ends)}`}${one.why ? `: ${one.why}` : ''}</span
          >
          <button class="btn small" @click=${() => end(one)}>${t('endWindow')}</button>
        </li>`,
      )}
    </ul>
  </tez-panel>`;
}
