/** Follows topic `ticket:{id}`: a new version of the ticket, and who else looks at it or writes. Says in turn that this person does. */

import type { Hub, Undo } from '../../hub/index';

const SAY_MS = 5000; // the server forgets after twice that
const TYPING_MS = 6000; // so long after the last key somebody still "types"
const MOST = 30; // names kept of those who look

export type LiveHub = Pick<Hub, 'subscribe' | 'on' | 'call'>;

export interface Viewer {
  readonly user: number;
  readonly name: string;
  readonly typing: boolean;
}

export interface LiveEvents {
  /** The ticket is at this version now, or it is not known at which (null): changes were missed. */
  changed(version: string | null): void;
  /** `viewers` or `denied` are others now. */
  state(): void;
}

export class TicketLive {
  /** Others who look, those who type first. */
  viewers: readonly Viewer[] = [];
  /** The topic is not this person's to read. */
  denied = false;
  readonly #id: number;
  readonly #hub: LiveHub;
  readonly #me: number;
  readonly #tell: LiveEvents;
  readonly #now: () => number;
  #undos: Undo[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  /** The topic was read once: only then the hub takes word of who looks. */
  #joined = false;
  readonly #viewers = new Map<number, Viewer & { readonly node: unknown }>();
  #typedAt = Number.NEGATIVE_INFINITY;

  constructor(id: number, hub: LiveHub, me: number, tell: LiveEvents, now: () => number = () => performance.now()) {
    this.#id = id;
    this.#hub = hub;
    this.#me = me;
    this.#tell = tell;
    this.#now = now;
  }

  open(): void {
    const topic = `ticket:${this.#id}`;
    this.#undos = [
      this.#hub.subscribe(topic, {
        snapshot: ({ data }) => this.#snapshot(data),
        event: ({ type, data }) => this.#event(type, data),
      }),
      this.#hub.on('error', (fault) => {
        if (fault.topic === topic && !fault.temporary) this.#deny();
      }),
      this.#hub.on('left', (left) => {
        if (left.topic === topic) this.#deny();
      }),
      this.#hub.on('welcome', () => this.#say()),
    ];
    this.#timer = setInterval(() => this.#say(), SAY_MS);
    document.addEventListener('visibilitychange', this.#seen);
  }

  close(): void {
    if (this.#joined) this.#hub.call('tickets.viewing', { id: this.#id, gone: true }).catch(() => undefined);
    for (const undo of this.#undos.splice(0)) undo();
    clearInterval(this.#timer);
    document.removeEventListener('visibilitychange', this.#seen);
  }

  /** A key was pressed in the composer. */
  typed(): void {
    const before = this.#typing;
    this.#typedAt = this.#now();
    if (!before) this.#say();
  }

  /** The comment is sent or thrown away: nobody is to wait for it. */
  quiet(): void {
    if (!this.#typing) return;
    this.#typedAt = Number.NEGATIVE_INFINITY;
    this.#say();
  }

  get #typing(): boolean {
    return this.#now() - this.#typedAt < TYPING_MS;
  }

  #seen = () => this.#say();

  /** Whose tab is out of sight does not look; the server forgets them by itself. */
  #say(): void {
    if (!this.#joined || document.visibilityState === 'hidden') return;
    this.#hub.call('tickets.viewing', { id: this.#id, typing: this.#typing }).catch(() => undefined);
  }

  #snapshot(data: unknown): void {
    const { version, viewers } = (data ?? {}) as { version?: unknown; viewers?: unknown };
    const missed = this.#joined; // a second snapshot: what happened in between is not known
    this.#joined = true;
    this.#viewers.clear();
    for (const [user, viewer] of Object.entries((viewers ?? {}) as Record<string, unknown>))
      this.#put(Number(user), viewer);
    this.#show();
    if (typeof version === 'string') this.#tell.changed(version);
    else if (missed) this.#tell.changed(null);
    this.#say();
  }

  /** `fold_ticket` of adapters/redmine/ticket_feed.py. */
  #event(type: string, data: unknown): void {
    const told = (data ?? {}) as { version?: unknown; user_id?: unknown; gone?: unknown; node?: unknown };
    if (type === 'ticket.viewing') {
      const user = Number(told.user_id);
      if (told.gone !== true) this.#put(user, told);
      else if (this.#viewers.get(user)?.node === told.node) this.#viewers.delete(user);
      this.#show();
    } else if (typeof told.version === 'string') this.#tell.changed(told.version);
  }

  #put(user: number, told: unknown): void {
    const { name, typing, node } = (told ?? {}) as { name?: unknown; typing?: unknown; node?: unknown };
    if (user === this.#me || typeof name !== 'string') return;
    if (this.#viewers.size < MOST || this.#viewers.has(user))
      this.#viewers.set(user, { user, name, typing: typing === true, node });
  }

  #show(): void {
    this.viewers = [...this.#viewers.values()].sort(
      (a, b) => Number(b.typing) - Number(a.typing) || a.name.localeCompare(b.name),
    );
    this.#tell.state();
  }

  #deny(): void {
    this.denied = true;
    this.#joined = false;
    this.#viewers.clear();
    this.#show();
    this.#tell.changed(null); // asking for the ticket says what one may still see
  }
}
