import { Emitter } from '../hub/emitter';
import type { Hub, Undo } from '../hub/index';

const TOPIC = 'quality';
const MOST = 1000; // numbers kept until somebody looks; beyond that only "many" is known
const WAIT_MS = 300; // changes come in bursts: one answer for all of them

/** Follows topic `quality`: tells in small portions which issues changed. `denied` when it is not this person's to read. */
export class Live {
  denied = false;
  readonly #hub: Pick<Hub, 'subscribe' | 'on'>;
  readonly #events = new Emitter<{ change: ReadonlySet<number>; missed: undefined; state: undefined }>();
  #waiting = new Set<number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #undos: Undo[] = [];
  #began = false;

  constructor(hub: Pick<Hub, 'subscribe' | 'on'>) {
    this.#hub = hub;
    this.#join();
  }

  /** Issues that changed since the last call of `fn`. */
  onChange(fn: (ids: ReadonlySet<number>) => void): Undo {
    return this.#events.on('change', fn);
  }

  /** Changes were missed: anything may have changed. */
  onMissed(fn: () => void): Undo {
    return this.#events.on('missed', fn);
  }

  /** `denied` has changed. */
  onState(fn: () => void): Undo {
    return this.#events.on('state', fn);
  }

  retry(): void {
    this.close();
    this.denied = false;
    this.#began = false;
    this.#join();
    this.#events.emit('state', undefined);
  }

  close(): void {
    for (const undo of this.#undos.splice(0)) undo();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.clear();
  }

  #join(): void {
    this.#undos = [
      this.#hub.subscribe(TOPIC, {
        snapshot: () => {
          if (this.#began) this.#events.emit('missed', undefined);
          this.#began = true;
        },
        event: ({ data }) => {
          this.#began = true;
          const { ids, more } = (data ?? {}) as { ids?: unknown; more?: unknown };
          if (!Array.isArray(ids)) return;
          for (const id of ids) if (typeof id === 'number') this.#waiting.add(id);
          if (more === true || this.#waiting.size > MOST) {
            this.#waiting.clear();
            this.#events.emit('missed', undefined);
          } else this.#timer ??= setTimeout(() => this.#tell(), WAIT_MS);
        },
      }),
      this.#hub.on('error', (fault) => {
        if (fault.topic !== TOPIC || fault.temporary) return;
        this.denied = true;
        this.#events.emit('state', undefined);
      }),
    ];
  }

  #tell(): void {
    this.#timer = undefined;
    const ids = this.#waiting;
    this.#waiting = new Set();
    if (ids.size) this.#events.emit('change', ids);
  }
}
