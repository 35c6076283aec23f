import { translator } from '../i18n/index';
import { dialogs as en } from '../locales/netmonitor/dialogs-en';
import { dialogs as ru } from '../locales/netmonitor/dialogs-ru';

/** The words of the dialogs. */
export const t = translator(ru, en);
