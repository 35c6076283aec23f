/** What the network monitor's pages ask of the server, one method each; nothing here keeps state. The setup's are in `setup-api`. */

import { HttpError, request } from '../inbox/session';
import { t } from './strings';
import type { History, HostAnswer, Range, Round, Trace } from './types';

export interface NewWindow {
  readonly host?: string;
  readonly group?: string;
  readonly starts: string;
  readonly ends: string;
  readonly weekly?: readonly number[];
  readonly zone: string;
  readonly why: string;
}

const host = (id: string) => `/netmonitor/api/hosts/${encodeURIComponent(id)}`;
export const SLOW_MS = 60_000; // a trace waits for hops that never answer

export class NetApi {
  readonly #base: string;
  readonly #csrf: string;

  constructor(base: string, csrf: string) {
    this.#base = base;
    this.#csrf = csrf;
  }

  host(id: string): Promise<HostAnswer> {
    return this.get(host(id));
  }

  history(id: string, range: Range): Promise<History> {
    return this.get(`${host(id)}/history?range=${range}`);
  }

  acknowledge(id: string, why: string, until: string | null): Promise<void> {
    return this.send('POST', `${host(id)}/ack`, until ? { why, until } : { why });
  }

  unacknowledge(id: string): Promise<void> {
    return this.send('DELETE', `${host(id)}/ack`);
  }

  maintain(window: NewWindow): Promise<void> {
    return this.send('POST', '/netmonitor/api/maintenance', window);
  }

  endMaintenance(id: number): Promise<void> {
    return this.send('DELETE', `/netmonitor/api/maintenance/${id}`);
  }

  async ping(id: string): Promise<Round> {
    return (await this.send<{ round: Round }>('POST', `${host(id)}/ping`, {}, SLOW_MS)).round;
  }

  traceroute(id: string): Promise<Trace> {
    return this.send('POST', `${host(id)}/traceroute`, {}, SLOW_MS);
  }

  get<T>(path: string): Promise<T> {
    return request<T>(this.#base, path);
  }

  send<T>(method: string, path: string, body?: unknown, limit?: number): Promise<T> {
    return request<T>(this.#base, path, {
      method,
      csrf: this.#csrf,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(limit === undefined ? {} : { signal: AbortSignal.timeout(limit) }),
    });
  }
}

/** Why it failed, in words. */
export function faultOf(error: unknown): string {
  return error instanceof HttpError && error.code !== 'unknown' ? error.message : t('noAnswer');
}

/** The field that the server names as wrong; empty: none. */
export function fieldOf(error: unknown): string {
  return error instanceof HttpError ? (error.field ?? '') : '';
}
