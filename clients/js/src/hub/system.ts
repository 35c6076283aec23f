import { Emitter } from './emitter';
import type { Hub, SourceState, Undo } from './types';

/** How fresh each source is: the hub's topic `system`, folded by source. */
export class SystemStore {
  sources: ReadonlyMap<string, SourceState> = new Map();
  readonly #events = new Emitter<{ change: undefined }>();
  readonly #undo: Undo;

  constructor(hub: Hub) {
    this.#undo = hub.subscribe('system', {
      snapshot: ({ data }) => {
        const entries = Object.values((data as { sources?: Record<string, unknown> } | null)?.sources ?? {});
        this.#set(entries.filter(isSource));
      },
      event: ({ data }) => {
        if (isSource(data)) this.#set([...this.sources.values(), data]);
      },
    });
  }

  on(type: 'change', fn: () => void): Undo {
    return this.#events.on(type, fn);
  }

  close(): void {
    this.#undo();
  }

  #set(all: readonly SourceState[]): void {
    this.sources = new Map(all.map((one) => [one.source, one]));
    this.#events.emit('change', undefined);
  }
}

function isSource(value: unknown): value is SourceState {
  const { source, state } = (value ?? {}) as Partial<SourceState>;
  return typeof source === 'string' && (state === 'ok' || state === 'late' || state === 'down');
}
