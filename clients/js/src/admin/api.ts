/** Every request of the administrators' page, one method each; nothing here keeps state. */

import { HttpError, request } from '../inbox/session';
import type { Device, UserSession } from '../people/types';
import { t } from './strings';
import type { AuditPage, NewAccount, Page, PeoplePage, PersonDetail, Right, Whose } from './types';

/** Filters, sorting and offset of a list, as in the address; empty values are left out. */
export type Query = Readonly<Record<string, string>>;

/** `{q: 'ан', offset: ''}` is `?q=…`; nothing at all is an empty string. */
export function searchOf(query: Query): string {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
  return search.size ? `?${search}` : '';
}

/** Days of the audit filter as the moments that the server wants: from the first one's start to the last one's end, in this browser's zone. */
export function moments(query: Query): Query {
  const start = (day: string, more: number) => {
    const at = new Date(`${day}T00:00:00`);
    at.setDate(at.getDate() + more);
    return Number.isNaN(at.getTime()) ? '' : at.toISOString();
  };
  const { from = '', to = '', ...rest } = query;
  return { ...rest, ...(from ? { from: start(from, 0) } : {}), ...(to ? { to: start(to, 1) } : {}) };
}

const LIMIT_MS = 15_000;

export class AdminApi {
  readonly #base: string;
  readonly #csrf: string;

  constructor(base: string, csrf: string) {
    this.#base = base;
    this.#csrf = csrf;
  }

  people(query: Query, signal: AbortSignal): Promise<PeoplePage> {
    return this.#get(`people${searchOf(query)}`, signal);
  }

  person(id: number, signal: AbortSignal): Promise<PersonDetail> {
    return this.#get(`people/${id}`, signal);
  }

  sessions(query: Query, signal: AbortSignal): Promise<Page<UserSession & Whose>> {
    return this.#get(`sessions${searchOf(query)}`, signal);
  }

  devices(query: Query, signal: AbortSignal): Promise<Page<Device & Whose>> {
    return this.#get(`devices${searchOf(query)}`, signal);
  }

  audit(query: Query, signal: AbortSignal): Promise<AuditPage> {
    return this.#get(`audit${searchOf(query)}`, signal);
  }

  setRight(id: number, right: Right, given: boolean): Promise<void> {
    return this.#send(given ? 'PUT' : 'DELETE', `people/${id}/permissions/${right}`);
  }

  setActive(id: number, value: boolean): Promise<void> {
    return this.#send('PUT', `people/${id}/active`, { value });
  }

  setPassword(id: number, password: string): Promise<void> {
    return this.#send('PUT', `people/${id}/password`, { password });
  }

  /** Without `session`: all of them. */
  endSession(id: number, session?: string): Promise<void> {
    return this.#send(
      'DELETE',
      `people/${id}/sessions${session === undefined ? '' : `/${encodeURIComponent(session)}`}`,
    );
  }

  removeDevice(id: number, device: string | number): Promise<void> {
    return this.#send('DELETE', `people/${id}/devices/${encodeURIComponent(device)}`);
  }

  /** The account's id, where the server says it. */
  add(account: NewAccount): Promise<{ readonly id?: number } | null> {
    return this.#send('POST', 'people', account);
  }

  viewAs(id: number): Promise<void> {
    return this.#send('POST', 'view-as', { user_id: id });
  }

  #get<T>(path: string, signal: AbortSignal): Promise<T> {
    return request<T>(this.#base, `/admin/api/${path}`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
    });
  }

  #send<T>(method: string, path: string, body?: unknown): Promise<T> {
    return request<T>(this.#base, `/admin/api/${path}`, {
      method,
      csrf: this.#csrf,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }
}

/** Whether the answer means that one may not be here any more, as opposed to a refusal of this one act. */
export function isForbidden(error: unknown): boolean {
  return error instanceof HttpError && error.status === 403 && error.code === 'forbidden';
}

export function isSignedOut(error: unknown): boolean {
  return error instanceof HttpError && error.status === 401;
}

/** Why something was refused, in words; the server's own where there are no better ones. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof HttpError)) return t('noAnswer');
  if (error.code === 'last_admin') return t('lastAdmin');
  if (error.code === 'read_only' || error.code === 'view_as') return t('readOnly');
  if (error.status === 404) return t('notThere');
  return error.code === 'unknown' ? t('serverFault', { status: String(error.status) }) : error.message;
}
