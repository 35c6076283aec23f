/** Every request of the call panel, one method each; nothing here keeps state. */

import { request } from '../inbox/session';
import type { Caller, Config, Entry, Found } from './types';

export interface CallsApi {
  config(): Promise<Config>;
  callers(number: string): Promise<Caller>;
  directory(q: string, limit: number): Promise<Found>;
  favour(entry: Pick<Entry, 'number' | 'name'>, on: boolean): Promise<void>;
}

/** Asks the server below `base`; `csrf` is asked for each time, for it may be renewed. */
export function callsApi(base: string, csrf: () => string): CallsApi {
  return {
    config: () => request(base, '/finesse/config'),
    callers: (number) => request(base, `/finesse/api/callers?${new URLSearchParams({ number })}`),
    directory: (q, limit) =>
      request(base, `/finesse/api/directory?${new URLSearchParams({ q, limit: String(limit) })}`),
    favour: ({ number, name }, on) =>
      request(base, `/finesse/api/favourites/${encodeURIComponent(number)}`, {
        method: on ? 'PUT' : 'DELETE',
        csrf: csrf(),
        ...(on ? { body: JSON.stringify({ name: (name || number).slice(0, 100) }) } : {}),
      }),
  };
}
