/** Rows that stay where they are while somebody is at them. Pure. */

import type { Group } from './groups';
import type { Item, Listing } from './listing';

/** How many rows stand elsewhere, came or went; 0: the list is as it was. */
export function movedIn(before: readonly Item[], after: readonly Item[]): number {
  const places = new Map(before.map((item, i) => [item.key, i]));
  let moved = Math.abs(before.length - after.length);
  let last = -1;
  for (const { key } of after) {
    const at = places.get(key);
    if (at === undefined || at < last) moved++;
    else last = at;
  }
  return moved;
}

/** The new listing with its rows as they stand: they say what is new in place, and groups count anew. */
export function inPlace(shown: readonly Item[], next: Listing): Listing {
  const groups = new Map<string, Group>();
  remember(next.top, groups);
  const items = shown.map((item): Item => {
    const group = item.kind === 'group' ? groups.get(item.group.path) : undefined;
    return item.kind === 'group' && group ? { ...item, group } : item;
  });
  return { ...next, items };
}

function remember(group: Group, into: Map<string, Group>): void {
  into.set(group.path, group);
  for (const one of group.groups) remember(one, into);
}
