/** The keyboard map of the dashboard. By physical keys, as the inbox's, so that the Russian layout works. */

import type { Stroke } from '../inbox/keys';

export type KeyAct =
  | 'help'
  | 'search'
  | 'next'
  | 'previous'
  | 'first'
  | 'last'
  | 'pageDown'
  | 'pageUp'
  | 'open'
  | 'expand'
  | 'collapse'
  | 'acknowledge'
  | 'maintain'
  | 'problems';

const plain: Readonly<Record<string, KeyAct>> = { KeyJ: 'next', KeyK: 'previous', Slash: 'search', KeyP: 'problems' };
const onRow: Readonly<Record<string, KeyAct>> = { KeyA: 'acknowledge', KeyM: 'maintain' };
const inList: Readonly<Record<string, KeyAct>> = {
  ArrowDown: 'next',
  ArrowUp: 'previous',
  ArrowRight: 'expand',
  ArrowLeft: 'collapse',
  Home: 'first',
  End: 'last',
  PageDown: 'pageDown',
  PageUp: 'pageUp',
  Enter: 'open',
};

const get = (map: Readonly<Record<string, KeyAct>>, code: string): KeyAct | null =>
  Object.hasOwn(map, code) ? (map[code] ?? null) : null;

/** What the key means here, or null. `inRows`: the focus is on a row itself; only then arrows are not for scrolling. `row`: there is a current one. */
export function keyAct(stroke: Stroke, at: { readonly inRows: boolean; readonly row: boolean }): KeyAct | null {
  if (stroke.ctrlKey || stroke.metaKey || stroke.altKey) return null;
  if (stroke.key === '?' || (stroke.code === 'Slash' && stroke.shiftKey)) return 'help';
  if (stroke.shiftKey) return null;
  return (
    get(plain, stroke.code) ??
    (at.inRows ? get(inList, stroke.code) : null) ??
    (at.row ? get(onRow, stroke.code) : null)
  );
}
