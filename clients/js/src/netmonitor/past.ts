import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { Load } from '../quality/load';
import type { NetApi } from './api';
import { readRange } from './place';
import { t as word } from './strings';
import type { History, Range } from './types';

/** How often a chart of the last hours is asked anew, at most. */
const RENEW_MS = 30_000;

/** A host's history on its page: over which time, as the address says it, and when it is asked anew. */
export class Past implements ReactiveController {
  range: Range = readRange(location.search);
  readonly load: Load<History>;
  readonly #host: ReactiveControllerHost;
  readonly #source: () => { readonly api: NetApi | null; readonly id: string };
  #asked = 0;
  readonly #back = () => this.choose(readRange(location.search), false);

  constructor(host: ReactiveControllerHost, source: () => { readonly api: NetApi | null; readonly id: string }) {
    this.#host = host;
    this.#source = source;
    this.load = new Load<History>(host, () => word('noAnswer'));
    host.addController(this);
  }

  hostConnected(): void {
    addEventListener('popstate', this.#back);
  }

  hostDisconnected(): void {
    removeEventListener('popstate', this.#back);
  }

  /** Asks; what is shown stays until the answer is there. */
  read(): void {
    const { api, id } = this.#source();
    if (!api) return;
    this.#asked = performance.now();
    void this.load.run(() => api.history(id, this.range));
  }

  /** Another time; `write` says it in the address. */
  choose(range: Range, write = true): void {
    if (range === this.range) return;
    this.range = range;
    if (write) {
      const query = new URLSearchParams(location.search);
      query.set('range', range);
      history.replaceState(history.state, '', `${location.pathname}?${query}`);
    }
    this.#host.requestUpdate();
    this.read();
  }

  /** Asks anew when a point has been added since. */
  renew(): void {
    const step = (this.load.value?.step_s ?? 60) * 1000;
    if (!this.load.busy && performance.now() - this.#asked > Math.max(step, RENEW_MS)) this.read();
  }
}
