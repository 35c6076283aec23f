/** How areas put their own actions into the palette: it asks when it opens, whoever is in sight answers. */

import type { Action } from './entries';

const EVENT = 'tez-palette-offer';

/** What the areas in sight offer now. */
export function offered(): Action[] {
  const actions: Action[] = [];
  document.dispatchEvent(new CustomEvent(EVENT, { detail: (more: readonly Action[]) => actions.push(...more) }));
  return actions;
}

/** Offers what `actions` gives whenever the palette opens; returns its own undo. */
export function offer(actions: () => readonly Action[]): () => void {
  const answer = (event: Event) => (event as CustomEvent<(more: readonly Action[]) => void>).detail(actions());
  document.addEventListener(EVENT, answer);
  return () => document.removeEventListener(EVENT, answer);
}
