import { translator } from '../i18n/index';
import { inbox as en } from '../locales/en';
import { inbox as ru } from '../locales/ru';

/** The words of the inbox. */
export const t = translator(ru, en);
