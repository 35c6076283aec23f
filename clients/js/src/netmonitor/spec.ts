/** A host's settings as the form holds them: texts by their path; what is empty is the default. Pure. */

import type { Key } from './setup-strings';
import type { Spec } from './types';

export type Kind = 'ping' | 'tcp' | 'http';
/** `ping.echoes` and the like; `critical` and other switches are `1` or empty. */
export type Values = Readonly<Record<string, string>>;

export interface Field {
  readonly path: string;
  readonly label: Key;
  readonly type: 'text' | 'number' | 'flag' | 'list' | 'numbers';
  readonly least?: number;
  readonly most?: number;
  /** The default, shown where nothing is written. */
  readonly usual?: string;
  readonly needed?: boolean;
  /** Stands in the empty field. */
  readonly hint?: Key;
}

const number = (path: string, label: Key, least: number, most: number, usual: string): Field => ({
  path,
  label,
  type: 'number',
  least,
  most,
  usual,
});

export const who: readonly Field[] = [
  { path: 'name', label: 'name', type: 'text', needed: true },
  { path: 'address', label: 'address', type: 'text', needed: true },
  { path: 'id', label: 'id', type: 'text', needed: true },
  { path: 'group', label: 'group', type: 'text', hint: 'groupHint' },
  { path: 'parent', label: 'parent', type: 'text' },
  number('interval_s', 'interval', 1, 3600, '10'),
  { path: 'notify', label: 'notify', type: 'list', hint: 'notifyHint' },
];

export const checks: Readonly<Record<Kind, readonly Field[]>> = {
  ping: [
    number('ping.echoes', 'echoes', 1, 20, '5'),
    number('ping.spacing_s', 'spacing', 0.01, 5, '0.2'),
    number('ping.timeout_s', 'timeout', 0.05, 10, '1'),
    number('ping.size', 'size', 16, 1400, '56'),
  ],
  tcp: [
    { ...number('tcp.port', 'port', 1, 65_535, ''), needed: true },
    number('tcp.timeout_s', 'timeout', 0.05, 60, '3'),
  ],
  http: [
    { path: 'http.url', label: 'url', type: 'text', needed: true },
    { path: 'http.status', label: 'status', type: 'numbers', usual: '200' },
    { path: 'http.contains', label: 'contains', type: 'text' },
    number('http.days_left', 'daysLeft', 0, 3650, '14'),
    number('http.timeout_s', 'timeout', 0.05, 60, '5'),
    { path: 'http.verify', label: 'verify', type: 'flag', usual: '1' },
  ],
};

export const limits: readonly Field[] = [
  number('limits.raise_bad', 'raiseBad', 1, 60, '3'),
  number('limits.raise_of', 'raiseOf', 1, 60, '5'),
  number('limits.clear_good', 'clearGood', 1, 60, '2'),
  number('limits.loss_raise', 'lossRaise', 0, 1, '0.2'),
  number('limits.loss_clear', 'lossClear', 0, 1, '0.05'),
  number('limits.p95_raise_ms', 'p95Raise', 0, 60_000, ''),
  number('limits.p95_clear_ms', 'p95Clear', 0, 60_000, ''),
  number('limits.flap_rounds', 'flapRounds', 3, 100, '21'),
  number('limits.flap_high', 'flapHigh', 0, 1, '0.5'),
  number('limits.flap_low', 'flapLow', 0, 1, '0.25'),
];

export function fieldsOf(kind: Kind): readonly Field[] {
  return [...who, ...checks[kind], ...limits];
}

export function kindOf(spec: Partial<Spec>): Kind {
  return spec.tcp ? 'tcp' : spec.http ? 'http' : 'ping';
}

export function valuesOf(spec: Partial<Spec>): Values {
  const values: Record<string, string> = {
    critical: spec.critical ? '1' : '',
    paused: spec.paused ? '1' : '',
    family: spec.family ?? 'any',
    'http.verify': spec.http?.verify === false ? '' : '1',
  };
  for (const field of fieldsOf(kindOf(spec))) {
    if (field.type === 'flag') continue;
    const [first = '', second] = field.path.split('.');
    const part = (spec as Record<string, unknown>)[first];
    const value = second === undefined ? part : (part as Record<string, unknown> | undefined)?.[second];
    values[field.path] =
      value === null || value === undefined ? '' : Array.isArray(value) ? value.join(', ') : String(value);
  }
  return values;
}

