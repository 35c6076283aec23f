/** The server's clock and one shared ticker: relative times are right on a machine whose own clock is wrong. */

import { formatDate, formatRelative } from '../i18n/index';

const TICK_MS = 10_000;

let source: () => number = Date.now;
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function tick(): void {
  for (const listener of [...listeners]) listener();
}

/** `now` gives the server's time in ms since the epoch; every time on screen follows it from now on. */
export function setServerClock(now: () => number): void {
  source = now;
  tick();
}

/** The server's time, ms since the epoch. */
export function serverNow(): number {
  return source();
}

/** Calls `listener` every 10 s and when the tab comes back into view; returns its own undo. No timer runs while nobody listens. */
export function onTick(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    timer = setInterval(tick, TICK_MS);
    document.addEventListener('visibilitychange', tick);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size || timer === undefined) return;
    clearInterval(timer);
    timer = undefined;
    document.removeEventListener('visibilitychange', tick);
  };
}

/** Clock time such as `14:05`; with `now` given, another day is named too. */
export function clockTime(at: number, now?: number): string {
  if (now === undefined || sameDay(at, now)) return formatDate(at, { hour: '2-digit', minute: '2-digit' });
  return formatDate(at, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
}

/** Date and time to the second, for tooltips. */
export function exactTime(at: number): string {
  return formatDate(at, { dateStyle: 'long', timeStyle: 'medium' });
}

/** How long ago in words; from yesterday on the date, because "37 hours ago" helps nobody. */
export function relativeTime(at: number, now: number = serverNow()): string {
  const s = Math.round((at - now) / 1000);
  const past = Math.abs(s);
  if (past < 45) return formatRelative(0, 'second');
  if (past < 3600) return formatRelative(Math.trunc(s / 60) || Math.sign(s), 'minute');
  if (sameDay(at, now)) return formatRelative(Math.trunc(s / 3600), 'hour');
  if (s < 0 && sameDay(at, now - 86_400_000)) return `${formatRelative(-1, 'day')}, ${clockTime(at)}`;
  const year = new Date(at).getFullYear() === new Date(now).getFullYear() ? {} : { year: 'numeric' as const };
  return formatDate(at, { day: 'numeric', month: 'short', ...year });
}

function sameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}
