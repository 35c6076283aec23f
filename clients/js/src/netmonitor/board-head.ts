/** What stands above the dashboard's rows: the verdict, the age of the data, what has to be said, the filters by state. */

import { html, nothing } from 'lit';
import { formatDate, formatNumber, pick } from '../i18n/index';
import { clockTime, serverNow } from '../ui/clock';
import { icon } from '../ui/icons';
import { t } from './board-strings';
import type { Counts, Group } from './groups';
import { t as many } from './overview-strings';
import { shape, wordOf } from './states';
import { type NetStore, STALE_MS } from './store';
import { t as word } from './strings';
import type { State } from './types';
import { duration } from './units';

/** In the order of the chips: what is not well first, then what is. */
const chips: readonly State[] = ['down', 'degraded', 'unreachable', 'unknown', 'maintenance', 'paused', 'up'];

/** One word for all of it. The one live region: it changes only when something breaks or heals. */
export function verdictView(store: NetStore | null, top: Group | null) {
  if (!top?.total || !store || store.offline || store.net.probe.state !== 'ok') return nothing;
  const { down, degraded } = top.counts;
  if (!down && !degraded) return stateMarkText('up', many('allWell'));
  const parts = [down ? t('notAnswering', { n: down }) : '', degraded ? t('worse', { n: degraded }) : ''];
  return stateMarkText(down ? 'down' : 'degraded', parts.filter(Boolean).join(', '));
}

function stateMarkText(state: State, text: string) {
  return html`<span class="state ${state}">${shape(state, 16)}<span>${text}</span></span>`;
}

/** How old the newest measurement is; empty: there is none. */
export function ageText(store: NetStore | null): string {
  const at = store?.at ?? null;
  if (at === null) return '';
  if (store?.offline) return word('asOfAt', { time: clockTime(at, serverNow()) });
  return many('asOf', { age: duration((serverNow() - at) / 1000) });
}

/** `old`: so old that it is to be seen. */
export function ageView(store: NetStore | null, old: boolean) {
  const at = store?.at ?? null;
  if (!store || store.denied || at === null) return html`<p class="age"></p>`;
  const exact = formatDate(at, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  return html`<p class="age ${old ? 'old' : ''}">
    ${old ? icon('warn', 16) : nothing}
    <time datetime=${new Date(at).toISOString()} title=${exact} .textContent=${ageText(store)}></time>
  </p>`;
}

/** What has to be said above the rows: the link is lost, the probe is blind, what is shown is old. */
export function notesView(store: NetStore | null, old: boolean) {
  if (!store || store.denied) return nothing;
  const { probe } = store.net;
  if (store.offline && store.at !== null)
    return html`<p class="say">${icon('offline', 17)}<span>${many('noLink', { time: clockTime(store.at, serverNow()) })}</span></p>`;
  if (probe.state !== 'ok') {
    const since = probe.since ? clockTime(Date.parse(probe.since), serverNow()) : '—';
    const why = pick(probe.why);
    return html`<p class="say">
      ${icon('warn', 17)}<span>${many(probe.state === 'blind' ? 'blind' : 'broken', { time: since })}${why ? ` ${why}` : ''}</span>
    </p>`;
  }
  if (old && store.at !== null)
    return html`<p class="say">
      ${icon('warn', 17)}<span>${t('silentProbe', { time: clockTime(store.at, serverNow()), age: duration(STALE_MS / 1000) })}</span>
    </p>`;
  return nothing;
}

/** The filters by state, with how many hosts are in each. */
export function chipsView(counts: Counts, chosen: ReadonlySet<State>, toggle: (state: State) => void) {
  return html`<div class="chips" role="group" aria-label=${t('showStates')}>
    ${chips.map(
      (state) => html`<button
        class="chip ${state} ${counts[state] ? '' : 'none'}"
        aria-pressed=${chosen.has(state) ? 'true' : 'false'}
        @click=${() => toggle(state)}
      >
        ${shape(state, 14)}<span>${wordOf(state)}</span><b>${formatNumber(counts[state])}</b>
      </button>`,
    )}
  </div>`;
}