/** What is wrong, by path; empty: nothing that can be seen from here. */
export function wrongIn(kind: Kind, values: Values): Map<string, { readonly key: Key; readonly field: Field }> {
  const wrong = new Map<string, { key: Key; field: Field }>();
  for (const field of fieldsOf(kind)) {
    const text = (values[field.path] ?? '').trim();
    if (!text) {
      if (field.needed) wrong.set(field.path, { key: 'needed', field });
      continue;
    }
    if (field.path === 'id' && !/^[A-Za-z0-9_.-]{1,64}$/.test(text)) wrong.set(field.path, { key: 'badId', field });
    if (field.type === 'number') {
      const value = numberIn(text);
      if (value === null || value < (field.least ?? -Infinity) || value > (field.most ?? Infinity))
        wrong.set(field.path, { key: 'badNumber', field });
    }
    if (field.type === 'numbers' && !text.split(/[\s,]+/).every((one) => /^[1-5]\d\d$/.test(one)))
      wrong.set(field.path, { key: 'badStatus', field });
  }
  return wrong;
}

/** A comma serves as the point, as people write it. */
function numberIn(text: string): number | null {
  const value = Number(text.trim().replace(',', '.'));
  return text.trim() && Number.isFinite(value) ? value : null;
}

/** The settings of a form without mistakes; what is left to the default is left out. */
export function specOf(kind: Kind, values: Values): Spec {
  const spec: Record<string, unknown> = {};
  const put = (path: string, value: unknown): void => {
    const [first = '', second] = path.split('.');
    if (second === undefined) spec[first] = value;
    else spec[first] = { ...(spec[first] as object | undefined), [second]: value };
  };
  if (kind !== 'ping') put(kind, {});
  for (const field of fieldsOf(kind)) {
    const text = (values[field.path] ?? '').trim();
    if (field.type === 'flag') {
      if (!values[field.path]) put(field.path, false);
    } else if (text)
      put(
        field.path,
        field.type === 'number'
          ? numberIn(text)
          : field.type === 'list'
            ? text.split(/[\s,]+/)
            : field.type === 'numbers'
              ? text.split(/[\s,]+/).map(Number)
              : text,
      );
  }
  if (values.critical) put('critical', true);
  if (values.paused) put('paused', true);
  if (values.family && values.family !== 'any') put('family', values.family);
  return spec as unknown as Spec;
}

// biome-ignore format: a table
const LETTERS: Readonly<Record<string, string>> = {
  а: 'a', б: 'b', в: 'v', г: 'g', д: 'd', е: 'e', ё: 'e', ж: 'zh', з: 'z', и: 'i', й: 'y', к: 'k', л: 'l', м: 'm', н: 'n', о: 'o',
  п: 'p', р: 'r', с: 's', т: 't', у: 'u', ф: 'f', х: 'h', ц: 'ts', ч: 'ch', ш: 'sh', щ: 'sch', ъ: '', ы: 'y', ь: '', э: 'e', ю: 'yu', я: 'ya',
};

/** An id made of a name: `Шлюз 1` is `shlyuz-1`. */
export function idFor(name: string): string {
  const latin = [...name.toLowerCase()].map((letter) => LETTERS[letter] ?? letter).join('');
  return latin
    .replace(/[^a-z0-9_.]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64);
}

/** The field that the server means: `echoes`, `ping.echoes` and `hosts.ping.echoes` are one. */
export function pathFor(kind: Kind, named: string): string {
  const known = ['critical', 'paused', 'family', ...fieldsOf(kind).map(({ path }) => path)];
  return known.find((path) => path === named || named.endsWith(`.${path}`) || path.endsWith(`.${named}`)) ?? '';
}
