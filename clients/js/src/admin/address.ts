/** Where one is on the page, in the query of its URL, so that Back, reload and a sent link lead to the same view. */

import type { Query } from './api';

export const sections = ['people', 'matrix', 'sessions', 'devices', 'audit'] as const;
export type Section = (typeof sections)[number];

export interface Place {
  readonly section: Section;
  /** Whose panel is open. */
  readonly person: number | null;
  /** Filters, sorting, offset; without empty values. */
  readonly query: Query;
}

const filters: Readonly<Record<Section, readonly string[]>> = {
  people: ['q', 'standing', 'permission', 'department', 'sort', 'dir', 'offset'],
  matrix: ['q', 'offset'],
  sessions: ['q', 'offset'],
  devices: ['q', 'offset'],
  audit: ['actor', 'subject', 'action', 'from', 'to', 'offset'],
};

export function readPlace(search: string): Place {
  const params = new URLSearchParams(search);
  const named = params.get('section');
  const section = sections.find((one) => one === named) ?? 'people';
  const person = Number(params.get('person'));
  const query = Object.fromEntries(
    filters[section].map((name) => [name, params.get(name) ?? '']).filter(([, value]) => value),
  );
  return { section, person: Number.isSafeInteger(person) && person > 0 ? person : null, query };
}

/** The query of the URL, such as `?section=audit&action=permission.granted`; people is the section that needs no name. */
export function writePlace(place: Place): string {
  const params = new URLSearchParams();
  if (place.section !== 'people') params.set('section', place.section);
  for (const name of filters[place.section]) {
    const value = place.query[name];
    if (value && !(name === 'offset' && value === '0')) params.set(name, value);
  }
  if (place.person !== null) params.set('person', String(place.person));
  return params.size ? `?${params}` : location.pathname;
}
