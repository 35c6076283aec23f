/** Where one is among the tickets, as the address says it: `/tasks/` is the list, `/tasks/42` one ticket. */

export type Place = { readonly kind: 'list' } | { readonly kind: 'ticket'; readonly id: number };

/** Null: the address is not one of ours. Redmine's numbers fit 31 bits. */
export function readPlace(path: string): Place | null {
  if (/^\/tasks\/?$/.test(path)) return { kind: 'list' };
  const id = Number(/^\/tasks\/([1-9]\d{0,9})\/?$/.exec(path)?.[1]);
  return Number.isSafeInteger(id) && id < 2 ** 31 ? { kind: 'ticket', id } : null;
}

export function pathOf(place: Place): string {
  return place.kind === 'list' ? '/tasks/' : `/tasks/${place.id}`;
}
