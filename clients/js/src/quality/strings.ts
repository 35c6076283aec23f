import { translator } from '../i18n/index';
import { quality as en } from '../locales/quality/en';
import { quality as ru } from '../locales/quality/ru';

/** The words of the quality section. */
export const t = translator(ru, en);
