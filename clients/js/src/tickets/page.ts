import { css, html, nothing } from 'lit';
import { property } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import type { Session } from '../inbox/session';
import { Places } from '../shell/places';
import { base, define, TezElement } from '../ui/element';
import type { ToastOptions } from '../ui/toasts';
import './detail/page';
import './list/list';
import { type Place, pathOf, readPlace } from './place';

/**
 * <nav-tickets .session .say>: the list of the tickets or one of them, by the address. Going from one to the other loads nothing anew:
 * the list stays behind the ticket, hidden, with its place and selection. Fires `place` with what is open, for the tab's title. Slot `heading`.
 */
export class NavTickets extends TezElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
      }
      nav-ticket-list {
        height: 100%;
        border: 1px solid var(--tez-line);
        border-radius: var(--tez-radius-l);
        box-shadow: var(--tez-shadow);
      }
      @media (max-width: 620px) {
        nav-ticket-list {
          border-width: 0;
          border-radius: 0;
        }
      }
    `,
  ];

  @property({ attribute: false }) session: Session | null = null;
  /** Shows a message in the one stack of the page. */
  @property({ attribute: false }) say: (toast: ToastOptions) => void = () => undefined;
  readonly #places = new Places<Place>(
    this,
    { read: readPlace, path: pathOf, home: { kind: 'list' } },
    {
      leaving: () => this.#list?.keep(),
      went: () => this.#list?.revisit(), // the same page with other filters moves nothing by itself
    },
  );
  /** The list was shown once, and stays. */
  #listed = false;

  get #list() {
    return this.renderRoot.querySelector('nav-ticket-list');
  }

  override render() {
    const { session, say } = this;
    const { place, arrived } = this.#places;
    this.#listed ||= place.kind === 'list';
    return html`${
      this.#listed
        ? html`<nav-ticket-list
            .session=${session}
            .say=${say}
            .active=${place.kind === 'list'}
            ?hidden=${place.kind !== 'list'}
            ><slot name="heading" slot="heading"></slot
          ></nav-ticket-list>`
        : nothing
    }${
      place.kind === 'ticket'
        ? keyed(
            place.id,
            html`<nav-ticket
              number=${place.id}
              .session=${session}
              .arrived=${arrived}
              @leave=${() => this.#places.go({ kind: 'list' })}
            ></nav-ticket>`,
          )
        : nothing
    }`;
  }
}
define('nav-tickets', NavTickets);

declare global {
  interface HTMLElementTagNameMap {
    'nav-tickets': NavTickets;
  }
}
