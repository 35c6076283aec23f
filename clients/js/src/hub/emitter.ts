import type { Undo } from './types';

/** Listeners by event name. `on` returns the only way to leave again, so that nothing can pile up unnoticed. */
export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<(value: never) => void>>();

  on<K extends keyof Events>(type: K, fn: (value: Events[K]) => void): Undo {
    // A wrapper of its own for each call: the same function registered twice is called twice and left twice.
    const listener = (value: Events[K]): void => fn(value);
    const all = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, all);
    all.add(listener);
    return () => void all.delete(listener);
  }

  /** Calls every listener; one that throws keeps no other from being called, and shows as an uncaught error. */
  emit<K extends keyof Events>(type: K, value: Events[K]): void {
    for (const listener of [...(this.#listeners.get(type) ?? [])]) guarded(() => listener(value as never));
  }
}

/** Runs code of others: its failure is reported as uncaught, and the caller goes on. */
export function guarded(run: () => void): void {
  try {
    run();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
