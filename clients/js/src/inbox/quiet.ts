/** Quiet hours: when a person wants to hear nothing. The hub decides the same for push (hub/policy.py). */

export interface QuietWindow {
  /** 0 is Monday. */
  readonly days: readonly number[];
  readonly start: string;
  readonly end: string;
}

/** The person's quiet hours, as the preferences say. */
export interface QuietHours {
  readonly windows: readonly QuietWindow[];
  /** Of the windows' times, IANA. */
  readonly zone: string;
  /** Whether what is critical is heard all the same. */
  readonly pierced: boolean;
}

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

/** Whether nothing is to be heard at `now`, ms. */
export function silenced(hours: QuietHours, now: number, critical = false): boolean {
  if (!hours.windows.length || (critical && hours.pierced)) return false;
  return isQuiet(hours.windows, momentIn(hours.zone, now));
}
