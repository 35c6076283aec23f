import { translator } from '../i18n/index';
import { netmonitor as en } from '../locales/netmonitor/en';
import { netmonitor as ru } from '../locales/netmonitor/ru';

/** The words of the network monitor. */
export const t = translator(ru, en);
export type Key = keyof typeof ru;

/** Whether the catalog has a word for what the server named. */
export function isKey(key: string): key is Key {
  return Object.hasOwn(ru, key);
}
