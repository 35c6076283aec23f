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
  #version = '';
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
        snapshot: ({ data }) => this.#take(data, true),
        event: ({ data }) => this.#take(data, false),
      }),
      this.#hub.on('error', (fault) => {
        if (fault.topic !== topic || fault.temporary) return;
        this.denied = true;
        this.viewers = [];
        this.#tell.state();
      }),
      this.#hub.on('left', (left) => {
        if (left.topic !== topic) return;
        this.denied = true;
        this.viewers = [];
        this.#tell.state();
      }),
      this.#hub.on('welcome', () => this.#say()),
    ];
    this.#timer = setInterval(() => this.#say(), SAY_MS);
    document.addEventListener('visibilitychange', this.#seen);
    this.#say();
  }

  close(): void {
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
    if (this.denied || document.visibilityState === 'hidden') return;
    this.#hub.call('tickets.viewing', { id: this.#id, typing: this.#typing }).catch(() => undefined);
  }

  #take(data: unknown, whole: boolean): void {
    const told = (data ?? {}) as { version?: unknown; viewers?: unknown };
    if (typeof told.version === 'string' && told.version && told.version !== this.#version) {
      this.#version = told.version;
      this.#tell.changed(told.version);
    } else if (whole && this.#version) this.#tell.changed(null);
    if (told.viewers && typeof told.viewers === 'object') {
      this.viewers = viewersOf(told.viewers as Record<string, unknown>, this.#me);
      this.#tell.state();
    }
  }
}

function viewersOf(told: Record<string, unknown>, me: number): Viewer[] {
  const found: Viewer[] = [];
  for (const [user, value] of Object.entries(told)) {
    const { name, typing } = (value ?? {}) as { name?: unknown; typing?: unknown };
    if (Number(user) !== me && typeof name === 'string') found.push({ user: Number(user), name, typing: typing === true });
    if (found.length === MOST) break;
  }
  return found.sort((a, b) => Number(b.typing) - Number(a.typing) || a.name.localeCompare(b.name));
}
