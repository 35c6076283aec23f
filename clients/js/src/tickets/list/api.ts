/** Every request of the ticket list, one method each; nothing here keeps state. */

import { HttpError, request } from '../../inbox/session';
import { PAGE_SIZE } from './rows';
import { t } from './strings';
import type { Change, Page, Person, Progress, Query, View, Which } from './types';

const LIMIT_MS = 15_000;

export interface ListApi {
  page(query: Query, page: number, signal: AbortSignal): Promise<Page>;
  views(signal: AbortSignal): Promise<readonly View[]>;
  addView(name: string, query: Query): Promise<View>;
  putView(id: string, name: string, query: Query): Promise<void>;
  removeView(id: string): Promise<void>;
  /** Whom a ticket may be given to, by a part of the name; the ticket stands for the others that are changed with it. */
  assignees(ticket: number, q: string, signal: AbortSignal): Promise<readonly Person[]>;
  read(ticket: number, version: string): Promise<void>;
  /** Starts a change of many and tells the job's name. `key` makes a repeated request the same request. */
  bulk(which: Which, change: Change, key: string): Promise<string>;
  job(id: string, signal: AbortSignal): Promise<Progress>;
  /** Takes a job back; tells the name of the job that does so. */
  undo(id: string, key: string): Promise<string>;
}

/** The requests below `/tasks/api`; each gives up after 15 s. */
export function webApi(base: string, csrf: string): ListApi {
  const get = <T>(path: string, signal: AbortSignal): Promise<T> =>
    request<T>(base, `/tasks/api/${path}`, { signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]) });
  const send = <T>(method: string, path: string, body?: unknown, key?: string): Promise<T> =>
    request<T>(base, `/tasks/api/${path}`, {
      method,
      csrf,
      ...(key ? { headers: { 'Idempotency-Key': key } } : {}),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return {
    page: (query, page, signal) => {
      const search = new URLSearchParams({ ...query, offset: String(page * PAGE_SIZE), limit: String(PAGE_SIZE) });
      return get(`tasks?${search}`, signal);
    },
    views: async (signal) => (await get<{ views: readonly Told[] }>('views', signal)).views.map(named),
    addView: async (name, query) => named(await send<Told>('POST', 'views', { name, query })),
    putView: (id, name, query) => send('PUT', `views/${encodeURIComponent(id)}`, { name, query }),
    removeView: (id) => send('DELETE', `views/${encodeURIComponent(id)}`),
    assignees: async (ticket, q, signal) =>
      (await get<{ assignees: readonly Person[] }>(`task/${ticket}/assignees?${new URLSearchParams({ q })}`, signal))
        .assignees,
    read: (ticket, version) => send('POST', `task/${ticket}/read`, { version }),
    bulk: async (which, change, key) =>
      String((await send<{ job: string | number }>('POST', 'bulk', { ...which, change }, key)).job),
    job: (id, signal) => get(`bulk/${encodeURIComponent(id)}`, signal),
    undo: async (id, key) => {
      const answer = await send<{ job?: string | number } | null>(
        'POST',
        `bulk/${encodeURIComponent(id)}/undo`,
        {},
        key,
      );
      return String(answer?.job ?? id);
    },
  };
}

/** A view as the server tells it: a person's own go by a number. */
type Told = Omit<View, 'id'> & { readonly id: string | number };

function named(view: Told): View {
  return { ...view, id: String(view.id) };
}

/** Whether the answer means that the tickets are not this person's to see, as opposed to a refusal of one act. */
export function isForbidden(error: unknown): boolean {
  return error instanceof HttpError && error.status === 403 && error.code === 'forbidden';
}

/** Why something failed, in words; the server's own where there are no better ones. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof HttpError)) return t('noAnswer');
  if (error.code === 'read_only' || error.code === 'view_as') return t('readOnly');
  return error.code === 'unknown' ? t('serverFault', { status: String(error.status) }) : error.message;
}
