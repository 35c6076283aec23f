/** Every request of the network monitor, one method each; nothing here keeps state. */

import { HttpError, request } from '../inbox/session';
import { t } from './strings';
import type { History, HostAnswer, Listed, Range, Round, Spec, Trace, Window } from './types';

export interface NewWindow {
  readonly host?: string;
  readonly group?: string;
  readonly starts: string;
  readonly ends: string;
  readonly weekly?: readonly number[];
  readonly zone: string;
  readonly why: string;
}

export interface SetupAnswer {
  readonly hosts: readonly Listed[];
  readonly groups?: readonly { readonly path: string }[];
}

export interface ImportAnswer {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** How many stay as they are. */
  readonly same: number;
}

/** One mistake of an import. */
export interface Mistake {
  readonly line?: number | null;
  readonly where?: string | null;
  readonly field?: string | null;
  readonly message: string;
}

const host = (id: string) => `/netmonitor/api/hosts/${encodeURIComponent(id)}`;
const SLOW_MS = 60_000; // a trace waits for hops that never answer

export class NetApi {
  readonly #base: string;
  readonly #csrf: string;

  constructor(base: string, csrf: string) {
    this.#base = base;
    this.#csrf = csrf;
  }

  host(id: string): Promise<HostAnswer> {
    return request(this.#base, host(id));
  }

  history(id: string, range: Range): Promise<History> {
    return request(this.#base, `${host(id)}/history?range=${range}`);
  }

  acknowledge(id: string, why: string, until: string | null): Promise<void> {
    return this.#send('POST', `${host(id)}/ack`, until ? { why, until } : { why });
  }

  unacknowledge(id: string): Promise<void> {
    return this.#send('DELETE', `${host(id)}/ack`);
  }

  maintain(window: NewWindow): Promise<void> {
    return this.#send('POST', '/netmonitor/api/maintenance', window);
  }

  endMaintenance(id: number): Promise<void> {
    return this.#send('DELETE', `/netmonitor/api/maintenance/${id}`);
  }

  async maintenance(): Promise<readonly Window[]> {
    const answer = await request<{ maintenance?: readonly Window[] }>(this.#base, '/netmonitor/api/maintenance');
    return answer.maintenance ?? [];
  }

  async ping(id: string): Promise<Round> {
    return (await this.#send<{ round: Round }>('POST', `${host(id)}/ping`, {}, SLOW_MS)).round;
  }

  traceroute(id: string): Promise<Trace> {
    return this.#send('POST', `${host(id)}/traceroute`, {}, SLOW_MS);
  }

  // — Setup —

  setup(): Promise<SetupAnswer> {
    return request(this.#base, '/netmonitor/api/setup/hosts');
  }

  keep(spec: Spec): Promise<void> {
    return this.#send('PUT', `/netmonitor/api/setup/hosts/${encodeURIComponent(spec.id)}`, spec);
  }

  remove(id: string): Promise<void> {
    return this.#send('DELETE', `/netmonitor/api/setup/hosts/${encodeURIComponent(id)}`);
  }

  async test(spec: Spec): Promise<Round> {
    return (await this.#send<{ round: Round }>('POST', '/netmonitor/api/setup/test', spec, SLOW_MS)).round;
  }

  /** `dry`: only say what would change. */
  bring(text: string, format: 'toml' | 'csv', dry: boolean): Promise<ImportAnswer> {
    return this.#send('POST', `/netmonitor/api/setup/import${dry ? '?dry=true' : ''}`, { text, format }, SLOW_MS);
  }

  #send<T>(method: string, path: string, body?: unknown, limit?: number): Promise<T> {
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

/** The mistakes of an import; empty: it failed for another reason. */
export function mistakesOf(error: unknown): readonly Mistake[] {
  if (!(error instanceof HttpError)) return [];
  const fault = (error.body as { error?: { errors?: unknown } } | null)?.error;
  return Array.isArray(fault?.errors) ? (fault.errors as Mistake[]) : [];
}
