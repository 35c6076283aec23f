/** What the list shows where there are no rows, and what has to be said above them. */

import { html, nothing, type TemplateResult } from 'lit';
import { clockTime, serverNow } from '../../ui/clock';
import { icon } from '../../ui/icons';
import '../../ui/states';
import { reasonOf } from './api';
import { everywhere, type Place } from './place';
import type { TicketStore } from './store';
import { t } from './strings';

/** Why there is no row: it is not open to this person, it failed, it is not here yet, the filters let nothing through, or there is nothing. */
export function noRows(
  store: TicketStore,
  differs: boolean,
  reset: () => void,
  go: (place: Place) => void,
): TemplateResult {
  if (store.denied)
    return html`<tez-error .heading=${t('deniedTitle')} .text=${t('deniedText')} ?busy=${store.busy} @retry=${() => store.reload()}></tez-error>`;
  if (store.error && !store.busy)
    return html`<tez-error .heading=${t('loadFailed')} .text=${reasonOf(store.error)} @retry=${() => store.reload()}></tez-error>`;
  if (!store.rows.loaded) return html`<tez-loading .rows=${10} @retry=${() => store.reload()}></tez-loading>`;
  const wider = everywhere(store.place);
  if (differs)
    return html`<tez-empty icon="check" .heading=${t('nothingTitle')} .text=${t('nothingText')}>
      ${wider ? html`<button class="btn" @click=${() => go(wider)}>${t('searchAll')}</button>` : nothing}
      <button class="btn" @click=${reset}>${t('reset')}</button>
    </tez-empty>`;
  const { view } = store.place;
  if (view === 'mine')
    return html`<tez-empty icon="check" .heading=${t('emptyMineTitle')} .text=${t('emptyMineText')}></tez-empty>`;
  if (view === 'waiting')
    return html`<tez-empty icon="check" .heading=${t('emptyWaitingTitle')} .text=${t('emptyWaitingText')}></tez-empty>`;
  return html`<tez-empty icon="ticket" .heading=${t('emptyTitle')}></tez-empty>`;
}

/** How old the rows are, when they are not as of now. */
export function ageNote(store: TicketStore): TemplateResult | typeof nothing {
  const { at } = store.rows;
  if (at === null || (!store.offline && !store.error)) return nothing;
  const time = clockTime(store.seenAt ?? at, serverNow());
  return html`<div class="note stale" role="status">
    ${icon(store.offline ? 'offline' : 'warn', 16)}<span>${t(store.offline ? 'asOf' : 'asOfFailed', { time })}</span>
    ${
      store.offline
        ? nothing
        : html`<button class="btn small" @click=${() => store.reload()}>${icon('refresh', 16)}${t('refresh')}</button>`
    }
  </div>`;
}

/** The words on the pill; empty: nothing waits. */
export function pillText(store: TicketStore): string {
  const { fresh, changed } = store.rows.waiting;
  if (fresh && changed) return t('pillBoth', { n: fresh, changed });
  if (fresh) return t('pillFresh', { n: fresh });
  return changed ? t('pillChanged', { n: changed }) : '';
}
