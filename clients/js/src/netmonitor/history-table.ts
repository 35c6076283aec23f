import { html } from 'lit';
import { formatDate, formatNumber } from '../i18n/index';
import '../ui/table';
import { t } from './host-strings';
import type { History } from './types';
import { millis, share } from './units';

/** The points of a history, the newest first. */
export function historyTable({ points }: History) {
  const rows = points.at.map((at, i) => ({ at, i })).reverse();
  const at = (seconds: number) =>
    formatDate(seconds * 1000, {
      day: 'numeric',
      month: 'short',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
  const column = (key: 'min' | 'p50' | 'p95' | 'max', label: string) => ({
    key,
    label,
    align: 'end' as const,
    cell: (row: { i: number }) => millis(points[key][row.i]),
  });
  return html`<tez-table
    .label=${t('history')}
    .rows=${rows}
    .columns=${[
      { key: 'at', label: t('at'), cell: (row: { at: number }) => at(row.at) },
      column('min', t('least')),
      column('p50', t('median')),
      column('p95', t('p95')),
      column('max', t('most')),
      {
        key: 'loss',
        label: t('loss'),
        align: 'end' as const,
        cell: (row: { i: number }) => share(points.loss[row.i]),
      },
      {
        key: 'count',
        label: t('sent'),
        align: 'end' as const,
        cell: (row: { i: number }) => (points.count[row.i] == null ? '—' : formatNumber(points.count[row.i] ?? 0)),
      },
    ]}
  ></tez-table>`;
}
