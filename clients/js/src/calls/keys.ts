/** The keyboard map of the panel. By physical keys, with Alt, so that it works on the Russian layout and while one types. */

import type { Stroke } from '../inbox/keys';

export type KeyAct =
  | 'answer'
  | 'hold'
  | 'drop'
  | 'consult'
  | 'transfer'
  | 'keypad'
  | 'ready'
  | 'notReady'
  | 'dial'
  | 'panel';

const map: Readonly<Record<string, KeyAct>> = {
  KeyA: 'answer',
  KeyH: 'hold',
  KeyX: 'drop',
  KeyC: 'consult',
  KeyT: 'transfer',
  KeyK: 'keypad',
  KeyR: 'ready',
  KeyN: 'notReady',
  KeyM: 'dial',
  KeyP: 'panel',
};

/** What the key means, or null. AltGr writes letters on many layouts and is none of ours. */
export function keyAct(stroke: Stroke): KeyAct | null {
  if (!stroke.altKey || stroke.ctrlKey || stroke.metaKey || stroke.shiftKey) return null;
  return Object.hasOwn(map, stroke.code) ? (map[stroke.code] ?? null) : null;
}

/** As the screen names a key. */
export const keyName = (act: KeyAct): string => {
  const code = Object.keys(map).find((key) => map[key] === act) ?? '';
  return `Alt+${code.slice(3)}`;
};

/** A digit of either row of keys, 1 to 9, as an index; null for anything else. */
export function digitOf(stroke: Stroke): number | null {
  if (stroke.altKey || stroke.ctrlKey || stroke.metaKey || stroke.shiftKey) return null;
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(stroke.code)?.[1];
  return digit === undefined ? null : Number(digit) - 1;
}
