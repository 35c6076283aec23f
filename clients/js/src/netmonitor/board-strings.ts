import { translator } from '../i18n/index';
import { board as en } from '../locales/netmonitor/board-en';
import { board as ru } from '../locales/netmonitor/board-ru';

/** The words of the dashboard. */
export const t = translator(ru, en);
