/**
 * Comments half written: kept in this browser at once and on the server after it, for each person and ticket.
 * A draft is only ever looked up by both, so it cannot turn up in another ticket or under another person.
 */

import type { TicketApi } from './api';
import type { Draft } from './types';

const PREFIX = 'tez.ticket.draft.';
const MOST = 50; // the oldest go first; the server keeps them all the same
const SAVE_MS = 2000;
const GIVE_UP_MS = 10_000;

type Kept = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

/** What the browser keeps of drafts. `store` is null where it keeps nothing. */
export class LocalDrafts {
  readonly #prefix: string;
  readonly #store: Kept | null;

  constructor(userId: number, store: Kept | null = local()) {
    this.#prefix = `${PREFIX}${userId}.`;
    this.#store = store;
  }

  get(ticket: number): Draft | null {
    try {
      return draftOf(JSON.parse(this.#store?.getItem(this.#prefix + ticket) ?? 'null'));
    } catch {
      return null; // somebody else's bytes under our name
    }
  }

  /** False: the browser has no room. */
  put(ticket: number, draft: Draft): boolean {
    try {
      this.#store?.setItem(this.#prefix + ticket, JSON.stringify(draft));
      this.#trim();
      return this.#store !== null;
    } catch {
      return false;
    }
  }

  drop(ticket: number): void {
    try {
      this.#store?.removeItem(this.#prefix + ticket);
    } catch {
      // nothing was kept
    }
  }

  #trim(): void {
    const store = this.#store;
    if (!store) return;
    const found: [string, string][] = [];
    for (let i = 0; i < store.length; i++) {
      const key = store.key(i);
      if (key?.startsWith(this.#prefix))
        found.push([key, this.get(Number(key.slice(this.#prefix.length)))?.saved_at ?? '']);
    }
    found.sort((a, b) => a[1].localeCompare(b[1]));
    for (const [key] of found.slice(0, Math.max(0, found.length - MOST))) store.removeItem(key);
  }
}

/** How sure a draft is. */
export type Safety = 'none' | 'saving' | 'saved' | 'here' | 'nowhere';

export interface Words {
  readonly text: string;
  readonly private: boolean;
}

/** The draft of one ticket, as it is typed. Saves every two seconds at most, and at once when told that the page is left. */
export class TicketDraft {
  /** Where the words are: `saved` on the server too, `here` in this browser only, `nowhere`: lost with the page. */
  state: Safety = 'none';
  readonly #ticket: number;
  readonly #local: LocalDrafts;
  readonly #api: Pick<TicketApi, 'draft' | 'putDraft' | 'dropDraft'>;
  readonly #changed: () => void;
  readonly #device: string;
  readonly #now: () => number;
  #words: Words = { text: '', private: false };
  #base = '';
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The saving on the server that is under way. */
  #sending: Promise<void> | null = null;
  /** Which draft it is: what is said of one that was dropped meanwhile counts no more. */
  #turn = 0;
  #again = false;
  #typed = false;
  #closed = false;

  constructor(
    ticket: number,
    parts: {
      readonly local: LocalDrafts;
      readonly api: Pick<TicketApi, 'draft' | 'putDraft' | 'dropDraft'>;
      readonly device: string;
      readonly now: () => number;
      readonly changed: () => void;
    },
  ) {
    this.#ticket = ticket;
    this.#local = parts.local;
    this.#api = parts.api;
    this.#device = parts.device;
    this.#now = parts.now;
    this.#changed = parts.changed;
  }

  get words(): Words {
    return this.#words;
  }

  /** What this browser kept, at once; then `found` gets what the server has, if that is newer and nothing was typed meanwhile. */
  open(found: (draft: Draft) => void): void {
    const kept = this.#local.get(this.#ticket);
    if (kept) {
      this.#words = { text: kept.text, private: kept.private };
      this.#base = kept.base;
      this.#tell('here');
    }
    void this.#ask(kept, found);
  }

  async #ask(kept: Draft | null, found: (draft: Draft) => void): Promise<void> {
    try {
      const draft = await this.#api.draft(AbortSignal.timeout(GIVE_UP_MS));
      if (this.#closed || this.#typed) return;
      if (draft && (!kept || draft.saved_at > kept.saved_at)) {
        this.#words = { text: draft.text, private: draft.private };
        this.#base = draft.base;
        this.#local.put(this.#ticket, draft);
        this.#tell('saved');
        found(draft);
      } else if (draft && kept && same(draft, kept)) this.#tell('saved');
      else if (kept) this.#later(0);
    } catch {
      // What is here is all there is, for now.
    }
  }

  /** The person typed. */
  put(words: Words, base: string): void {
    this.#words = words;
    this.#base = base;
    this.#typed = true;
    this.#later(SAVE_MS);
    if (this.state !== 'saving') this.#tell('saving');
  }

  /** Keeps it in this browser now; the server gets it if the page lives long enough. */
  flush(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    void this.#save();
  }

  /** The words were sent, or thrown away: there is no draft any more. */
  async drop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#turn++;
    this.#again = false;
    this.#typed = true;
    this.#words = { text: '', private: false };
    this.#local.drop(this.#ticket);
    this.#tell('none');
    await this.#sending; // or the server might save it after it was told to forget it
    try {
      await this.#api.dropDraft(AbortSignal.timeout(GIVE_UP_MS));
    } catch {
      // It is older than the comment that was made of it; the next draft replaces it.
    }
  }

  close(): void {
    this.flush();
    this.#closed = true;
  }

  #later(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#save();
    }, ms);
  }

  async #save(): Promise<void> {
    const { text } = this.#words;
    if (!text.trim()) {
      await this.drop();
      return;
    }
    const draft: Draft = {
      ...this.#words,
      base: this.#base,
      saved_at: new Date(this.#now()).toISOString(),
      device: this.#device,
    };
    const here = this.#local.put(this.#ticket, draft);
    if (this.#sending) {
      this.#again = true;
      return;
    }
    this.#sending = this.#send(draft, here);
    await this.#sending;
    this.#sending = null;
    if (this.#again) this.#later(SAVE_MS);
    this.#again = false;
  }

  async #send({ saved_at: _, ...sent }: Draft, here: boolean): Promise<void> {
    const turn = this.#turn;
    let state: Safety;
    try {
      await this.#api.putDraft(sent, AbortSignal.timeout(GIVE_UP_MS));
      state = this.#timer === undefined && !this.#again ? 'saved' : 'saving';
    } catch {
      state = here ? 'here' : 'nowhere';
    }
    if (turn === this.#turn) this.#tell(state);
  }

  #tell(state: Safety): void {
    this.state = state;
    if (!this.#closed) this.#changed();
  }
}

function same(a: Draft, b: Draft): boolean {
  return a.text === b.text && a.private === b.private;
}

function draftOf(value: unknown): Draft | null {
  const { text, private: hidden, base, saved_at, device } = (value ?? {}) as Partial<Draft>;
  if (typeof text !== 'string' || typeof saved_at !== 'string') return null;
  return { text, private: hidden === true, base: String(base ?? ''), saved_at, device: String(device ?? '') };
}

function local(): Kept | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
