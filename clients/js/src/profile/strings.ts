import { translator } from '../i18n/index';
import { profile as en } from '../locales/profile/en';
import { profile as ru } from '../locales/profile/ru';
import type { Fault } from './model';

/** The words of the profile. */
export const t = translator(ru, en);
export type Key = keyof typeof ru;

/** The catalog's word for what the server named, else `otherwise`. */
export function word(key: string, otherwise: string): string {
  return Object.hasOwn(ru, key) ? t(key as Key) : otherwise;
}

/** Why something failed, for people. */
export function why(fault: Fault): string {
  return fault.message || t('noAnswer');
}
