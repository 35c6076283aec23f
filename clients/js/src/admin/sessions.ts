import { html, type TemplateResult } from 'lit';
import type { UserSession } from '../people/types';
import { define } from '../ui/element';
import type { Desk } from './desk';
import { browserName, endSession, marks } from './ending';
import type { Listing } from './listing';
import { type Emptiness, ListSection } from './section';
import { t } from './strings';
import { table } from './table';
import { nameOf, type Page, type Whose } from './types';
import { who } from './who';

type Row = UserSession & Whose;

/** <tez-admin-sessions .desk>: every sign-in that is still good. */
export class TezAdminSessions extends ListSection<Row> {
  protected override readonly countKey = 'foundSessions';

  protected override list(desk: Desk): Listing<Row> {
    return desk.lists.sessions;
  }

  protected override empty(): Emptiness {
    return { icon: 'exit', heading: t('noSessions'), text: '' };
  }

  protected override tools(): TemplateResult {
    return this.searchBox(t('searchSessions'));
  }

  protected override rows(desk: Desk, page: Page<Row>): TemplateResult {
    return table<Row>({
      label: t('sessions'),
      rows: page.rows,
      key: (row) => row.id,
      classOf: (row) => (row.user.id === desk.place.person ? 'chosen' : ''),
      open: (row) => desk.go({ person: row.user.id }),
      columns: [
        { label: t('person'), cell: (row) => who(desk, row.user) },
        { label: t('browser'), cell: (row) => html`<span title=${row.agent}>${browserName(row)} ${marks(row)}</span>` },
        { label: t('address'), className: 'mono second', cell: (row) => html`<span>${row.address}</span>` },
        {
          label: t('started'),
          className: 'tight second',
          cell: (row) => html`<tez-time at=${row.created_at}></tez-time>`,
        },
        { label: t('seen'), className: 'tight', cell: (row) => html`<tez-time at=${row.seen_at}></tez-time>` },
        {
          label: t('expires'),
          className: 'tight second',
          cell: (row) => html`<tez-time at=${row.expires_at}></tez-time>`,
        },
        {
          label: t('acts'),
          quiet: true,
          className: 'end',
          cell: (row) => html`<button
            class="btn small"
            aria-label=${t('endSessionOf', { browser: browserName(row), name: nameOf(row.user) })}
            @click=${() => void endSession(desk, row.user, row)}
          >
            ${t('endSession')}
          </button>`,
        },
      ],
    });
  }
}
define('tez-admin-sessions', TezAdminSessions);
