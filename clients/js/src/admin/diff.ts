/** Before and after of an audit line, field by field. */

import { exactTime } from '../ui/clock';
import { isKey, t } from './strings';
import type { AuditLine } from './types';

export interface FieldDiff {
  readonly field: string;
  /** null: there was nothing; undefined: nothing is said of it. */
  readonly before: string | null | undefined;
  readonly after: string | null | undefined;
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/** The fields that differ, in the order in which they were written; those that only `after` has come last. */
export function diff(line: Pick<AuditLine, 'before' | 'after'>): FieldDiff[] {
  const before = line.before ?? {};
  const after = line.after ?? {};
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .map((key) => ({ field: fieldName(key), before: told(before, key), after: told(after, key) }))
    .filter((one) => one.before !== one.after);
}

/** `permission.granted` in words; an action without words by its code. */
export function actionName(action: string): string {
  const key = `act_${action.replaceAll(/[^a-z0-9]+/g, '_')}`;
  return isKey(key) ? t(key) : action;
}

function fieldName(name: string): string {
  const key = `field_${name}`;
  const right = `right_${name}`;
  return isKey(key) ? t(key) : isKey(right) ? t(right) : name;
}

function told(values: Readonly<Record<string, unknown>>, key: string): string | null | undefined {
  return Object.hasOwn(values, key) ? shown(values[key]) : undefined;
}

function shown(value: unknown): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
  if (Array.isArray(value)) return value.map((one) => shown(one) ?? '—').join(', ') || null;
  if (typeof value === 'object') return JSON.stringify(value);
  const text = String(value);
  if (INSTANT.test(text)) return exactTime(Date.parse(text));
  const key = `right_${text}`;
  const standing = `standing_${text}`;
  return isKey(key) ? t(key) : isKey(standing) ? t(standing) : text;
}
