/** Where one is in the section, as the address says it: a view can be sent to somebody, and Back works. */

import type { By } from './api';
import type { Scope } from './filters';
import { noSearch, type Search } from './search';

export interface Place {
  readonly tab: Tab;
  readonly scope: Scope;
  readonly by: By;
  readonly search: Search;
  /** The open sample; 0: none. */
  readonly sample: number;
}

export const tabs = ['figures', 'issues', 'review'] as const;
export type Tab = (typeof tabs)[number];

const DAY = /^\d{4}-\d{2}-\d{2}$/;

function one<T extends string>(value: string | null, known: readonly T[], otherwise: T): T {
  return known.find((word) => word === value) ?? otherwise;
}

const digits = (value: string | null): string => (value && /^\d{1,9}$/.test(value) ? value : '');

/** Reads an address; what is not understood is as if it were not there. */
export function readPlace(search: string, usual: Scope): Place {
  const query = new URLSearchParams(search);
  const day = (name: string, otherwise: string) => {
    const value = query.get(name) ?? '';
    return DAY.test(value) && !Number.isNaN(Date.parse(value)) ? value : otherwise;
  };
  const place = { project: digits(query.get('project')), tracker: digits(query.get('tracker')) };
  return {
    tab: one(query.get('tab'), tabs, 'figures'),
    scope: { from: day('from', usual.from), to: day('to', usual.to), ...place },
    by: one(query.get('by'), ['week', 'person', 'group'], 'week'),
    search: {
      q: (query.get('q') ?? '').slice(0, 200),
      state: one(query.get('state'), ['', 'open', 'closed'], ''),
      sort: one(query.get('sort'), ['updated', 'created', 'id'], 'updated'),
      offset: Number(digits(query.get('offset'))),
      ...place,
    },
    sample: Number(digits(query.get('sample'))),
  };
}

/** The address of a place: what is usual is left out, and what belongs to another tab. */
export function writePlace(place: Place, usual: Scope): string {
  const query = new URLSearchParams();
  const put = (name: string, value: string | number, otherwise: string | number) => {
    if (value !== otherwise) query.set(name, String(value));
  };
  put('tab', place.tab, 'figures');
  if (place.tab === 'issues') {
    const { search } = place;
    for (const name of ['q', 'state', 'sort', 'offset', 'project', 'tracker'] as const)
      put(name, search[name], noSearch[name]);
  } else if (place.sample && place.tab === 'review') put('sample', place.sample, 0);
  else {
    for (const name of ['from', 'to', 'project', 'tracker'] as const) put(name, place.scope[name], usual[name]);
    if (place.tab === 'figures') put('by', place.by, 'week');
  }
  const text = query.toString();
  return text ? `?${text}` : '';
}
