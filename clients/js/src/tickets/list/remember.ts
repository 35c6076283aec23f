/** Where a person stood in a list, kept in the history entry itself, so that Back finds scroll, row and selection again. */

import type { Selection } from './selection';
import { MOST_NAMED } from './selection';

export interface Standing {
  /** px scrolled away. */
  readonly top: number;
  readonly index: number;
  /** The ticket of the current row; null: there was none. */
  readonly id: number | null;
  /** The focus was in the list. */
  readonly focused: boolean;
  readonly selection: Selection;
}

const KEY = 'tickets';

/** Writes into the current history entry; other parts' state in it stays. */
export function keepStanding({ selection, ...rest }: Standing): void {
  const mine = { ...rest, ids: [...selection.ids].slice(0, MOST_NAMED), all: selection.all };
  history.replaceState({ ...(isRecord(history.state) ? history.state : {}), [KEY]: mine }, '');
}

/** What the current entry holds; null: nothing of ours, or nothing usable. */
export function standing(): Standing | null {
  const kept = isRecord(history.state) ? history.state[KEY] : null;
  if (!isRecord(kept)) return null;
  const { top, index, id, focused, ids, all } = kept;
  if (typeof top !== 'number' || typeof index !== 'number') return null;
  const named = Array.isArray(ids) ? ids.filter((one): one is number => Number.isSafeInteger(one)) : [];
  return {
    top: Math.max(0, top),
    index: Math.max(0, Math.trunc(index)),
    id: typeof id === 'number' ? id : null,
    focused: focused === true,
    selection: all === true ? { ids: new Set(), all: true } : { ids: new Set(named), all: false },
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
