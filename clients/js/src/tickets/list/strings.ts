import { translator } from '../../i18n/index';
import { ticketList as en } from '../../locales/ticket-list/en';
import { ticketList as ru } from '../../locales/ticket-list/ru';

/** The words of the ticket list. */
export const t = translator(ru, en);
export type Key = keyof typeof ru;

/** Whether the catalog has a word for what the server named. */
export function isKey(key: string): key is Key {
  return Object.hasOwn(ru, key);
}
