/** Queries that people have saved in Redmine itself: a menu beside the strip of views, for there may be many. */

import { css, html, nothing, type TemplateResult } from 'lit';
import { formatNumber } from '../../i18n/index';
import { icon } from '../../ui/icons';
import type { MenuItem } from '../../ui/menu';
import { t } from './strings';
import type { View } from './types';

/** What the strip shows: of Redmine's queries only the one that is open. */
export function inStrip(views: readonly View[], current: string): readonly View[] {
  return views.filter((view) => view.source !== 'redmine' || view.id === current);
}

/** Whether the list can show a view; else only Redmine can. */
export function canShow(view: View): boolean {
  return !view.reason;
}

/** What cannot be shown is greyed, says why, and opens in Redmine. */
export function savedItems(views: readonly View[], current: string): readonly MenuItem[] {
  return views
    .filter((view) => view.source === 'redmine')
    .map((view) =>
      canShow(view)
        ? {
            id: view.id,
            label: view.name,
            checked: view.id === current,
            ...(view.count === null ? {} : { hint: formatNumber(view.count) }),
          }
        : {
            id: view.id,
            label: view.name,
            note: view.reason ?? '',
            muted: true,
            ...(view.url ? { href: view.url, outside: true } : {}),
          },
    );
}

export function savedMenu(
  views: readonly View[],
  current: string,
  open: (view: string) => void,
): TemplateResult | typeof nothing {
  const items = savedItems(views, current);
  if (!items.length) return nothing;
  return html`<tez-menu
    class="saved"
    .label=${t('savedQueries')}
    .items=${items}
    @pick=${(event: CustomEvent<string>) => {
      const view = views.find((one) => one.id === event.detail);
      if (view && canShow(view)) open(view.id);
    }}
    ><span slot="trigger" class="saved-trigger"
      ><span class="long">${t('savedQueries')}</span><span class="short">Redmine</span>${icon('down', 16)}</span
    ></tez-menu
  >`;
}

export const savedStyles = css`
  .strip {
    display: flex;
    flex: none;
    align-items: center;
    min-width: 0;
    padding-inline-end: var(--tez-2);
  }
  .strip .views {
    flex: 0 1 auto;
  }
  .saved {
    flex: none;
  }
  .saved-trigger .short {
    display: none;
  }
  @container (max-width: 40rem) {
    .saved-trigger .long {
      display: none;
    }
    .saved-trigger .short {
      display: inline;
    }
  }
  .saved-trigger {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    color: var(--tez-text-2);
  }
`;
