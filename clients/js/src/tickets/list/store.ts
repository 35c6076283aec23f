/** What the ticket list works with: where one is, which rows are loaded, how old they are, what waits. Tells its listeners of every change. */

import type { Hub, HubStatus, Undo } from '../../hub/index';
import { HttpError } from '../../inbox/session';
import { serverNow } from '../../ui/clock';
import { isForbidden, type ListApi } from './api';
import { asked, effective, HOME, isHome, type Place, readPlace, withFilter, writePlace } from './place';
import { PAGE_SIZE, Rows } from './rows';
import { ViewTopic } from './topic';
import type { Facets, Page, Query, Ticket, View } from './types';
import { pagesOf, type Span } from './window';

export type ListHub = Pick<Hub, 'status' | 'on' | 'subscribe'>;

const COUNTS_MS = 2000; // the views' numbers are asked for again so long after a change: one question for a burst
const NEAR_MS = 5000; // clocks of two machines, and a change that took so long to be told
const noFacets: Facets = { projects: [], statuses: [], priorities: [], trackers: [] };

export class TicketStore {
  place: Place;
  views: readonly View[] = [];
  facets: Facets = noFacets;
  readonly rows = new Rows();
  /** A question is under way whose answer replaces what is shown. */
  busy = false;
  /** Why the last asking for rows failed; null when it did not. */
  error: unknown = null;
  viewsError: unknown = null;
  denied = false;
  /** The server's time as of which the rows are right, ms: while the link holds they are right now, and this is null. */
  seenAt: number | null = null;
  /** Whether rows must stay where they are now; the element knows. */
  held: () => boolean = () => false;

  readonly #listeners = new Set<() => void>();
  readonly #undos: Undo[] = [];
  readonly #topic: ViewTopic;
  readonly #asking = new Map<number, AbortController>();
  /** The address that the rows on screen answer; empty before the first answer. */
  #shown: string | null = null;
  #span: Span = { from: 0, to: PAGE_SIZE };
  #turn = new AbortController();
  #comparing = false;
  /** The server's time at which all rows were asked for anew, ms. */
  #askedAt = 0;
  /** Something changed while an answer was under way that may have been read before. */
  #again = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #counts: ReturnType<typeof setTimeout> | undefined;
  #wasOpen = false;
  #isOpen = false;

