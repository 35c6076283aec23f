/** Rights as the person wants them: shown at once, then confirmed by the server or rolled back. */

import { serverNow } from '../ui/clock';
import type { Given, Permissions, Right } from './types';

interface Change {
  readonly given: Given | null;
  /** null: the server has not answered yet; else its time of the answer, ms. */
  readonly done: number | null;
}

type Holder = { readonly id: number; readonly permissions: Permissions };

const keyOf = (id: number, right: Right) => `${id}:${right}`;

export class Grants {
  readonly #changes = new Map<string, Change>();
  readonly #send: (id: number, right: Right, given: boolean) => Promise<unknown>;
  readonly #me: string;
  readonly #changed: () => void;

  constructor(send: (id: number, right: Right, given: boolean) => Promise<unknown>, me: string, changed: () => void) {
    this.#send = send;
    this.#me = me;
    this.#changed = changed;
  }

  /** Who gave `right` to `person`, as it shall be shown; null: nobody. */
  of(person: Holder, right: Right): Given | null {
    const change = this.#changes.get(keyOf(person.id, right));
    return change ? change.given : (person.permissions[right] ?? null);
  }

  pending(id: number, right: Right): boolean {
    return this.#changes.get(keyOf(id, right))?.done === null;
  }

  /** Sends the change once; a call while one is under way is ignored and gives false. Rolls back and rethrows when refused. */
  async set(id: number, right: Right, given: boolean): Promise<boolean> {
    const key = keyOf(id, right);
    if (this.pending(id, right)) return false;
    const before = this.#changes.get(key);
    const wanted = given ? { by: this.#me, at: new Date(serverNow()).toISOString() } : null;
    this.#put(key, { given: wanted, done: null });
    try {
      await this.#send(id, right, given);
    } catch (error) {
      this.#put(key, before);
      throw error;
    }
    this.#put(key, { given: wanted, done: serverNow() });
    return true;
  }

  /** Fresh rows were asked for at `askedAt`: what was confirmed before is in them and need not be remembered. */
  settle(people: readonly { readonly id: number }[], askedAt: number): void {
    const ids = new Set(people.map((person) => String(person.id)));
    for (const [key, change] of this.#changes) {
      if (change.done !== null && change.done < askedAt && ids.has(key.slice(0, key.indexOf(':'))))
        this.#changes.delete(key);
    }
  }

  #put(key: string, change: Change | undefined): void {
    if (change) this.#changes.set(key, change);
    else this.#changes.delete(key);
    this.#changed();
  }
}
