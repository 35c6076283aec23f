import { html, type TemplateResult } from 'lit';
import type { Device } from '../people/types';
import { define } from '../ui/element';
import type { Desk } from './desk';
import { deviceName, kindsOf, lastError, removeDevice } from './ending';
import type { Listing } from './listing';
import { type Emptiness, ListSection } from './section';
import { t } from './strings';
import { table } from './table';
import { nameOf, type Page, type Whose } from './types';
import { seen, who } from './who';

type Row = Device & Whose;

/** <tez-admin-devices .desk>: every browser that notifications go to. */
export class TezAdminDevices extends ListSection<Row> {
  protected override readonly countKey = 'foundDevices';

  protected override list(desk: Desk): Listing<Row> {
    return desk.lists.devices;
  }

  protected override empty(): Emptiness {
    return { icon: 'screen', heading: t('noDevices'), text: t('noDevicesText') };
  }

  protected override tools(): TemplateResult {
    return this.searchBox(t('searchDevices'));
  }

  protected override rows(desk: Desk, page: Page<Row>): TemplateResult {
    return table<Row>({
      label: t('devices'),
      rows: page.rows,
      key: (row) => row.id,
      classOf: (row) => (row.user.id === desk.place.person ? 'chosen' : ''),
      open: (row) => desk.go({ person: row.user.id }),
      columns: [
        { label: t('person'), cell: (row) => who(desk, row.user) },
        { label: t('device'), cell: (row) => html`<span>${deviceName(row)}</span>` },
        { label: t('kinds'), className: 'tight', cell: (row) => html`<span>${kindsOf(row)}</span>` },
        {
          label: t('added'),
          className: 'tight second',
          cell: (row) => html`<tez-time at=${row.created_at}></tez-time>`,
        },
        { label: t('seen'), className: 'tight', cell: (row) => html`<span>${seen(row.seen_at)}</span>` },
        {
          label: t('lastError'),
          className: 'second',
          blank: (row) => !row.last_error,
          cell: (row) => lastError(row),
        },
        {
          label: t('acts'),
          quiet: true,
          className: 'end',
          cell: (row) => html`<button
            class="btn small"
            aria-label=${t('removeDeviceOf', { device: deviceName(row), name: nameOf(row.user) })}
            @click=${() => void removeDevice(desk, row.user, row)}
          >
            ${t('removeDevice')}
          </button>`,
        },
      ],
    });
  }
}
define('tez-admin-devices', TezAdminDevices);