  constructor(
    readonly api: ListApi,
    readonly hub: ListHub,
  ) {
    this.place = readPlace(isHome(location.pathname) ? location.search : '');
    this.#topic = new ViewTopic(hub, {
      changed: (ids) => {
        this.rows.touch(ids);
        this.#countLater();
        return this.compare();
      },
      missed: () => {
        this.#countLater();
        return this.compare();
      },
      // rows may have been read just before that change, which was told just before anybody listened
      began: (at) => {
        if (at > this.#askedAt - NEAR_MS) void this.compare();
      },
    });
  }

  /** Begins: loads what the address names, follows Back and the link. `stop` ends it. */
  start(): void {
    const back = () => this.revisit();
    addEventListener('popstate', back);
    this.#undos.push(
      () => removeEventListener('popstate', back),
      this.hub.on('status', (status) => this.#linkChanged(status)),
    );
    this.#linkChanged(this.hub.status);
    void this.loadViews();
    this.#topic.follow(this.place.view);
    this.reload();
  }

  /** The address may have changed without us: by Back, or by a link to the list. */
  revisit(): void {
    if (isHome(location.pathname)) this.#moved(readPlace(location.search), 0);
  }

  stop(): void {
    for (const undo of this.#undos.splice(0)) undo();
    this.#topic.stop();
    this.#turn.abort();
    clearTimeout(this.#timer);
    clearTimeout(this.#counts);
    this.#counts = undefined;
  }

  onChange(listener: () => void): Undo {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Something that is shown has changed. */
  changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  /** The link to the server is lost; a page that only begins is not offline yet. */
  get offline(): boolean {
    const { state } = this.hub.status;
    return state === 'waiting' || state === 'stopped' || (state === 'connecting' && this.#wasOpen);
  }

  /** The rows on screen answer an earlier question than the one that the address asks. */
  get overtaken(): boolean {
    return this.rows.loaded && this.#shown !== this.#question;
  }

  get #question(): string {
    return writePlace({ ...this.place, ticket: null });
  }

  /** The filters and the sorting that hold. */
  get query(): Query {
    return effective(this.place, this.views);
  }

  get view(): View | undefined {
    return this.views.find((view) => view.id === this.place.view);
  }

  // — Place —

  /** Another view of the list. `replace` leaves no step for Back; rows are asked for in `wait` ms. */
  go(place: Place, { replace = false, wait = 0 } = {}): void {
    const url = `${HOME}${writePlace(place)}`;
    if (replace) history.replaceState(history.state, '', url);
    else if (url !== location.pathname + location.search) history.pushState(null, '', url);
    this.#moved(place, wait);
  }

  /** Sets one filter; typed ones (`wait`) leave no step for Back. */
  filter(name: string, value: string, wait = 0): void {
    this.go(withFilter(this.place, name, value, this.views), { replace: wait > 0, wait });
  }

  #moved(place: Place, wait: number): void {
    const before = this.#question;
    this.place = place;
    if (before === this.#question) {
      this.changed();
      return;
    }
    this.#topic.follow(place.view);
    clearTimeout(this.#timer);
    if (wait) this.#timer = setTimeout(() => this.reload(), wait);
    else this.reload();
    this.changed();
  }

  // — Rows —

  /** Asks anew for everything, from the beginning; what was shown stays until the answer is here. */
  reload(): void {
    clearTimeout(this.#timer);
    this.#turn.abort();
    this.#turn = new AbortController();
    this.#asking.clear();
    this.busy = true;
    this.#again = false; // what is asked for now is newer than what was told
    this.#askedAt = serverNow();
    this.error = null;
    this.changed();
    void this.#ask(0, this.#turn, true);
  }

  /** These rows are in sight: their pages are asked for, others that were under way no longer. */
  want(span: Span): void {
    this.#span = span;
    if (!this.rows.loaded || this.busy) return;
    const wanted = pagesOf(span, PAGE_SIZE);
    for (const [page, run] of this.#asking) if (!wanted.includes(page)) run.abort();
    for (const page of wanted) if (!this.rows.has(page) && !this.#asking.has(page)) void this.#more(page);
  }

  async #more(page: number): Promise<void> {
    const turn = this.#turn;
    const run = new AbortController();
    turn.signal.addEventListener('abort', () => run.abort(), { signal: run.signal });
    this.#asking.set(page, run);
    try {
      await this.#ask(page, run, false);
    } finally {
      if (this.#asking.get(page) === run) this.#asking.delete(page);
      run.abort(); // lets go of the turn's signal
    }
  }

  async #ask(page: number, run: AbortController, anew: boolean): Promise<void> {
    const at = serverNow();
    try {
      const answer = await this.api.page(asked(this.place), page, run.signal);
      if (run.signal.aborted) return;
      if (anew) {
        this.rows.clear();
        this.#shown = this.#question;
      }
      this.rows.put(page, answer, at);
      this.rows.trim(Math.floor(this.#span.from / PAGE_SIZE));
      this.facets = answer.facets;
      this.error = null;
      this.denied = false;
    } catch (error) {
      if (run.signal.aborted) return;
      this.error = error;
      this.denied = isForbidden(error);
      if (anew && (!keeps(error) || this.overtaken)) this.rows.clear();
    }
    if (anew) this.busy = false;
    this.changed();
    if (anew && this.#again) void this.compare();
  }

  /** Looks what the server has now of what is shown: words change in place, moves wait unless the list may move. One at a time. */
  async compare(): Promise<void> {
    if (this.busy || this.#comparing) {
      this.#again = true;
      return;
    }
    if (!this.rows.loaded) return;
    this.#again = false;
    this.#comparing = true;
    const turn = this.#turn;
    const at = serverNow();
    try {
      const numbers = [...new Set([0, ...pagesOf(this.#span, PAGE_SIZE)])].filter((page) => this.rows.has(page));
      const answers = await Promise.all(
        numbers.map(
          async (page): Promise<[number, Page]> => [page, await this.api.page(asked(this.place), page, turn.signal)],
        ),
      );
      if (turn.signal.aborted) return;
      this.rows.compare(new Map(answers), at);
      this.error = null;
      if (!this.held()) this.rows.admit();
      this.changed();
    } catch (error) {
      if (turn.signal.aborted) return;
      this.error = error; // what is shown stays, dated
      this.changed();
    } finally {
      this.#comparing = false;
      if (this.#again) void this.compare();
    }
  }

  /** The list may move again: lets in what waits. */
  admit(): void {
    const { fresh, changed } = this.rows.waiting;
    if (!fresh && !changed) return;
    if (!this.rows.admit()) this.reload();
    this.changed();
  }

  /** What this browser knows before the server tells: the ticket was read. */
  markRead(ticket: Ticket): void {
    if (!ticket.unread) return;
    this.rows.patch({ ...ticket, unread: false });
    const view = this.view;
    if (view?.unread) this.views = this.views.map((one) => (one === view ? { ...one, unread: one.unread - 1 } : one));
    this.changed();
  }

  // — Views —

  async loadViews(): Promise<void> {
    try {
      this.views = await this.api.views(AbortSignal.timeout(15_000));
      this.viewsError = null;
    } catch (error) {
      this.viewsError = error;
    }
    this.changed();
  }

  #countLater(): void {
    this.#counts ??= setTimeout(() => {
      this.#counts = undefined;
      void this.loadViews();
    }, COUNTS_MS);
  }

  // — Link —

  #linkChanged({ state }: HubStatus): void {
    const open = state === 'open';
    // Whatever happened meanwhile was not told to us: look again.
    if (open && !this.#isOpen && this.#wasOpen) {
      if (this.rows.loaded) void this.compare();
      else this.reload();
      void this.loadViews();
    }
    if (open) this.seenAt = null;
    else if (this.#isOpen) this.seenAt = serverNow();
    this.#isOpen = open;
    this.#wasOpen ||= open;
    this.changed();
  }
}

/** The server did not say no: what was shown before is still the best that is known. */
function keeps(error: unknown): boolean {
  return !(error instanceof HttpError) || error.status >= 500;
}
