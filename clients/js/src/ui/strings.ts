import { translator } from '../i18n/index';
import { ui as en } from '../locales/en';
import { ui as ru } from '../locales/ru';

/** The words of the components themselves. */
export const t = translator(ru, en);
