/** Numbers of the network in the person's language. */

import { formatNumber } from '../i18n/index';
import { t } from './strings';

const unit = (value: number, name: string, digits: number) =>
  formatNumber(value, { style: 'unit', unit: name, maximumFractionDigits: digits, minimumFractionDigits: digits });

/** `0,24 мс`, `3,1 мс`, `45 мс`, `1,2 с`; a dash for null. */
export function millis(value: number | null | undefined): string {
  if (value === null || value === undefined) return '—';
  if (value < 1) return unit(value, 'millisecond', 2);
  if (value < 10) return unit(value, 'millisecond', 1);
  return value < 1000 ? unit(value, 'millisecond', 0) : unit(value / 1000, 'second', 1);
}

/** A share as `0 %`, `2,5 %`, `20 %`; a dash for null. */
export function share(value: number | null | undefined): string {
  if (value === null || value === undefined) return '—';
  const percent = value * 100;
  return formatNumber(value, { style: 'percent', maximumFractionDigits: percent > 0 && percent < 10 ? 1 : 0 });
}

/** Uptime in percent: never rounded up to 100, for one lost minute is to be seen. */
export function uptime(percent: number | null | undefined): string {
  if (percent === null || percent === undefined) return '—';
  const digits = percent >= 99.9 && percent < 100 ? 3 : 2;
  const cut = Math.floor(percent * 10 ** digits) / 10 ** digits;
  return formatNumber(cut / 100, { style: 'percent', maximumFractionDigits: digits });
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** Seconds as people say them, two units at most: `40 с`, `14 мин`, `2 ч 5 мин`, `3 д 4 ч`; never negative. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < MINUTE) return t('seconds', { n: s });
  if (s < HOUR) return t('minutes', { n: Math.floor(s / MINUTE) });
  if (s < DAY) {
    const [h, m] = [Math.floor(s / HOUR), Math.floor((s % HOUR) / MINUTE)];
    return m && h < 10 ? t('hoursMinutes', { h, m }) : t('hours', { n: h });
  }
  const [d, h] = [Math.floor(s / DAY), Math.floor((s % DAY) / HOUR)];
  return h && d < 10 ? t('daysHours', { d, h }) : t('days', { n: d });
}

/** How long ago the moment was, by the clock `now`; empty for no moment. */
export function lasting(since: string | null | undefined, now: number): string {
  const at = since ? Date.parse(since) : Number.NaN;
  return Number.isNaN(at) ? '' : duration((now - at) / 1000);
}
