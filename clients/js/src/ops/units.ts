/** Numbers of a machine in the person's language. */

import { formatNumber } from '../i18n/index';

const unit = (value: number, name: string, digits: number) =>
  formatNumber(value, { style: 'unit', unit: name, maximumFractionDigits: digits });

/** `512 Б`, `64,5 кБ`, `1,2 МБ`. */
export function bytes(value: number): string {
  if (value < 1000) return unit(value, 'byte', 0);
  if (value < 1e6) return unit(value / 1e3, 'kilobyte', value < 1e5 ? 1 : 0);
  if (value < 1e9) return unit(value / 1e6, 'megabyte', value < 1e8 ? 1 : 0);
  return unit(value / 1e9, 'gigabyte', 1);
}

/** `0,4 мс`, `15 мс`, `1,2 с`; a dash for null. */
export function millis(value: number | null): string {
  if (value === null) return '—';
  return value < 1000 ? unit(value, 'millisecond', value < 10 ? 1 : 0) : unit(value / 1000, 'second', 1);
}

/** Per second: `0,5` for little, whole numbers for much. */
export function rate(value: number): string {
  return formatNumber(value, { maximumFractionDigits: value < 10 ? 1 : 0 });
}

/** `3 с`, `4 мин`, `2 ч`, `5 дн.`: an age, never negative. */
export function age(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 90) return unit(s, 'second', 0);
  if (s < 5400) return unit(s / 60, 'minute', 0);
  if (s < 129_600) return unit(s / 3600, 'hour', 0);
  return unit(s / 86_400, 'day', 0);
}
