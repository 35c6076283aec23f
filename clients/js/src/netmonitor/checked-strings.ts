import { translator } from '../i18n/index';
import { checked as en } from '../locales/netmonitor/checked-en';
import { checked as ru } from '../locales/netmonitor/checked-ru';

/** The words of what a ping and a trace that were asked for came to. */
export const t = translator(ru, en);
