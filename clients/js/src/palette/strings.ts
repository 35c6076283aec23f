import { translator } from '../i18n/index';
import { palette as en } from '../locales/palette/en';
import { palette as ru } from '../locales/palette/ru';

/** The words of the palette. */
export const t = translator(ru, en);
