import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { HttpError } from '../inbox/session';

/** What came of asking: the newest answer stays in sight while the next one is under way, and when that fails. */
export class Load<T> implements ReactiveController {
  value: T | null = null;
  busy = false;
  /** Why the last asking failed, in the person's language; empty when it did not. */
  failure = '';
  denied = false;
  readonly #host: ReactiveControllerHost;
  readonly #fallback: () => string;
  #turn = 0;

  constructor(host: ReactiveControllerHost, fallback: () => string) {
    this.#host = host;
    this.#fallback = fallback;
    host.addController(this);
  }

  hostDisconnected(): void {
    this.#turn++; // an answer that comes now is nobody's
    this.busy = false;
  }

  /** Asks; an older question that is still under way no longer counts. */
  async run(ask: () => Promise<T>): Promise<boolean> {
    const turn = ++this.#turn;
    this.busy = true;
    this.#host.requestUpdate();
    try {
      const value = await ask();
      if (turn !== this.#turn) return false;
      this.value = value;
      this.failure = '';
      this.denied = false;
      return true;
    } catch (error) {
      if (turn !== this.#turn) return false;
      this.denied = error instanceof HttpError && error.status === 403;
      this.failure = error instanceof HttpError ? error.message : this.#fallback();
      return false;
    } finally {
      if (turn === this.#turn) {
        this.busy = false;
        this.#host.requestUpdate();
      }
    }
  }
}
