import { translator } from '../i18n/index';
import { host as en } from '../locales/netmonitor/host-en';
import { host as ru } from '../locales/netmonitor/host-ru';

/** The words of one host's page. */
export const t = translator(ru, en);
export type Key = keyof typeof ru;
