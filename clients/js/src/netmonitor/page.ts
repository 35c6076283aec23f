import { css, html, nothing } from 'lit';
import { property, state } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import type { Session } from '../inbox/session';
import { Places } from '../shell/places';
import { base, define, TezElement } from '../ui/element';
import '../ui/states';
import type { ToastOptions } from '../ui/toasts';
import { NetApi } from './api';
import { type Place, pathOf, readPlace } from './place';
import { NetStore } from './store';
import { t } from './strings';

/** The parts that only some look at, each with its script. */
const parts = { board: () => import('./board'), host: () => import('./host'), setup: () => import('./setup') };

/**
 * <nav-network .session .say>: the dashboard, one host or the setup, by the address. Going from one to another loads nothing anew: the
 * dashboard stays behind them, hidden, with its place. Fires `place` with what is open, for the tab's title. Slot `heading`.
 */
export class NavNetwork extends TezElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
      }
      nav-network-board {
        height: 100%;
      }
      @media (max-width: 620px) {
        nav-network-board {
          border-width: 0;
          border-radius: 0;
        }
      }
    `,
  ];

  @property({ attribute: false }) session: Session | null = null;
  /** Shows a message in the one stack of the page. */
  @property({ attribute: false }) say: (toast: ToastOptions) => void = () => undefined;
  /** The script of a part did not come. */
  @state() private failed = false;
  @state() private ready: ReadonlySet<Place['kind']> = new Set();

  store: NetStore | null = null;
  #api: NetApi | null = null;
  #listed = false;
  readonly #places = new Places<Place>(this, { read: readPlace, path: pathOf, home: { kind: 'board' } });

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.store?.close();
    this.store = null;
  }

  protected override willUpdate(): void {
    const { session } = this;
    if (session && !this.store) {
      this.store = new NetStore(session.hub);
      this.#api = new NetApi(session.base, session.boot.csrf);
    }
    void this.#fetch();
  }

  async #fetch(): Promise<void> {
    const { kind } = this.#places.place;
    if (this.ready.has(kind) || this.failed) return;
    try {
      await parts[kind]();
      this.ready = new Set([...this.ready, kind]);
    } catch {
      this.failed = true;
    }
  }

  override render() {
    const { session, say, store } = this;
    const { place } = this.#places;
    const boot = session?.boot;
    this.#listed ||= place.kind === 'board';
    return html`${
      this.#listed && this.ready.has('board')
        ? html`<nav-network-board
            .store=${store}
            .api=${this.#api}
            .say=${say}
            user=${boot?.user.id ?? 0}
            .admin=${boot?.user.permissions.includes('admin') ?? false}
            .active=${place.kind === 'board'}
            ?hidden=${place.kind !== 'board'}
            ><slot name="heading" slot="heading"></slot
          ></nav-network-board>`
        : nothing
    }${session ? this.#part(place) : nothing}`;
  }

  #part(place: Place) {
    const { session, say, store } = this;
    if (this.failed)
      return html`<tez-error
        .text=${t('noAnswer')}
        @retry=${() => {
          this.failed = false;
        }}
      ></tez-error>`;
    if (!this.ready.has(place.kind)) return html`<tez-loading rows="5"></tez-loading>`;
    if (place.kind === 'board') return nothing;
    if (place.kind === 'setup')
      return html`<nav-network-setup .api=${this.#api} .say=${say} .arrived=${this.#places.arrived}></nav-network-setup>`;
    return keyed(
      place.id,
      html`<nav-network-host
        host=${place.id}
        .store=${store}
        .hub=${session?.hub ?? null}
        .api=${this.#api}
        .say=${say}
        .arrived=${this.#places.arrived}
      ></nav-network-host>`,
    );
  }
}
define('nav-network', NavNetwork);

declare global {
  interface HTMLElementTagNameMap {
    'nav-network': NavNetwork;
  }
}
