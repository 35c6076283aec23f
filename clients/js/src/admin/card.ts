/** The person whose panel is open. */

import { serverNow } from '../ui/clock';
import type { PersonDetail } from './types';

/** Keeps the last good answer for one person while it is asked for again; another person's answer never shows. */
export class Card {
  id: number | null = null;
  person: PersonDetail | null = null;
  busy = false;
  error: unknown = null;
  /** The server's time of what is shown, ms. */
  at: number | null = null;

  readonly #fetch: (id: number, signal: AbortSignal) => Promise<PersonDetail>;
  readonly #changed: () => void;
  readonly #loaded: (person: PersonDetail, askedAt: number) => void;
  #running: AbortController | null = null;

  constructor(
    fetch: (id: number, signal: AbortSignal) => Promise<PersonDetail>,
    changed: () => void,
    loaded: (person: PersonDetail, askedAt: number) => void,
  ) {
    this.#fetch = fetch;
    this.#changed = changed;
    this.#loaded = loaded;
  }

  /** Opens the panel of `id`; null closes it. */
  open(id: number | null): void {
    if (id === this.id) return;
    this.id = id;
    this.person = null;
    this.at = null;
    this.refresh();
  }

  refresh(): void {
    this.#running?.abort();
    this.#running = null;
    this.busy = this.id !== null;
    this.error = null;
    this.#changed();
    if (this.id !== null) void this.#ask(this.id);
  }

  patch(change: (person: PersonDetail) => PersonDetail): void {
    if (!this.person) return;
    this.person = change(this.person);
    this.#changed();
  }

  async #ask(id: number): Promise<void> {
    const run = new AbortController();
    this.#running = run;
    const askedAt = serverNow();
    try {
      const person = await this.#fetch(id, run.signal);
      if (this.#running !== run) return;
      this.person = person;
      this.error = null;
      this.at = askedAt;
      this.#loaded(person, askedAt);
    } catch (error) {
      if (this.#running !== run) return;
      this.error = error;
    }
    this.busy = false;
    this.#running = null;
    this.#changed();
  }
}
