/** The telephone of people with the right `finesse`: fetched when they have it, gone when it is taken. All that everybody loads of it. */

import type { Session } from '../inbox/session';
import type { TezShell } from './shell';

const AGAIN_MS = 10_000; // the script did not come: the network may be better then

export class CallsDock {
  readonly #shell: TezShell;
  readonly #session: Session;
  #wanted = false;
  #undo: (() => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(shell: TezShell, session: Session) {
    this.#shell = shell;
    this.#session = session;
    this.look(session.boot.user.permissions);
    shell.addEventListener('tez-rights', (event) => this.look((event as CustomEvent<readonly string[]>).detail));
  }

  /** What the person may now. Who looks as somebody else has no telephone of theirs: it would ring here. */
  look(permissions: readonly string[]): void {
    const wanted = permissions.includes('finesse') && this.#session.boot.viewer === null;
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    clearTimeout(this.#timer);
    if (wanted) void this.#load();
    else {
      this.#undo?.();
      this.#undo = null;
    }
  }

  async #load(): Promise<void> {
    try {
      const { mount } = await import('../calls/mount');
      if (this.#wanted && !this.#undo)
        this.#undo = mount(this.#shell, this.#session, () => this.#shell.boot?.csrf ?? this.#session.boot.csrf);
    } catch {
      if (this.#wanted) this.#timer = setTimeout(() => void this.#load(), AGAIN_MS);
    }
  }
}
