/** Quiet hours: the weekly windows that the person edits, and whether it is quiet at a moment. */

import type { QuietWindow } from './types';

export const WEEK: readonly number[] = [0, 1, 2, 3, 4, 5, 6];
export const MOST_WINDOWS = 20;

export interface Moment {
  /** 0 is Monday. */
  readonly day: number;
  /** `HH:MM`. */
  readonly time: string;
}

/** The wall clock of `zone` at `now`, ms. An unknown zone gives the browser's own. */
export function momentIn(zone: string, now: number): Moment {
  let parts: Intl.DateTimeFormatPart[];
  const options = { weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  try {
    parts = new Intl.DateTimeFormat('en', { ...options, timeZone: zone }).formatToParts(now);
  } catch {
    parts = new Intl.DateTimeFormat('en', options).formatToParts(now);
  }
  const get = (type: string) => parts.find((part) => part.type === type)?.value ?? '';
  return {
    day: Math.max(0, ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(get('weekday'))),
    time: `${get('hour')}:${get('minute')}`,
  };
}

/** Whether a window holds the moment, as the hub decides (hub/policy.py): from start up to end; over midnight it goes on into the next day. */
export function isQuiet(windows: readonly QuietWindow[], { day, time }: Moment): boolean {
  return windows.some(({ days, start, end }) => {
    if (start < end) return days.includes(day) && time >= start && time < end;
    return (days.includes(day) && time >= start) || (days.includes((day + 6) % 7) && time < end);
  });
}

export function toggleDay(window: QuietWindow, day: number): QuietWindow {
  const days = window.days.includes(day) ? window.days.filter((one) => one !== day) : [...window.days, day].sort();
  return { ...window, days };
}
