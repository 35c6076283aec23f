import { translator } from '../i18n/index';
import { calls as en } from '../locales/calls/en';
import { calls as ru } from '../locales/calls/ru';

/** The words of the call panel. */
export const t = translator(ru, en);
export type Key = keyof typeof ru;

/** Whether the catalog has a word for what the server named. */
export function isKey(key: string): key is Key {
  return Object.hasOwn(ru, key);
}
