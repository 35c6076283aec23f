/** Which call a hotkey means: the first, in the order in which they want something, whose leg allows it. */

import type { KeyAct } from './keys';
import { can } from './look';
import type { Dialog } from './types';

/** What a card opens below its keys. */
export type Sheet = 'keypad' | 'consult' | 'transfer';

export type Aim =
  | { readonly dialog: string; readonly action: string }
  | { readonly dialog: string; readonly sheet: Sheet };

const actions: Readonly<Partial<Record<KeyAct, readonly (readonly [action: string, needs: string])[]>>> = {
  answer: [['answer', 'ANSWER']],
  hold: [
    ['hold', 'HOLD'],
    ['retrieve', 'RETRIEVE'],
  ],
  drop: [['drop', 'DROP']],
  // With a consultation the key ends it as what it was for; without one it asks to whom.
  transfer: [['transfer', 'TRANSFER']],
};

const sheets: Readonly<Partial<Record<KeyAct, readonly [Sheet, ...string[]]>>> = {
  consult: ['consult', 'CONSULT_CALL'],
  transfer: ['transfer', 'TRANSFER_SST', 'CONSULT_CALL'],
  keypad: ['keypad', 'SEND_DTMF'],
};

/** Null: the key means no call, or none that is there. */
export function aimOf(act: KeyAct, calls: readonly Dialog[]): Aim | null {
  for (const [action, needs] of actions[act] ?? []) {
    const dialog = calls.find((one) => can(one, needs));
    if (dialog) return { dialog: dialog.id, action };
  }
  const [sheet, ...needs] = sheets[act] ?? [];
  const dialog = sheet && calls.find((one) => needs.some((need) => can(one, need)));
  return sheet && dialog ? { dialog: dialog.id, sheet } : null;
}
