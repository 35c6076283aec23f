import type { ReactiveControllerHost } from 'lit';
import { faultOf, type NetApi } from './api';
import type { Round, Trace } from './types';

/** What came of something that was asked now. */
export interface Asked<T> {
  readonly busy: boolean;
  readonly value: T | null;
  /** Why it failed, in words; empty: it did not. */
  readonly fault: string;
}

const unasked = { busy: false, value: null, fault: '' };

/** A ping and a trace that somebody at a host's page asks for. The script that shows what comes of them is fetched with the first one. */
export class Checks {
  pinged: Asked<Round> = unasked;
  traced: Asked<Trace> = unasked;
  readonly #host: ReactiveControllerHost;
  readonly #source: () => { readonly api: NetApi | null; readonly id: string };

  readonly #lost: () => void;

  /** `lost`: the script that shows the answers did not come. */
  constructor(
    host: ReactiveControllerHost,
    source: () => { readonly api: NetApi | null; readonly id: string },
    lost: () => void,
  ) {
    this.#host = host;
    this.#source = source;
    this.#lost = lost;
  }

  get any(): boolean {
    return this.pinged !== unasked || this.traced !== unasked;
  }

  readonly ping = (): void => {
    const { api, id } = this.#source();
    if (api && !this.pinged.busy)
      void this.#ask(
        () => api.ping(id),
        (pinged) => Object.assign(this, { pinged }),
      );
  };

  readonly trace = (): void => {
    const { api, id } = this.#source();
    if (api && !this.traced.busy)
      void this.#ask(
        () => api.traceroute(id),
        (traced) => Object.assign(this, { traced }),
      );
  };

  async #ask<T>(ask: () => Promise<T>, keep: (asked: Asked<T>) => void): Promise<void> {
    const put = (asked: Asked<T>) => {
      keep(asked);
      this.#host.requestUpdate();
    };
    put({ busy: true, value: null, fault: '' });
    import('./checked').catch(this.#lost);
    try {
      put({ busy: false, value: await ask(), fault: '' });
    } catch (error) {
      put({ busy: false, value: null, fault: faultOf(error) });
    }
  }
}
