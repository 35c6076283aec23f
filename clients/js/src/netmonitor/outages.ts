import { html, nothing } from 'lit';
import { formatDate } from '../i18n/index';
import { table } from '../quality/table';
import { serverNow } from '../ui/clock';
import '../ui/panel';
import '../ui/states';
import { t } from './host-strings';
import { reasonOf, stateMark } from './states';
import type { History, Outage } from './types';
import { duration } from './units';

/** The outages of the time that the history shows. */
export function outagesView({ outages }: History) {
  const rows = [...outages].sort((a, b) => b.began.localeCompare(a.began));
  const now = serverNow();
  const time = (at: string) =>
    formatDate(Date.parse(at), {
      day: 'numeric',
      month: 'short',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
  const lasts = (outage: Outage) =>
    duration(((outage.ended ? Date.parse(outage.ended) : now) - Date.parse(outage.began)) / 1000);
  return html`<tez-panel flush .heading=${t('outages')}>
    ${
      rows.length
        ? table<Outage>(
            t('outages'),
            [
              {
                label: t('outageState'),
                cell: (outage) =>
                  html`${stateMark(outage.state, 15)}${outage.maintenance ? html` <span class="tag">${t('inWorks')}</span>` : nothing}`,
              },
              { label: t('began'), cell: (outage) => time(outage.began) },
              { label: t('ended'), cell: (outage) => (outage.ended ? time(outage.ended) : t('still')) },
              { label: t('lasted'), cell: lasts, end: true },
              { label: t('reason'), cell: (outage) => reasonOf(outage.reason) || '—', soft: true },
            ],
            rows,
          )
        : html`<tez-empty icon="check" .heading=${t('noOutages')}></tez-empty>`
    }
  </tez-panel>`;
}
