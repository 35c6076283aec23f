/** Where one is in the list, as the address says it: a view can be sent to somebody, and Back works. */

import type { Query, View } from './types';

export interface Place {
  /** Whose filters apply where the address has none of its own. */
  readonly view: string;
  /** What differs from the view, sorting included; without empty values. */
  readonly query: Query;
  /** The ticket beside the list; null: none. */
  readonly ticket: number | null;
}

/** Where the list is; one page of the browser shows a single ticket as well, at another path. */
export const HOME = '/tasks/';

export function isHome(path: string): boolean {
  return path === HOME || path === HOME.slice(0, -1);
}

export const builtins = ['mine', 'waiting', 'authored', 'watched', 'unassigned', 'all'] as const;
export const filterKeys = [
  'q',
  'status',
  'project',
  'tracker',
  'priority',
  'assignee',
  'author',
  'watcher',
  'from',
  'to',
] as const;
export type FilterKey = (typeof filterKeys)[number];
export const sortKeys = ['updated', 'created', 'priority', 'id', 'status', 'subject'] as const;
export type SortKey = (typeof sortKeys)[number];

const MOST_TEXT = 200;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const IDS = /^\d{1,9}(,\d{1,9}){0,49}$/;

const known: Readonly<Record<string, (value: string) => boolean>> = {
  q: (value) => value.length <= MOST_TEXT,
  status: (value) => /^(open|closed|all)$/.test(value) || IDS.test(value),
  project: (value) => IDS.test(value),
  tracker: (value) => IDS.test(value),
  priority: (value) => IDS.test(value),
  assignee: (value) => /^(me|none)$/.test(value) || IDS.test(value),
  author: (value) => value === 'me' || IDS.test(value),
  watcher: (value) => value === 'me',
  from: isDay,
  to: isDay,
  sort: (value) => (sortKeys as readonly string[]).includes(value),
  dir: (value) => value === 'asc' || value === 'desc',
};

function isDay(value: string): boolean {
  return DAY.test(value) && !Number.isNaN(Date.parse(value));
}

/** Reads an address; what is not understood is as if it were not there. */
export function readPlace(search: string): Place {
  const params = new URLSearchParams(search);
  const view = params.get('view') ?? '';
  const ticket = params.get('ticket') ?? '';
  return {
    view: /^[\w-]{1,64}$/.test(view) ? view : 'mine',
    query: tidy(Object.fromEntries(params)),
    ticket: /^[1-9]\d{0,8}$/.test(ticket) ? Number(ticket) : null,
  };
}

/** The query of the URL, such as `?view=all&status=closed`; empty for the first view as it is. */
export function writePlace({ view, query, ticket }: Place): string {
  const params = new URLSearchParams();
  if (view !== 'mine') params.set('view', view);
  for (const [name, value] of Object.entries(tidy(query))) params.set(name, value);
  if (ticket !== null) params.set('ticket', String(ticket));
  return params.size ? `?${params}` : '';
}

/** Only what the list knows, and nothing empty. */
export function tidy(query: Query): Query {
  return Object.fromEntries(
    [...filterKeys, 'sort', 'dir'].flatMap((name): [string, string][] => {
      const value = (query[name] ?? '').trim();
      return value && known[name]?.(value) ? [[name, value]] : [];
    }),
  );
}

/** What is asked of the server: the view by its name, and what differs from it. */
export function asked({ view, query }: Place): Query {
  return { view, ...tidy(query) };
}

/** What holds: the view's own filters under those of the address. */
export function effective(place: Place, views: readonly View[]): Query {
  const view = views.find((one) => one.id === place.view);
  return { ...(view?.query ?? {}), ...place.query };
}

/**
 * Sets one filter, or none with an empty value. What the view has anyway needs no place in the address; what the view has and the
 * person wants gone cannot be said beside it, so the rest of its filters go on under the view of everything.
 */
export function withFilter(place: Place, name: string, value: string, views: readonly View[]): Place {
  const usual = views.find((one) => one.id === place.view)?.query[name] ?? '';
  if (!value && usual) {
    const { [name]: _, ...rest } = effective(place, views);
    return { ...place, view: 'all', query: tidy(rest) };
  }
  const { [name]: _, ...rest } = place.query;
  return { ...place, query: value === usual ? rest : { ...rest, [name]: value } };
}

/** The same text in all tickets, without the view's filters; null: nothing is looked for, or it is in all of them. */
export function everywhere({ view, query }: Place): Place | null {
  const { q } = query;
  const all = { view: 'all', query: { q: q ?? '', status: 'all' }, ticket: null };
  return q && writePlace(all) !== writePlace({ view, query, ticket: null }) ? all : null;
}

/** Sorting that holds; the direction that people expect of a column comes first. */
export function sorting(query: Query): { readonly by: SortKey; readonly dir: 'asc' | 'desc' } {
  const by = sortKeys.find((one) => one === query.sort) ?? 'updated';
  const dir = query.dir === 'asc' || query.dir === 'desc' ? query.dir : usualDir(by);
  return { by, dir };
}

/** Newest and most urgent first; words and states from their beginning. */
export function usualDir(by: SortKey): 'asc' | 'desc' {
  return by === 'subject' || by === 'status' ? 'asc' : 'desc';
}
