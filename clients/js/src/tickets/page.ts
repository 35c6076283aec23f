import { css, html, nothing } from 'lit';
import { property, state } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import type { Session } from '../inbox/session';
import { onNavigate } from '../palette/navigate';
import { base, define, TezElement } from '../ui/element';
import type { ToastOptions } from '../ui/toasts';
import './detail/page';
import './list/list';
import { type Place, pathOf, placeOfClick, readPlace } from './place';

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
  @state() private place: Place = readPlace(location.pathname) ?? { kind: 'list' };
  /** The list was shown once, and stays. */
  #listed = false;
  /** What the list showed when it was left: the way back leads there. */
  #search = '';
  /** Somebody came here from within: the focus was on something that is gone, and goes to the ticket. */
  #arrived = false;

  #unlisten: (() => void) | undefined;
  #back = () => this.#read();
  #clicked = (event: MouseEvent) => {
    const place = placeOfClick(event);
    if (!place || !(event.target instanceof Element) || event.target.closest('nav-tickets') !== this) return;
    event.preventDefault();
    const link = event.composedPath().find((at) => at instanceof HTMLAnchorElement);
    this.go(place, link ? new URL(link.href).search : '');
  };

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('popstate', this.#back);
    document.addEventListener('click', this.#clicked);
    this.#unlisten = onNavigate((to) => {
      const place = readPlace(to.pathname);
      if (place) this.go(place, to.search);
      return place !== null;
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('popstate', this.#back);
    document.removeEventListener('click', this.#clicked);
    this.#unlisten?.();
  }

  /** Opens it, with an entry of its own in the browser's history. */
  go(place: Place, search = ''): void {
    if (this.place.kind === 'list') this.#search = location.search;
    const kept = place.kind === 'list' && this.place.kind === 'ticket' ? this.#search : '';
    const path = pathOf(place) + (search || kept);
    if (path !== location.pathname + location.search) {
      this.renderRoot.querySelector('nav-ticket-list')?.keep();
      history.pushState(null, '', path);
    }
    this.#read();
    this.renderRoot.querySelector('nav-ticket-list')?.revisit(); // the same page with other filters moves nothing by itself
  }

  #read(): void {
    const place = readPlace(location.pathname);
    if (!place) {
      location.reload();
      return;
    }
    const moved = pathOf(place) !== pathOf(this.place);
    this.place = place;
    this.#arrived ||= moved;
    if (moved) this.emit('place', null);
  }

  override render() {
    const { place, session, say } = this;
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
              .arrived=${this.#arrived}
              @leave=${() => this.go({ kind: 'list' })}
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
