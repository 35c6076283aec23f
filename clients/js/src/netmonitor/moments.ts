/** Moments as people choose them, and as `datetime-local` fields hold them: in this browser's zone. */

/** The zone that moments are meant in here. */
export function zone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

/** `2026-11-23T18:05` of a moment in ms since 1970. */
export function fieldText(at: number): string {
  const date = new Date(at);
  return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** The moment of a field's text; null: there is none. */
export function momentOf(text: string): Date | null {
  const at = new Date(text);
  return text && !Number.isNaN(at.getTime()) ? at : null;
}

/** The next 9:00 after today. */
export function tomorrow(now: number): number {
  const at = new Date(now);
  return new Date(at.getFullYear(), at.getMonth(), at.getDate() + 1, 9).getTime();
}
