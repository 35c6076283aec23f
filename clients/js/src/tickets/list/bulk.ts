/** One change of many tickets, from the click to its undo: started once, followed by the hub's topic, asked for when the topic is silent. */

import { randomId } from '../../hub/device';
import type { Hub, Undo } from '../../hub/index';
import type { ListApi } from './api';
import type { Change, Failure, Progress, Which } from './types';

const ASK_MS = 2500; // silence of the topic after which the server is asked
const MOST_FAILED = 1000; // failures kept; the server names no more

/** What the topic and the server tell; only the topic carries `back`, only the server `undoable`. */
type Told = Partial<Progress> & { readonly back?: object; readonly undoable?: boolean };

/** Where the change stands; `lost`: it was sent, and what became of it is not known now. */
export type BulkState = 'starting' | 'running' | 'done' | 'refused' | 'lost';

export class BulkRun {
  state: BulkState = 'starting';
  progress: Progress = { done: 0, total: 0, failed: [], state: 'running' };
  /** Why it was refused, or why nothing is heard. */
  error: unknown = null;
  /** It takes another one back. */
  readonly isUndo: boolean;
  #undoable = false;
  #job = '';
  #leave: Undo | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #stop = new AbortController();
  readonly #key = randomId();

  private constructor(
    readonly api: ListApi,
    readonly hub: Pick<Hub, 'subscribe'>,
    readonly change: Change,
    readonly changed: () => void,
    readonly begin: (key: string) => Promise<string>,
    isUndo: boolean,
  ) {
    this.isUndo = isUndo;
  }

  /** Sends the change. `changed` is called whenever something of the run is new. */
  static start(api: ListApi, hub: Pick<Hub, 'subscribe'>, which: Which, change: Change, changed: () => void): BulkRun {
    const run = new BulkRun(api, hub, change, changed, (key) => api.bulk(which, change, key), false);
    void run.again();
    return run;
  }

  /** True while it is under way. */
  get running(): boolean {
    return this.state === 'starting' || this.state === 'running';
  }

  /** It is over, and something of it can be taken back: a comment stays said. */
  get canUndo(): boolean {
    return this.state === 'done' && this.#undoable && !this.isUndo;
  }

  /** It is over before its end: Redmine did not answer any more, or the server went away. */
  get stopped(): boolean {
    return this.state === 'done' && this.progress.done < this.progress.total;
  }

  get failed(): readonly Failure[] {
    return this.progress.failed;
  }

  /** Tickets that were changed. */
  get succeeded(): number {
    return Math.max(0, this.progress.done - this.failed.length);
  }

  /** Sends once more what may not have arrived: the same name, so it never happens twice. */
  async again(): Promise<void> {
    this.state = 'starting';
    this.error = null;
    this.changed();
    try {
      this.#job ||= await this.begin(this.#key);
    } catch (error) {
      this.error = error;
      this.state = 'refused';
      this.changed();
      return;
    }
    if (this.#stop.signal.aborted) return;
    this.state = 'running';
    this.#leave ??= this.hub.subscribe(`bulk:${this.#job}`, {
      snapshot: ({ data }) => this.#heard(data),
      event: ({ data }) => this.#heard(data),
    });
    this.#askLater();
    this.changed();
  }

  /** The run that does the failed ones again. */
  retry(changed: () => void): BulkRun {
    return BulkRun.start(this.api, this.hub, { ids: this.failed.map((one) => one.id) }, this.change, changed);
  }

  /** The run that takes this one back. */
  undo(changed: () => void): BulkRun {
    const run = new BulkRun(this.api, this.hub, this.change, changed, (key) => this.api.undo(this.#job, key), true);
    void run.again();
    return run;
  }

  /** Follows it no longer; what the server does goes on. */
  stop(): void {
    this.#stop.abort();
    this.#leave?.();
    this.#leave = undefined;
    clearTimeout(this.#timer);
  }

  #heard(data: unknown): void {
    const told = data as Told | null;
    if (typeof told?.done !== 'number' || this.state === 'done') return;
    this.progress = {
      done: told.done,
      total: told.total ?? this.progress.total,
      failed: (told.failed ?? []).slice(0, MOST_FAILED),
      state: told.state ?? 'running',
    };
    this.error = null;
    this.#undoable = told.undoable ?? Object.keys(told.back ?? {}).length > 0;
    this.state = 'running';
    if (this.progress.state !== 'running') {
      this.stop();
      this.state = 'done';
    } else this.#askLater();
    this.changed();
  }

  #askLater(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), ASK_MS);
  }

  async #ask(): Promise<void> {
    try {
      this.#heard(await this.api.job(this.#job, this.#stop.signal));
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.error = error;
      this.state = 'lost';
      this.#askLater();
      this.changed();
    }
  }
}
