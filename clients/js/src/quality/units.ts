import { formatDate, formatNumber, locale } from '../i18n/index';
import type { Figure, Who } from './api';
import { t } from './strings';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Seconds as people say them, two units at most: `3 д 4 ч`, `2 ч 5 мин`, `40 с`; a dash for nothing. */
export function duration(seconds: number | null): string {
  if (seconds === null) return '—';
  const s = Math.max(0, Math.round(seconds));
  if (s < MINUTE) return t('seconds', { n: s });
  if (s < HOUR) return t('minutes', { n: Math.round(s / MINUTE) });
  if (s < DAY) {
    const minutes = Math.round(s / MINUTE);
    const [h, m] = [Math.floor(minutes / 60), minutes % 60];
    if (h === 24) return t('days', { n: 1 });
    return m && h < 10 ? t('hoursMinutes', { h, m }) : t('hours', { n: m >= 30 && h >= 10 ? h + 1 : h });
  }
  const hours = Math.round(s / HOUR);
  const [d, h] = [Math.floor(hours / 24), hours % 24];
  return h && d < 10 ? t('daysHours', { d, h }) : t('days', { n: h >= 12 && d >= 10 ? d + 1 : d });
}

/** `part` of `whole` in percent; null when there is no whole. */
export function share(part: number, whole: number): number | null {
  return whole ? (100 * part) / whole : null;
}

export function percent(value: number | null): string {
  return value === null
    ? '—'
    : formatNumber(value / 100, { style: 'percent', maximumFractionDigits: value > 0 && value < 10 ? 1 : 0 });
}

/** The name, or what is known of one who was deleted; `nobody` for no one at all. */
export function nameOf(who: Who | null | undefined, nobody: string): string {
  if (!who) return nobody;
  return who.name ?? t('deleted', { n: String(who.id) });
}

/** The Monday of an ISO week such as `2026-W48`, at midnight UTC, ms since 1970. */
export function mondayOf(week: string): number {
  const [year = 1970, number = 1] = week.split('-W').map(Number);
  const fourth = new Date(Date.UTC(year, 0, 4)); // ISO 8601: 4 January is always in week 1
  const weekday = (fourth.getUTCDay() + 6) % 7;
  return fourth.getTime() + ((number - 1) * 7 - weekday) * 86_400_000;
}

/** A week as people say it: its days, `23–29 нояб.` */
export function weekLabel(week: string): string {
  const begin = mondayOf(week);
  const format = new Intl.DateTimeFormat(locale(), { day: 'numeric', month: 'short', timeZone: 'UTC' });
  return format.formatRange(begin, begin + 6 * 86_400_000);
}

/** A day `YYYY-MM-DD` as people write it. */
export function dayLabel(day: string): string {
  const at = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(at) ? day : formatDate(at, { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
}

/** `YYYY-MM-DD` of the moment in the zone, `back` days earlier. */
export function dayIn(zone: string, at: number, back = 0): string {
  const text = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' }).format(at);
  return new Date(Date.parse(`${text}T00:00:00Z`) - back * 86_400_000).toISOString().slice(0, 10);
}

/** What a row of figures is about. */
export function rowName(row: Figure, by: string): string {
  if (row.week) return weekLabel(row.week);
  return nameOf(row.who, t(by === 'group' ? 'noGroup' : 'unassigned'));
}
