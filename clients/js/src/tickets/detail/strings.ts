import { translator } from '../../i18n/index';
import { tickets as en } from '../../locales/tickets/en';
import { tickets as ru } from '../../locales/tickets/ru';

/** The words of one ticket's page. */
export const t = translator(ru, en);
export type Word = Parameters<typeof t>[0];
