/** Where one is in the network monitor, as the address says it: a view can be sent to somebody, and Back works. */

import type { Wish } from './listing';
import { type Range, ranges, type State, states } from './types';

export type Place =
  | { readonly kind: 'board' }
  | { readonly kind: 'host'; readonly id: string }
  | { readonly kind: 'setup' };

const HOST = /^\/netmonitor\/hosts\/([A-Za-z0-9_.-]{1,64})$/;

/** The place at a path; null: it is none of ours. The wall screen is a page of its own. */
export function readPlace(path: string): Place | null {
  if (path === '/netmonitor/' || path === '/netmonitor') return { kind: 'board' };
  if (path === '/netmonitor/setup') return { kind: 'setup' };
  const id = HOST.exec(path)?.[1];
  return id ? { kind: 'host', id } : null;
}

export function pathOf(place: Place): string {
  if (place.kind === 'host') return `/netmonitor/hosts/${encodeURIComponent(place.id)}`;
  return place.kind === 'setup' ? '/netmonitor/setup' : '/netmonitor/';
}

/** What the dashboard's address wishes; what is not understood is as if it were not there. */
export function readWish(search: string): Wish {
  const query = new URLSearchParams(search);
  const named = (query.get('state') ?? '').split(',');
  return {
    q: (query.get('q') ?? '').slice(0, 200),
    states: new Set(states.filter((state): state is State => named.includes(state))),
    view: query.get('view') === 'list' ? 'list' : 'groups',
  };
}

/** The query of a wish; empty when nothing is wished. */
export function writeWish(wish: Wish): string {
  const query = new URLSearchParams();
  if (wish.q) query.set('q', wish.q);
  if (wish.states.size) query.set('state', states.filter((state) => wish.states.has(state)).join(','));
  if (wish.view === 'list') query.set('view', 'list');
  const text = query.toString().replaceAll('%2C', ',');
  return text ? `?${text}` : '';
}

export function readRange(search: string): Range {
  const named = new URLSearchParams(search).get('range');
  return ranges.find((range) => range === named) ?? '24h';
}
