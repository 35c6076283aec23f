/** What every part of the administrators' page works with: place, lists, rights, acts and what came of them. */

import type { HubStatus, Undo } from '../hub/index';
import type { Device, UserSession } from '../people/types';
import type { ToastOptions } from '../ui/toasts';
import { type Place, readPlace, writePlace } from './address';
import { type AdminApi, isForbidden, isSignedOut, moments, type Query, reasonOf } from './api';
import { Card } from './card';
import { Grants } from './grants';
import { Listing } from './listing';
import { t } from './strings';
import type { AuditLine, AuditPage, PeoplePage, Person, PersonDetail, Right, Whose } from './types';
import { nameOf } from './types';

export interface Question {
  readonly heading: string;
  readonly text: string;
  /** The word on the button that does it. */
  readonly go: string;
  readonly danger?: boolean;
  /** Must be typed before it is done: the login name of whom it concerns. */
  readonly typed?: string;
}

export type DeskLink = {
  readonly status: Pick<HubStatus, 'state'>;
  on(type: 'status', fn: (status: HubStatus) => void): Undo;
};

export interface Me {
  readonly id: number;
  readonly name: string;
  readonly display_name: string;
}

const UNDO_MS = 10_000; // UX A3

export class Desk {
  place: Place;
  denied = false;
  signedOut = false;
  /** Puts a question to the person; the page sets it. Without a page nobody can agree. */
  ask: (question: Question) => Promise<boolean> = async () => false;
  /** Shows a message; the page sets it. */
  say: (toast: ToastOptions) => void = () => undefined;

  readonly lists: {
    readonly people: Listing<Person, PeoplePage>;
    readonly matrix: Listing<Person, PeoplePage>;
    readonly sessions: Listing<UserSession & Whose>;
    readonly devices: Listing<Device & Whose>;
    readonly audit: Listing<AuditLine, AuditPage>;
  };
  readonly grants: Grants;
  readonly card: Card;
  readonly #listeners = new Set<() => void>();
  readonly #undos: Undo[] = [];
  #wasOpen = false;
  #isOpen = false;

  constructor(
    readonly api: AdminApi,
    readonly me: Me,
    readonly link: DeskLink,
  ) {
    const changed = () => this.#changed();
    this.place = readPlace(location.search);
    this.grants = new Grants((id, right, given) => api.setRight(id, right, given), nameOf(me), changed);
    this.card = new Card(
      (id, signal) => api.person(id, signal),
      changed,
      (person, askedAt) => this.grants.settle([person], askedAt),
    );
    const named = (query: Query) => ({ sort: 'display_name', ...query });
    const holders = (query: Query) => named(query.q ? query : { ...query, permission: 'any' });
    this.lists = {
      people: new Listing((query, signal) => api.people(named(query), signal), changed),
      matrix: new Listing((query, signal) => api.people(holders(query), signal), changed),
      sessions: new Listing((query, signal) => api.sessions(query, signal), changed),
      devices: new Listing((query, signal) => api.devices(query, signal), changed),
      audit: new Listing((query, signal) => api.audit(moments(query), signal), changed),
    };
    for (const list of [this.lists.people, this.lists.matrix])
      list.loaded = (rows, askedAt) => this.grants.settle(rows, askedAt);
  }

  /** Begins: loads what the address names, follows Back and the link. `stop` ends it. */
  start(): void {
    const back = () => this.#moved(readPlace(location.search), 0);
    addEventListener('popstate', back);
    this.#undos.push(
      () => removeEventListener('popstate', back),
      this.link.on('status', () => this.#linkChanged()),
    );
    this.#linkChanged();
    this.#moved(this.place, 0);
  }

