import { translator } from '../i18n/index';
import { wall as en } from '../locales/netmonitor/wall-en';
import { wall as ru } from '../locales/netmonitor/wall-ru';

/** The words of the wall screen. */
export const t = translator(ru, en);
