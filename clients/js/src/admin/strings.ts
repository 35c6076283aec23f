import { translator } from '../i18n/index';
import { admin as en } from '../locales/admin/en';
import { admin as ru } from '../locales/admin/ru';

/** The words of the administrators' page. */
export const t = translator(ru, en);
export type Key = keyof typeof ru;

/** Whether the catalog has a word for what the server named. */
export function isKey(key: string): key is Key {
  return Object.hasOwn(ru, key);
}
