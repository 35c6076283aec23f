import { translator } from '../i18n/index';
import { gallery as en } from '../locales/en';
import { gallery as ru } from '../locales/ru';

/** The words of the gallery. */
export const t = translator(ru, en);
