/** What the list shows where there are no rows: instead of all of them, and below the last one. */

import { css, html, nothing } from 'lit';
import '../ui/states';
import { t as word } from '../ui/strings';
import type { Filter } from './model';
import type { Inbox } from './store';
import { t } from './strings';

/** Why there is no row: it failed, it is not here yet, the filter lets nothing through, or there is nothing. */
export function noRows(store: Inbox | null, filter: Filter, showAll: () => void) {
  if (store?.error) {
    return html`<tez-error .heading=${t('loadFailed')} .text=${store.error.message} @retry=${() => void store.load()}></tez-error>`;
  }
  if (!store || (store.loading && !store.items.length)) {
    return html`<tez-loading @retry=${() => void store?.load()}></tez-loading>`;
  }
  if (filter.kind || filter.unread) {
    return html`<tez-empty icon="check" .heading=${t('nothingTitle')}>
        <button class="btn" @click=${showAll}>${t('showAll')}</button>
      </tez-empty>
      ${store.complete ? nothing : html`<div class="foot"></div>`}`;
  }
  return html`<tez-empty icon="bell" .heading=${t('emptyTitle')} .text=${t('emptyText')}></tez-empty>
    ${store.complete ? nothing : html`<div class="foot"></div>`}`;
}

/** Whether older rows follow; `full`: no more of them are shown here. Coming into view, it makes the list load them. */
export function foot(store: Inbox, full: boolean) {
  if (store.error) {
    return html`<div class="foot">
      ${t('olderFailed')} <button class="btn small" @click=${() => void store.more()}>${word('retry')}</button>
    </div>`;
  }
  return html`<div class="foot">${full ? t('limit') : store.complete ? t('end') : t('older')}</div>`;
}

export const aroundStyles = css`
  .foot {
    padding: var(--tez-3) var(--tez-4);
    color: var(--tez-text-3);
    font-size: var(--tez-s);
    text-align: center;
  }
`;
