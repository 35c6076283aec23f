/** Languages of the interface: one current locale for the page, typed catalogs, plurals and formats by `Intl`. */

export type Locale = 'ru' | 'en';
export type Plural = { readonly other: string } & { readonly [C in Intl.LDMLPluralRule]?: string };
export type Message = string | Plural;

/** What another language must bring for the catalog `T`: every key, and a plural where `T` has one. */
export type Same<T> = { readonly [K in keyof T]: T[K] extends string ? string : Plural };

export type Params = Readonly<Record<string, string | number>>;

export const locales: readonly Locale[] = ['ru', 'en'];

const listeners = new Set<() => void>();
let current: Locale = 'ru';

export function isLocale(value: unknown): value is Locale {
  return value === 'ru' || value === 'en';
}

export function locale(): Locale {
  return current;
}

export function setLocale(next: Locale): void {
  if (next === current) return;
  current = next;
  for (const listener of [...listeners]) listener();
}

/** Calls `listener` after each change of the language; returns its own undo. */
export function onLocale(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

// Intl objects cost about 50 µs to make and a list wants hundreds: made once for each language and form.
const made = new Map<string, unknown>();
function once<T>(key: string, make: () => T): T {
  const known = made.get(key) as T | undefined;
  if (known !== undefined) return known;
  const fresh = make();
  made.set(key, fresh);
  return fresh;
}

/** The message for `count` in `lang`; `{n}` is the number as that language writes it. */
export function plural(lang: Locale, message: Plural, count: number): string {
  const rule = once(`p:${lang}`, () => new Intl.PluralRules(lang)).select(count);
  return message[rule] ?? message.other;
}

export function formatNumber(value: number, options: Intl.NumberFormatOptions = {}, lang: Locale = current): string {
  return once(`n:${lang}:${JSON.stringify(options)}`, () => new Intl.NumberFormat(lang, options)).format(value);
}

export function formatDate(at: number | Date, options: Intl.DateTimeFormatOptions, lang: Locale = current): string {
  return once(`d:${lang}:${JSON.stringify(options)}`, () => new Intl.DateTimeFormat(lang, options)).format(at);
}

export function formatList(items: readonly string[], lang: Locale = current): string {
  return once(`l:${lang}`, () => new Intl.ListFormat(lang, { type: 'conjunction' })).format(items);
}

export function formatRelative(value: number, unit: Intl.RelativeTimeFormatUnit, lang: Locale = current): string {
  return once(`r:${lang}`, () => new Intl.RelativeTimeFormat(lang, { numeric: 'auto', style: 'short' })).format(
    value,
    unit,
  );
}

/** Fills `{name}` from `params`; numbers are written as the language writes them, unknown names stay as they are. */
export function fill(text: string, params: Params, lang: Locale = current): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    return value === undefined ? whole : typeof value === 'number' ? formatNumber(value, {}, lang) : value;
  });
}

/** A translator over one catalog in every language. A plural is chosen by the parameter `n`. */
export function translator<T extends Readonly<Record<string, Message>>>(
  ru: T,
  en: Same<T>,
): (key: keyof T & string, params?: Params) => string {
  const all: Record<Locale, Same<T>> = { ru: ru as unknown as Same<T>, en };
  return (key, params = {}) => {
    const message: Message = all[current][key];
    const text = typeof message === 'string' ? message : plural(current, message, Number(params.n ?? 0));
    return fill(text, params);
  };
}

/** One line out of {ru, en} as events carry it; falls back to the other language, then to nothing. */
export function pick(
  text: { readonly ru?: string; readonly en?: string } | null | undefined,
  lang: Locale = current,
): string {
  return text?.[lang] || text?.[lang === 'ru' ? 'en' : 'ru'] || '';
}
