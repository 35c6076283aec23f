/** What went wrong, and what a call is doing, in words. */

import { pick } from '../i18n/index';
import { readable } from './look';
import type { Barred, Fault } from './store';
import { isKey, t } from './strings';
import type { Dialog } from './types';

const actions: Readonly<Record<string, 'answer' | 'hold' | 'retrieve' | 'drop' | 'consult' | 'conference'>> = {
  answer: 'answer',
  hold: 'hold',
  retrieve: 'retrieve',
  drop: 'drop',
  consult: 'consult',
  conference: 'conference',
};

/** Why it did not happen: by the code, in the language of the moment; what no catalog knows in the server's words, and what names a mend. */
export function faultText(fault: Fault): string {
  const { code, message } = fault;
  const said = typeof message === 'string' ? message : pick(message);
  const key = `fault_${code}`;
  const told = (code === 'bad_value' && said) || (isKey(key) ? t(key) : said || t('fault_unknown'));
  const action = Object.hasOwn(actions, fault.action) ? actions[fault.action] : undefined;
  return action ? `${t(action)}: ${lower(told)}` : told;
}

const lower = (text: string): string =>
  /^\p{Lu}\p{Ll}/u.test(text) ? text.charAt(0).toLocaleLowerCase() + text.slice(1) : text;

/** Why nothing can be sent: what a key says of itself then. */
export function barredText(barred: NonNullable<Barred>): string {
  if (barred === 'offline' || barred === 'stale') return t(`${barred}Why`);
  return barred === 'connecting' ? t('connecting') : t(`fault_${barred}`);
}

/** What a call variable is called: those that the contact centre only numbers by a word, others without the mark of their kind. */
export function variableText(name: string): string {
  const n = /^callVariable(\d+)$/.exec(name)?.[1];
  return n === undefined ? name.replace(/^user\.(?=.)/, '') : t('variable', { n });
}

/** A reason in words: those of the contact centre's own, which nobody there translates, by the catalog. */
export function reasonText(label: string): string {
  const key = `reason_${label.toLowerCase().replace(/\W+/g, '_')}`;
  return isKey(key) ? t(key) : label;
}

/** What the leg is doing. */
export function legWord(dialog: Dialog): string {
  const state = dialog.leg?.state ?? dialog.state;
  if (state === 'ALERTING') return t(dialog.direction === 'out' ? 'legDialling' : 'legIncoming');
  const key = `leg_${state}`;
  return isKey(key) ? t(key) : state;
}

/** The number as people read it, or that it is hidden. */
export const numberText = (number: string): string => (number ? readable(number) : t('hidden'));
