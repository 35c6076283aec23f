import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { onNavigate } from '../palette/navigate';

/** The places of an area, as addresses name them. */
export interface Area<P> {
  /** Null: the path is none of the area's. */
  readonly read: (path: string) => P | null;
  readonly path: (place: P) => string;
  /** The place that stays behind the others, with what its address asked for. */
  readonly home: P;
}

export interface Hooks {
  /** Before the address changes. */
  readonly leaving?: () => void;
  /** After it was asked to go somewhere, be it to where it is, with another search. */
  readonly went?: () => void;
}

type Host = HTMLElement & ReactiveControllerHost;

/**
 * Going from one place of an area to another without loading anything anew: by links within the host, Back and Forward, and what the palette
 * asks for. Fires `place` on the host after each.
 */
export class Places<P> implements ReactiveController {
  place: P;
  /** Somebody came here from within: the focus was on something that is gone. */
  arrived = false;
  readonly #host: Host;
  readonly #area: Area<P>;
  readonly #hooks: Hooks;
  /** What home showed when it was left: the way back leads there. */
  #search = '';
  #unlisten: (() => void) | undefined;
  readonly #back = () => this.#read();
  readonly #clicked = (event: MouseEvent) => {
    const link = plainLink(event);
    const place = link && this.#area.read(link.pathname);
    if (!place || !(event.target instanceof Element) || event.target.closest(this.#host.localName) !== this.#host)
      return;
    event.preventDefault();
    this.go(place, link.search);
  };

  constructor(host: Host, area: Area<P>, hooks: Hooks = {}) {
    this.#host = host;
    this.#area = area;
    this.#hooks = hooks;
    this.place = area.read(location.pathname) ?? area.home;
    host.addController(this);
  }

  get atHome(): boolean {
    return this.#path === this.#area.path(this.#area.home);
  }

  hostConnected(): void {
    addEventListener('popstate', this.#back);
    document.addEventListener('click', this.#clicked);
    this.#unlisten = onNavigate((to) => {
      const place = this.#area.read(to.pathname);
      if (place) this.go(place, to.search);
      return place !== null;
    });
  }

  hostDisconnected(): void {
    removeEventListener('popstate', this.#back);
    document.removeEventListener('click', this.#clicked);
    this.#unlisten?.();
  }

  /** Opens it, with an entry of its own in the browser's history. */
  go(place: P, search = ''): void {
    const { home, path: pathOf } = this.#area;
    const kept = pathOf(place) === pathOf(home) && !this.atHome ? this.#search : '';
    if (this.atHome) this.#search = location.search;
    const path = pathOf(place) + (search || kept);
    if (path !== location.pathname + location.search) {
      this.#hooks.leaving?.();
      history.pushState(null, '', path);
    }
    this.#read();
    this.#hooks.went?.();
  }

  get #path(): string {
    return this.#area.path(this.place);
  }

  #read(): void {
    const place = this.#area.read(location.pathname);
    if (!place) {
      location.reload();
      return;
    }
    if (this.#area.path(place) === this.#path) return;
    this.place = place;
    this.arrived = true;
    this.#host.requestUpdate();
    this.#host.dispatchEvent(new CustomEvent('place', { detail: null, bubbles: true, composed: true }));
  }
}

/** Where a plain click on a link leads on this site; null: it is the browser's to follow (another site, tab, file or part of the page). */
export function plainLink(event: MouseEvent): URL | null {
  if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
    return null;
  const link = event.composedPath().find((at) => at instanceof HTMLAnchorElement);
  if (!link?.href || link.target || link.hasAttribute('download')) return null;
  const url = new URL(link.href);
  return url.origin === location.origin && !url.hash ? url : null;
}
