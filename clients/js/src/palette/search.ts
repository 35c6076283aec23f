/** Tickets by words, asked of the server while somebody types: one question at a time, the last one counts. */

import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { HttpError, request } from '../inbox/session';
import type { Hit } from './entries';
import { t } from './strings';

const WAIT_MS = 120; // typing pauses are longer, and a letter a question helps nobody
const LIMIT_MS = 10_000;
const MOST_HITS = 12;
const LEAST_LETTERS = 2;
const MOST_LETTERS = 200;

interface Answer {
  readonly hits: readonly Hit[];
  readonly partial: boolean;
}

export class TicketSearch implements ReactiveController {
  hits: readonly Hit[] = [];
  /** The index is not full yet, or the time was up. */
  partial = false;
  busy = false;
  /** Why the last question failed, in words; empty when it did not. */
  failure = '';
  readonly #host: ReactiveControllerHost;
  #run: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  hostDisconnected(): void {
    this.clear();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#run?.abort();
    this.hits = [];
    this.partial = false;
    this.busy = false;
    this.failure = '';
    this.#host.requestUpdate();
  }

  /** What was found before stays until the answer is here. */
  ask(typed: string): void {
    const q = typed.trim().slice(0, MOST_LETTERS);
    if (q.length < LEAST_LETTERS && !/^\d+$/.test(q)) {
      this.clear();
      return;
    }
    clearTimeout(this.#timer);
    this.#run?.abort();
    const run = new AbortController();
    this.#run = run;
    this.busy = true;
    this.#timer = setTimeout(() => void this.#find(q, run), WAIT_MS);
    this.#host.requestUpdate();
  }

  async #find(q: string, run: AbortController): Promise<void> {
    const search = new URLSearchParams({ q, limit: String(MOST_HITS) });
    try {
      const answer = await request<Answer>(location.origin, `/tasks/api/search?${search}`, {
        signal: AbortSignal.any([run.signal, AbortSignal.timeout(LIMIT_MS)]),
      });
      if (run.signal.aborted) return;
      this.hits = answer.hits;
      this.partial = answer.partial;
      this.failure = '';
    } catch (error) {
      if (run.signal.aborted) return;
      this.hits = [];
      this.failure = error instanceof HttpError && error.code !== 'unknown' ? error.message : t('noAnswer');
    }
    this.busy = false;
    this.#host.requestUpdate();
  }
}
