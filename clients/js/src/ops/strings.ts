import { translator } from '../i18n/index';
import { ops as en } from '../locales/ops/en';
import { ops as ru } from '../locales/ops/ru';

/** The words of the operations page. */
export const t = translator(ru, en);
export type Key = keyof typeof ru;

/** Whether the catalog has a word for what the server named. */
export function isKey(key: string): key is Key {
  return Object.hasOwn(ru, key);
}
