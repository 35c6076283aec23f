/** What one open ticket's page works with, put together: the ticket, its topic, the draft, the marks of what is new. */

import type { Hub } from '../../hub/index';
import type { Deed } from './act';
import { type TicketApi, webApi } from './api';
import { LocalDrafts, TicketDraft } from './drafts';
import { TicketLive } from './live';
import { t } from './strings';
import { type Ending, OpenTicket } from './ticket';
import type { May, Task } from './types';
import { Looked, lastJournal } from './versions';

export interface TicketSession {
  readonly base: string;
  readonly boot: {
    readonly user: { readonly id: number };
    readonly csrf: string;
    /** Somebody looks as this person: nothing can be done. */
    readonly viewer: unknown;
  };
  readonly hub: Pick<Hub, 'subscribe' | 'on' | 'call' | 'status'>;
}

/** Who is told of changes. */
export interface Listener {
  changed(): void;
  /** The draft found on the server is newer than what is on screen. */
  found(): void;
}

export interface Parts {
  readonly api?: TicketApi;
  readonly device: string;
  /** The server's time, ms. */
  readonly now: () => number;
}

const nothing: May = { comment: false, private: false, status: false, priority: false, assignee: false, attach: false };

export class TicketDesk {
  readonly api: TicketApi;
  readonly ticket: OpenTicket;
  readonly live: TicketLive;
  readonly draft: TicketDraft;
  /** What came after this journal is new to the person; null: nothing is marked. */
  looked: number | null;
  readonly #id: number;
  readonly #session: TicketSession;
  readonly #seen: Looked;
  readonly #listener: Listener;
  #read = '';
  #wasOpen: boolean;
  #undo: () => void;

  constructor(id: number, session: TicketSession, listener: Listener, parts: Parts) {
    const { base, boot, hub } = session;
    this.#id = id;
    this.#session = session;
    this.#listener = listener;
    this.api = parts.api ?? webApi(base, boot.csrf, id);
    this.ticket = new OpenTicket(this.api, () => this.#changed());
    this.live = new TicketLive(id, hub, boot.user.id, {
      changed: (version) => this.ticket.told(version),
      state: () => listener.changed(),
    });
    this.draft = new TicketDraft(id, {
      local: new LocalDrafts(boot.user.id),
      api: this.api,
      device: parts.device,
      now: parts.now,
      changed: () => listener.changed(),
    });
    this.#seen = new Looked(boot.user.id);
    this.looked = this.#seen.get(id);
    this.#wasOpen = hub.status.state === 'open';
    this.#undo = hub.on('status', () => this.#link());
  }

  open(): void {
    void this.ticket.load();
    this.live.open();
    this.draft.open(() => this.#listener.found());
    document.addEventListener('visibilitychange', this.#shown);
    addEventListener('pagehide', this.#leave);
  }

  close(): void {
    this.#undo();
    this.live.close();
    this.draft.close();
    this.ticket.close();
    document.removeEventListener('visibilitychange', this.#shown);
    removeEventListener('pagehide', this.#leave);
  }

  /** What the person may do here; nothing while somebody looks as them. */
  get may(): May {
    return this.#session.boot.viewer ? nothing : (this.ticket.task?.may ?? nothing);
  }

  /** The hub is out of reach: what is on screen may be old, and what is sent would not arrive. */
  get cut(): boolean {
    const { state } = this.#session.hub.status;
    return state === 'waiting' || state === 'stopped';
  }

  /** ms since 1970 as of which the ticket is known to be right; null: it is right now. */
  get since(): number | null {
    const { task, trouble, busy } = this.ticket;
    // A stale answer is one that the server renews just now: only when asking again did not help it is worth a word.
    if (task && (trouble || (task.stale && !busy))) return Date.parse(task.as_of);
    return this.cut ? this.#session.hub.status.since : null;
  }

  async do(deed: Deed): Promise<Ending> {
    if (this.cut) {
      this.ticket.remark('bad', t(says(deed) ? 'cutComment' : 'cutChange'));
      return 'refused';
    }
    const ending = await this.ticket.do(deed);
    // Who writes has read what is above.
    if (ending === 'done' && says(deed) && this.ticket.task) this.looked = lastJournal(this.ticket.task.version);
    return ending;
  }

  typed(text: string, hidden: boolean): void {
    this.draft.put({ text, private: hidden }, this.ticket.task?.version ?? '');
    if (text.trim()) this.live.typed();
    else this.live.quiet();
  }

  #changed(): void {
    const { task } = this.ticket;
    if (task) this.#look(task);
    this.#listener.changed();
  }

  /** Marks what is on screen as read, here and on the server, when somebody is there to read it. */
  #look(task: Task): void {
    if (this.looked === null) this.looked = lastOf(task);
    if (document.visibilityState === 'hidden' || this.#read === task.version) return;
    this.#read = task.version;
    this.#seen.put(this.#id, lastOf(task));
    if (!this.#session.boot.viewer) this.api.read(task.version).catch(() => undefined); // the list's mark stays, nothing else is lost
  }

  /** The link came back: whatever happened meanwhile is asked for. */
  #link(): void {
    const open = this.#session.hub.status.state === 'open';
    if (open && !this.#wasOpen && this.ticket.task) this.ticket.told(null);
    this.#wasOpen = open;
    this.#listener.changed();
  }

  #shown = () => {
    if (document.visibilityState === 'hidden') this.draft.flush();
    else if (this.ticket.task) this.#look(this.ticket.task);
  };

  #leave = () => this.draft.flush();
}

function says(deed: Deed): boolean {
  return deed.kind === 'comment' || (deed.kind === 'status' && Boolean(deed.comment));
}

function lastOf(task: Task): number {
  return Math.max(lastJournal(task.version), task.journals.at(-1)?.id ?? 0);
}
