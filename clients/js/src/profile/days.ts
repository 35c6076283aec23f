/** Days as `YYYY-MM-DD`, without a time and hence without a zone. */

import { formatDate } from '../i18n/index';

const DAY_MS = 86_400_000;

function at(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}

/** `8 декабря 2026`: without the `г.` of the Russian form, whose full stop would meet that of the sentence. */
export function longDay(day: string): string {
  return named(day, { year: 'numeric' });
}

/** `8 дек.`, with the year where it is another than that of `today`. */
export function shortDay(day: string, today: string): string {
  const year = day.slice(0, 4) === today.slice(0, 4) ? {} : { year: 'numeric' as const };
  return named(day, year);
}

function named(day: string, more: Intl.DateTimeFormatOptions): string {
  return formatDate(at(day), { day: 'numeric', month: 'long', timeZone: 'UTC', ...more }).replace(/\s*г\.$/, '');
}

export function plusDays(day: string, days: number): string {
  return new Date(at(day) + days * DAY_MS).toISOString().slice(0, 10);
}

/** A whole day, as a date field gives it. */
export function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(at(text));
}

/** What to offer beside a free choice: 30, 60 days from today and the furthest day, those that may be chosen. */
export function choices(today: string, first: string, last: string, steps: readonly number[] = [30, 60]): string[] {
  const days = steps.map((step) => plusDays(today, step)).filter((day) => day >= first && day < last);
  return [...days, last];
}