  stop(): void {
    for (const undo of this.#undos.splice(0)) undo();
    for (const list of Object.values(this.lists)) list.stop();
    this.card.open(null);
  }

  onChange(listener: () => void): Undo {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The link to the server is lost; a page that only begins is not offline yet. */
  get offline(): boolean {
    const { state } = this.link.status;
    return state === 'waiting' || state === 'stopped' || (state === 'connecting' && this.#wasOpen);
  }

  // — Place —

  /** Another view. `replace` leaves no step for Back; the list is asked for in `wait` ms. */
  go(change: Partial<Place>, { replace = false, wait = 0 } = {}): void {
    const place = { ...this.place, ...change };
    const url = writePlace(place);
    if (replace) history.replaceState(null, '', url);
    else if (url !== writePlace(this.place)) history.pushState(null, '', url);
    this.#moved(place, wait);
  }

  /** The address of a view, for links. */
  href(change: Partial<Place>): string {
    return writePlace({ ...this.place, ...change });
  }

  /** Changes filters; every change but the offset itself goes back to the first page. */
  filter(change: Query, wait = 0): void {
    const query = { ...this.place.query, ...('offset' in change ? {} : { offset: '' }), ...change };
    const kept = Object.fromEntries(Object.entries(query).filter(([, value]) => value && value !== '0'));
    // Typing leaves no step for Back, a chosen page or filter does.
    this.go({ query: kept }, { replace: wait > 0, wait });
  }

  #moved(place: Place, wait: number): void {
    this.place = place;
    this.card.open(place.person);
    this.lists[place.section].want(place.query, wait);
    this.#changed();
  }

  /** Asks anew for all that is on screen. */
  refresh(): void {
    this.denied = false;
    this.lists[this.place.section].refresh();
    if (this.card.id !== null) this.card.refresh();
  }

  // — Acts —

  /** Does it unless the link is lost; says honestly why not. True when it was done. */
  async act(what: () => Promise<unknown>): Promise<boolean> {
    if (this.#refused()) return false;
    try {
      await what();
      return true;
    } catch (error) {
      this.#failed(error, t('notDone', { why: reasonOf(error) }));
      return false;
    }
  }

  /** Gives or takes a right: shown at once, rolled back with the reason when refused. */
  async setRight(person: Pick<Person, 'id' | 'name' | 'display_name'>, right: Right, given: boolean): Promise<void> {
    if (this.#refused() || this.grants.pending(person.id, right)) return;
    const own = person.id === this.me.id && right === 'admin' && !given;
    if (
      own &&
      !(await this.ask({ heading: t('takeOwnTitle'), text: t('takeOwnText'), go: t('takeOwn'), danger: true }))
    )
      return;
    const words = { right: t(`right_${right}`), name: nameOf(person) };
    try {
      if (!(await this.grants.set(person.id, right, given))) return;
    } catch (error) {
      this.#failed(error, t('rolledBack', { ...words, why: reasonOf(error) }));
      return;
    }
    this.done(t(given ? 'gave' : 'took', words), own ? undefined : () => void this.setRight(person, right, !given));
    if (own) this.refresh();
  }

  /** Says what was done, with a way back for 10 s where there is one. */
  done(text: string, undo?: () => void): void {
    this.say({ text, tone: 'ok', ...(undo ? { for: UNDO_MS, action: { label: t('undo'), run: undo } } : {}) });
  }

  /** Account on or off, in every list that shows it. */
  async setActive(person: Pick<Person, 'id' | 'name' | 'display_name'>, value: boolean): Promise<boolean> {
    if (!(await this.act(() => this.api.setActive(person.id, value)))) return false;
    const change = <P extends Person | PersonDetail>(row: P): P =>
      row.id === person.id ? { ...row, active: value } : row;
    this.lists.people.patch(change);
    this.lists.matrix.patch(change);
    if (this.card.id === person.id) this.card.refresh();
    const text = t(value ? 'enabled' : 'disabled', { name: nameOf(person) });
    this.done(text, value ? undefined : () => void this.setActive(person, true));
    return true;
  }

  /** Takes sessions or devices out of whatever shows them; `gone` tells which. */
  forget(kind: 'sessions' | 'devices', userId: number, gone: (id: string | number) => boolean): void {
    if (kind === 'sessions') {
      this.lists.sessions.patch((row) => (row.user.id === userId && gone(row.id) ? null : row));
      this.card.patch((person) =>
        person.id === userId ? { ...person, sessions: person.sessions.filter((one) => !gone(one.id)) } : person,
      );
    } else {
      this.lists.devices.patch((row) => (row.user.id === userId && gone(row.id) ? null : row));
      this.card.patch((person) =>
        person.id === userId ? { ...person, devices: person.devices.filter((one) => !gone(one.id)) } : person,
      );
    }
  }

  #refused(): boolean {
    if (this.offline) this.say({ text: t('noLinkAct'), tone: 'bad' });
    return this.offline;
  }

  #failed(error: unknown, text: string): void {
    if (!this.#outside(error)) this.say({ text, tone: 'bad' });
    this.#changed();
  }

  /** Notes an answer that concerns the page as a whole. */
  #outside(error: unknown): boolean {
    this.denied ||= isForbidden(error);
    this.signedOut ||= isSignedOut(error);
    return isForbidden(error) || isSignedOut(error);
  }

  #linkChanged(): void {
    const open = this.link.status.state === 'open';
    // Whatever happened meanwhile was not told to us: look again.
    if (open && !this.#isOpen && this.#wasOpen) this.refresh();
    this.#isOpen = open;
    this.#wasOpen ||= open;
    this.#changed();
  }

  #changed(): void {
    const list = this.lists?.[this.place.section];
    if (list) {
      this.#outside(list.error);
      this.#outside(this.card?.error);
    }
    for (const listener of [...this.#listeners]) listener();
  }
}
