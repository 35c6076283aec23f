import { translator } from '../i18n/index';
import { shell as en } from '../locales/en';
import { shell as ru } from '../locales/ru';

/** The words of the frame. */
export const t = translator(ru, en);
