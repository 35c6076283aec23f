import { translator } from '../i18n/index';
import { overview as en } from '../locales/netmonitor/overview-en';
import { overview as ru } from '../locales/netmonitor/overview-ru';

/** The words that pages of many hosts share: the dashboard, the wall screen, the setup. */
export const t = translator(ru, en);
