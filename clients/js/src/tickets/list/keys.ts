/** The keyboard map of the ticket list. By physical keys, as the inbox's, so that the Russian layout works. */

import type { Stroke } from '../../inbox/keys';

export type KeyAct =
  | 'help'
  | 'search'
  | 'next'
  | 'previous'
  | 'extendDown'
  | 'extendUp'
  | 'first'
  | 'last'
  | 'pageDown'
  | 'pageUp'
  | 'select'
  | 'selectAll'
  | 'clear'
  | 'open'
  | 'edit'
  | 'status'
  | 'priority'
  | 'assignee'
  | 'comment'
  | 'read'
  | 'fresh'
  | 'undo';

export interface Standing {
  /** The focus is on a row; only then arrows, Home and the like are not for scrolling. */
  readonly inList: boolean;
  /** There is a current row to act upon. */
  readonly row: boolean;
  /** Something is selected. */
  readonly selected: boolean;
  /** A change of many can be taken back. */
  readonly undo: boolean;
}

const plain: Readonly<Record<string, KeyAct>> = {
  KeyJ: 'next',
  KeyK: 'previous',
  Slash: 'search',
  KeyN: 'fresh',
};
const onRow: Readonly<Record<string, KeyAct>> = {
  KeyX: 'select',
  KeyO: 'open',
  KeyE: 'edit',
  KeyS: 'status',
  KeyP: 'priority',
  KeyA: 'assignee',
  KeyC: 'comment',
  KeyU: 'read',
};
const inList: Readonly<Record<string, KeyAct>> = {
  ArrowDown: 'next',
  ArrowUp: 'previous',
  Home: 'first',
  End: 'last',
  PageDown: 'pageDown',
  PageUp: 'pageUp',
  Space: 'select',
};
const shifted: Readonly<Record<string, KeyAct>> = { KeyJ: 'extendDown', KeyK: 'extendUp' };
const shiftedInList: Readonly<Record<string, KeyAct>> = { ArrowDown: 'extendDown', ArrowUp: 'extendUp' };

const get = (map: Readonly<Record<string, KeyAct>>, code: string): KeyAct | null =>
  Object.hasOwn(map, code) ? (map[code] ?? null) : null;

/** What the key means here, or null: it is none of the list's business. */
export function keyAct(stroke: Stroke, at: Standing): KeyAct | null {
  const command = stroke.ctrlKey || stroke.metaKey;
  if (command && !stroke.altKey && !stroke.shiftKey) {
    if (stroke.code === 'KeyZ' && at.undo) return 'undo';
    if (stroke.code === 'KeyA' && at.inList) return 'selectAll';
  }
  if (command || stroke.altKey) return null;
  if (stroke.key === '?' || (stroke.code === 'Slash' && stroke.shiftKey)) return 'help';
  if (stroke.shiftKey) return get(shifted, stroke.code) ?? (at.inList ? get(shiftedInList, stroke.code) : null);
  if (stroke.code === 'Escape') return at.selected ? 'clear' : null;
  return (
    get(plain, stroke.code) ??
    (at.inList ? get(inList, stroke.code) : null) ??
    (at.row ? get(onRow, stroke.code) : null)
  );
}
