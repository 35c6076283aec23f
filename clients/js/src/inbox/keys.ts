/** The keyboard map of the list: which key does what, and when keys are none of its business. */

export type KeyAct = 'undo' | 'help' | 'next' | 'previous' | 'down' | 'up' | 'done' | 'read' | 'snooze';

/** What of a key event the map looks at. */
export type Stroke = Pick<KeyboardEvent, 'code' | 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

/** How things stand in the list when the key is pressed. */
export interface Standing {
  /** Something can be taken back. */
  readonly undo: boolean;
  /** The focus is on a row; only then the arrows are not for scrolling. */
  readonly inList: boolean;
  /** There is a current row to act upon. */
  readonly row: boolean;
}

/** By physical keys, so that the Russian layout works; nothing with Ctrl or Alt held, except Ctrl+Z. */
export function keyAct(stroke: Stroke, at: Standing): KeyAct | null {
  const command = stroke.ctrlKey || stroke.metaKey;
  if (command && !stroke.altKey && !stroke.shiftKey && stroke.code === 'KeyZ' && at.undo) return 'undo';
  if (command || stroke.altKey) return null;
  if (stroke.key === '?' || (stroke.code === 'Slash' && stroke.shiftKey)) return 'help';
  if (stroke.shiftKey) return null;
  switch (stroke.code) {
    case 'KeyJ':
      return 'next';
    case 'KeyK':
      return 'previous';
    case 'ArrowDown':
      return at.inList ? 'down' : null;
    case 'ArrowUp':
      return at.inList ? 'up' : null;
    case 'KeyE':
      return at.row ? 'done' : null;
    case 'KeyU':
      return at.row ? 'read' : null;
    case 'KeyZ':
      return at.row ? 'snooze' : null;
    default:
      return null;
  }
}

/** The key goes into a field, or into a menu or dialog that lies above. */
export function typing(event: Event): boolean {
  return event
    .composedPath()
    .some(
      (at) =>
        at instanceof HTMLElement &&
        at.matches('input, textarea, select, [contenteditable=""], [contenteditable="true"], dialog, [role=menu]'),
    );
}
