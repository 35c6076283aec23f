/** The time zones that one can choose. */

const RUSSIA = [
  'Europe/Kaliningrad',
  'Europe/Moscow',
  'Europe/Samara',
  'Asia/Yekaterinburg',
  'Asia/Omsk',
  'Asia/Novosibirsk',
  'Asia/Krasnoyarsk',
  'Asia/Irkutsk',
  'Asia/Yakutsk',
  'Asia/Vladivostok',
  'Asia/Magadan',
  'Asia/Kamchatka',
] as const;

/** The zones of Russia from west to east, and all others by name. The present one is among them whatever it is. */
export function zones(present: string): { readonly russia: readonly string[]; readonly other: readonly string[] } {
  const all = typeof Intl.supportedValuesOf === 'function' ? Intl.supportedValuesOf('timeZone') : [];
  const russia: readonly string[] = RUSSIA;
  const other = [...new Set(['UTC', present, ...all])].filter((zone) => zone && !russia.includes(zone)).sort();
  return { russia, other };
}

/** `UTC+3`, or nothing for a zone that the browser does not know. */
export function offset(zone: string, now: number): string {
  try {
    const parts = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'shortOffset' }).formatToParts(now);
    return (parts.find((part) => part.type === 'timeZoneName')?.value ?? '').replace('GMT', 'UTC');
  } catch {
    return '';
  }
}

/** The zone of this computer; empty when it does not tell. */
export function hereZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone ?? '';
}
