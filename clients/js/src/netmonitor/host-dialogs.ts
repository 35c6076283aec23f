import { html } from 'lit';
import { EarlyKeys } from '../ui/early-keys';
import type { ToastOptions } from '../ui/toasts';
import type { NetApi } from './api';
import type { NavNetworkAck, NavNetworkMaintain, Subject } from './dialogs';
import { t as word } from './strings';
import type { Host } from './types';

/** The page that the dialogs lie above. */
export interface Ground {
  readonly renderRoot: ParentNode;
  readonly api: NetApi | null;
  readonly say: (toast: ToastOptions) => void;
}

/**
 * Taking a host on, and planning maintenance, from any page that shows hosts. The dialogs' script is fetched when one is first wanted; what is
 * typed meanwhile is meant for the dialog's first field, and Escape calls it off.
 */
export class HostDialogs {
  readonly #ground: Ground;
  readonly #offline: () => boolean;
  /** Of the dialog that is on its way. */
  #early: EarlyKeys | null = null;

  constructor(ground: Ground, offline: () => boolean) {
    this.#ground = ground;
    this.#offline = offline;
  }

  /** One lies above the page, or is about to. */
  get open(): boolean {
    return this.#coming || [this.#ack, this.#maintain].some((one) => one?.open);
  }

  /** Asks what is with a host that somebody takes on. */
  acknowledge(id: string, host: Host): void {
    void this.#show((early) => this.#ack?.ask(id, host.name, host.ack, early));
  }

  /** Asks when maintenance begins and ends. */
  maintain(subject: Subject): void {
    void this.#show((early) => this.#maintain?.ask(subject, early));
  }

  /** Both, for the page to render; `done` hears a sentence of what was done. */
  view(done: (event: CustomEvent<string>) => void) {
    const { api } = this.#ground;
    return html`<nav-network-ack .api=${api} @done=${done}></nav-network-ack>
      <nav-network-maintain .api=${api} @done=${done}></nav-network-maintain>`;
  }

  /** One is on its way and still wanted. */
  get #coming(): boolean {
    return this.#early !== null && !this.#early.cancelled;
  }

  get #ack(): NavNetworkAck | null {
    return this.#ground.renderRoot.querySelector('nav-network-ack');
  }

  get #maintain(): NavNetworkMaintain | null {
    return this.#ground.renderRoot.querySelector('nav-network-maintain');
  }

  async #show(ask: (early: () => string) => Promise<void> | undefined): Promise<void> {
    const { say } = this.#ground;
    if (this.#offline()) {
      say({ text: word('noLinkAct'), tone: 'bad' });
      return;
    }
    if (this.#coming) return;
    const early = new EarlyKeys({ lines: true });
    this.#early = early;
    try {
      await import('./dialogs');
      if (!early.cancelled) await ask(() => early.end().text);
    } catch {
      say({ text: word('noAnswer'), tone: 'bad' });
    } finally {
      early.end();
      if (this.#early === early) this.#early = null;
    }
  }
}
