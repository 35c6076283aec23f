/** Which tickets are chosen: some by name, or all that the filter finds. A value; every change makes another. */

import type { Query, Which } from './types';

/** Named tickets at most: more than a person chooses one by one, and what one request carries. */
export const MOST_NAMED = 1000;

export interface Selection {
  readonly ids: ReadonlySet<number>;
  /** Everything that the filter finds; `ids` is then empty. */
  readonly all: boolean;
}

export const none: Selection = { ids: new Set(), all: false };

export function isChosen(selection: Selection, id: number): boolean {
  return selection.all || selection.ids.has(id);
}

export function isEmpty(selection: Selection): boolean {
  return !selection.all && selection.ids.size === 0;
}

/** How many are chosen of `total` that the filter finds. */
export function sizeOf(selection: Selection, total: number): number {
  return selection.all ? total : selection.ids.size;
}

/** Chooses or leaves out one. Out of "all by filter" nothing can be left out: it begins anew with this one. */
export function toggle(selection: Selection, id: number): Selection {
  if (selection.all) return { ids: new Set([id]), all: false };
  const ids = new Set(selection.ids);
  if (!ids.delete(id) && ids.size < MOST_NAMED) ids.add(id);
  return { ids, all: false };
}

/** Adds these, as far as they fit. */
export function add(selection: Selection, more: Iterable<number>): Selection {
  const ids = new Set(selection.ids);
  for (const id of more) if (ids.size < MOST_NAMED) ids.add(id);
  return { ids, all: false };
}

/** As the server is told. `filter` is what the list asks for. */
export function whichOf(selection: Selection, filter: Query): Which {
  return selection.all ? { filter } : { ids: [...selection.ids] };
}
