/** What the setup asks of the server, one method each. */

import { HttpError } from '../inbox/session';
import { type NetApi, SLOW_MS } from './api';
import type { Listed, Round, Spec } from './types';

export interface SetupAnswer {
  readonly hosts: readonly Listed[];
  readonly groups?: readonly { readonly path: string }[];
  readonly problems?: readonly Problem[];
}

/** What is wrong with what is written, in words; the rest works. */
export interface Problem {
  readonly message: string;
  /** Where in the file or on the page, in words. */
  readonly where?: string | null;
  /** The host or group that it is about, and which of its settings. */
  readonly host?: string | null;
  readonly field?: string | null;
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

export class SetupApi {
  readonly #net: NetApi;

  constructor(net: NetApi) {
    this.#net = net;
  }

  setup(): Promise<SetupAnswer> {
    return this.#net.get('/netmonitor/api/setup/hosts');
  }

  /** Saves a host; what is wrong with it all the same. */
  async keep(spec: Spec): Promise<readonly Problem[]> {
    const path = `/netmonitor/api/setup/hosts/${encodeURIComponent(spec.id)}`;
    return (await this.#net.send<{ problems?: readonly Problem[] } | undefined>('PUT', path, spec))?.problems ?? [];
  }

  remove(id: string): Promise<void> {
    return this.#net.send('DELETE', `/netmonitor/api/setup/hosts/${encodeURIComponent(id)}`);
  }

  async test(spec: Spec): Promise<Round> {
    return (await this.#net.send<{ round: Round }>('POST', '/netmonitor/api/setup/test', spec, SLOW_MS)).round;
  }

  /** `dry`: only say what would change. */
  bring(text: string, format: 'toml' | 'csv', dry: boolean): Promise<ImportAnswer> {
    return this.#net.send('POST', `/netmonitor/api/setup/import${dry ? '?dry=true' : ''}`, { text, format }, SLOW_MS);
  }
}

/** The mistakes of an import; empty: it failed for another reason. */
export function mistakesOf(error: unknown): readonly Mistake[] {
  if (!(error instanceof HttpError)) return [];
  const fault = (error.body as { error?: { errors?: unknown } } | null)?.error;
  return Array.isArray(fault?.errors) ? (fault.errors as Mistake[]) : [];
}
