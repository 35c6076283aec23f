import { translator } from '../i18n/index';
import { setup as en } from '../locales/netmonitor/setup-en';
import { setup as ru } from '../locales/netmonitor/setup-ru';

/** The words of the setup page. */
export const t = translator(ru, en);
export type Key = keyof typeof ru;
