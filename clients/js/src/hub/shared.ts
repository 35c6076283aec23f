import { chunks, Unconfirmed } from './acks';
import { type Codec, codecs } from './codec';
import { deviceId } from './device';
import { Emitter, guarded } from './emitter';
import { browserEnv, type HubEnv, socketUrl } from './env';
import { isIdempotent, Leader } from './leader';
import { isInbox, type Which, type WireError } from './messages';
import { type Message, Tabs, type Wants } from './tabs';
import type {
  AckLevel,
  Hub,
  HubEvents,
  HubFault,
  HubStatus,
  TopicEvent,
  TopicHandlers,
  Undo,
  WireFormat,
} from './types';
import { type News, View } from './view';

/** How long a topic is kept after its last reader has left: a route change leaves and joins within it. */
const GRACE_MS = 3_000;
/** How long a call may take, waiting for a connection included. */
const CALL_MS = 10_000;
const REPEATABLE_CALL_MS = 30_000;
const MAX_CALLS = 200;
/** A tab that notices a hole asks the leader at most this often. */
const ASK_MS = 500;

/** Why a call failed; `temporary` says whether trying again may help. */
export class HubError extends Error implements HubFault {
  override readonly name = 'HubError';
  readonly code: string;
  readonly temporary: boolean;
  readonly field?: string;

  constructor(fault: HubFault) {
    super(fault.message || fault.code);
    this.code = fault.code;
    this.temporary = fault.temporary;
    if (fault.field !== undefined) this.field = fault.field;
  }
}

export interface SharedHubOptions {
  /** Where the hub's socket is; a path of this site will do. Tabs with the same one share a connection. */
  url: string;
  /** Name and version of this program, for the hub's records. */
  client: string;
  /** Stable id of this browser; by default the one in localStorage. */
  device?: string;
  format?: WireFormat;
  /** Stand-ins for parts of the browser, for tests. */
  env?: Partial<HubEnv>;
}

interface PendingCall {
  name: string;
  args: object;
  sent: boolean;
  done: (ok: boolean, data: unknown, error: HubFault | null) => void;
}

/**
 * The hub as one tab sees it. All tabs of a browser share one connection: one of them leads and holds it, the others
 * hear everything through it; which one leads changes without anything lost or doubled.
 */
export class SharedHub implements Hub {
  readonly #env: HubEnv;
  readonly #url: string;
  readonly #codec: Codec;
  readonly #client: string;
  readonly #device: string;
  readonly #events = new Emitter<HubEvents>();
  readonly #tabs: Tabs;
  #view = new View();
  #leader: Leader | null = null;
  #status: HubStatus;
  #clock = 0;
  #tabCount = 1;
  #undos: Undo[] = [];
  #running = false;
  readonly #subs = new Map<string, Set<TopicHandlers>>();
  readonly #graces = new Map<string, Undo>();
  readonly #calls = new Map<number, PendingCall>();
  readonly #unconfirmed = new Unconfirmed();
  #lastCall = 0;
  #active = false;
  #askedAt = Number.NEGATIVE_INFINITY;
  #following: string | null = null;
  /** Whose inbox this tab shows; once somebody else has signed in, the tab hears nothing more. */
  #user: number | null = null;
  #muted = false;

  constructor(options: SharedHubOptions) {
    this.#env = { ...browserEnv(), ...options.env };
    this.#url = socketUrl(options.url);
    this.#codec = codecs[options.format ?? 'json'];
    this.#client = options.client;
    this.#device = options.device ?? deviceId();
    this.#status = { state: 'connecting', since: this.#env.now(), leader: false };
    this.#tabs = new Tabs(this.#env, this.#url, {
      lead: () => this.#lead(),
      message: (message) => this.#message(message),
      gone: (tab) => {
        this.#leader?.gone(tab);
        this.#brief();
      },
    });
  }

  get status(): HubStatus {
    const heard = this.#leader?.link.heardAt;
    return heard === undefined ? this.#status : { ...this.#status, lastFrameAt: heard };
  }

  get tabs(): number {
    return this.#leader ? this.#tabs.others.size + 1 : this.#tabCount;
  }

  /** True where the browser lets tabs share; on plain http each tab has a connection of its own. */
  get shares(): boolean {
    return this.#env.locks !== null && this.#env.channel !== null;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#setStatus({ state: 'connecting', leader: false });
    this.#undos = [
      this.#env.onWake(() => {
        if (this.#leader) this.#leader.link.input({ type: 'wake' });
        else if (this.#status.state !== 'open') this.#tabs.post({ m: 'wake' });
      }),
      this.#env.onPage((here) => {
        // A page that goes away hands the lead over at once; it may come back from the history cache.
        if (here) this.#tabs.start();
        else this.#leave();
      }),
    ];
    this.#tabs.start();
  }

  stop(): void {
    if (!this.#running) return;
    this.#running = false;
    for (const undo of this.#undos.splice(0)) undo();
    this.#leave();
    this.#failCalls(() => true, { code: 'stopped', message: 'the hub client was stopped', temporary: false });
    this.#setStatus({ state: 'stopped', leader: false });
  }

  reconnect(): void {
    if (!this.#running) this.start();
    else if (this.#leader) this.#leader.link.input({ type: 'force' });
    else this.#tabs.post({ m: 'force' });
  }

  /** Who asks for `welcome` while the session is open gets the latest one, its numbers as of now. */
  on<K extends keyof HubEvents>(type: K, fn: (value: HubEvents[K]) => void): Undo {
    const undo = this.#events.on(type, fn);
    if (type !== 'welcome' || this.#status.state !== 'open') return undo;
    let gone = false;
    queueMicrotask(() => {
      const { welcome, inbox } = this.#view;
      if (gone || this.#status.state !== 'open' || !welcome) return;
      const now: HubEvents['welcome'] = { ...welcome, seq: inbox ?? welcome.seq, again: false };
      guarded(() => (fn as (value: HubEvents['welcome']) => void)(now));
    });
    return () => {
      gone = true;
      undo();
    };
  }

  /** Follows a topic. A late reader gets the snapshot and the events since, as if it had been there. */
  subscribe(topic: string, handlers: TopicHandlers): Undo {
    this.#graces.get(topic)?.();
    this.#graces.delete(topic);
    // An object of its own for each call, so that one undo never removes somebody else's.
    const mine: TopicHandlers = { ...handlers };
    let readers = this.#subs.get(topic);
    if (!readers) {
      readers = new Set();
      this.#subs.set(topic, readers);
    }
    const all = readers;
    let gone = false;
    // After the caller has its undo in hand; no frame can come in between.
    queueMicrotask(() => {
      if (gone) return;
      const known = this.#view.topicAfter(topic, null);
      all.add(mine);
      if (known) for (const frame of known) this.#tellReaders([mine], frame);
      else {
        // What we keep does not reach back to a snapshot, or nobody follows the topic yet.
        const view = this.#view.topics.get(topic);
        if (view && !this.#leader) view.position = null;
        else if (!view && !this.#leader) this.#view.follow(topic, null);
        this.#leader?.refresh(topic, null);
      }
      this.#announceWants();
    });
    return () => {
      if (gone) return;
      gone = true;
      all.delete(mine);
      if (all.size > 0 || this.#graces.has(topic)) return;
      const undo = this.#env.after(GRACE_MS, () => {
        this.#graces.delete(topic);
        this.#subs.delete(topic);
        if (!this.#leader) this.#view.topics.delete(topic);
        this.#announceWants();
      });
      this.#graces.set(topic, undo);
    };
  }

  /**
   * Asks the hub to do something. Rejects with HubError. Calls of the inbox wait for a connection and are repeated
   * when one is lost; others fail at once when there is none, and never run twice.
   */
  call<T>(name: string, args: object = {}): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const repeatable = isIdempotent(name);
      const { state } = this.status;
      const refused = state === 'stopped' || this.#muted || (state === 'waiting' && !repeatable);
      if (refused || this.#calls.size >= MAX_CALLS) {
        reject(new HubError({ code: 'not_connected', message: 'there is no connection to the hub', temporary: true }));
        return;
      }
      const id = ++this.#lastCall;
      const undo = this.#env.after(repeatable ? REPEATABLE_CALL_MS : CALL_MS, () =>
        call.done(false, null, { code: 'timeout', message: `${name} was not answered in time`, temporary: true }),
      );
      const call: PendingCall = {
        name,
        args,
        sent: false,
        done: (ok, data, error) => {
          undo();
          this.#calls.delete(id);
          if (ok) resolve(data as T);
          else reject(new HubError(error ?? { code: 'unknown', message: '', temporary: false }));
        },
      };
      this.#calls.set(id, call);
      this.#sendCall(id, call);
    });
  }

  ack(level: AckLevel, what: Which): void {
    if (this.#muted) return;
    const parts: Which[] = 'seq' in what ? [what] : chunks(what.ids).map((ids) => ({ ids }));
    for (const which of parts) {
      if (level !== 'received') this.#unconfirmed.add({ level, which, sentAt: this.#env.now() });
      this.#sendAck(level, which);
    }
  }

  setActive(on: boolean): void {
    if (on === this.#active) return;
    this.#active = on;
    this.#announceWants();
  }

  serverNow(): number {
    return this.#env.now() + this.#clock;
  }

  // -- leading and following ----------------------------------------------------------------------

  #lead(): void {
    this.#forgetSent('the tab that held the connection was closed');
    this.#leader = new Leader(this.#env, this.#url, this.#codec, this.#view, {
      tab: this.#tabs.id,
      hello: () => ({ client: this.#client, device: this.#device }),
      wants: () => this.#wants(),
      spread: (news, to) => {
        this.#tabs.post({ m: 'news', news }, to);
        if (to === undefined) for (const frame of news) this.#tell(frame);
      },
      changed: () => this.#linkChanged(),
      answer: (tab, id, ok, data, error) => this.#answer(tab, id, ok, data, error),
      fault: (fault) => {
        this.#tabs.post({ m: 'fault', fault });
        this.#events.emit('error', fault);
      },
    });
    this.#tabs.post({ m: 'lead', news: this.#leader.introduction(), ...this.#briefing() });
    this.#leader.start();
  }

  #leave(): void {
    const leader = this.#leader;
    // First out of office: that our connection ends here is no news for the others.
    this.#leader = null;
    this.#following = null;
    leader?.stop();
    this.#view.settle();
    this.#tabs.stop();
  }

  #message(message: Message): void {
    if (this.#leader) {
      if (message.m === 'hi') {
        const news = this.#leader.introduction();
        this.#tabs.post({ m: 'lead', news, ...this.#briefing() }, message.from);
        // A page that was just loaded has a session again; the refusal was of the one before.
        if (this.#leader.link.at.phase === 'stopped') this.#leader.link.input({ type: 'force' });
      } else this.#leader.message(message);
      if (this.#tabCount !== this.tabs) this.#brief();
      return;
    }
    switch (message.m) {
      case 'lead':
        this.#heed(message);
        break;
      case 'brief':
        if (message.from === this.#tabs.leader) this.#follow(message);
        break;
      case 'news':
        if (message.from === this.#tabs.leader) this.#takeNews(message.news);
        break;
      case 'reply':
        this.#calls.get(message.id)?.done(message.ok, message.data, message.error);
        break;
      case 'fault':
        this.#events.emit('error', message.fault);
        break;
    }
  }

  /** Another tab leads from now on, or tells us so because we asked. */
  #heed(message: Message & { m: 'lead' }): void {
    if (this.#following !== message.from) this.#forgetSent('another tab holds the connection now');
    this.#following = message.from;
    this.#follow(message);
    // The same session is no news: only its numbers would be older than ours.
    const session = this.#view.welcome?.session;
    this.#takeNews(message.news.filter((frame) => frame.t !== 'welcome' || frame.session !== session));
    this.#announceWants();
    this.#sendWaiting();
  }

  #follow(briefing: { status: HubStatus; clock: number; tabs: number }): void {
    this.#clock = briefing.clock;
    this.#tabCount = briefing.tabs;
    const { lastFrameAt } = briefing.status;
    if (briefing.status.state === 'open' && lastFrameAt !== undefined) this.#unconfirmed.settle(lastFrameAt);
    const { since, ...status } = briefing.status;
    this.#setStatus({ ...status, leader: false }, since);
  }

  /** What the leader passes on. A hole means that this tab was not listening: the leader knows what we lack. */
  #takeNews(news: readonly News[]): void {
    for (const frame of news) {
      const found = this.#view.take(frame);
      if (found === 'new') this.#tell(frame);
      else if (found === 'hole' && this.#env.now() - this.#askedAt >= ASK_MS) {
        this.#askedAt = this.#env.now();
        this.#announceWants();
      }
    }
  }

  #wants(): Wants {
    const topics = [...this.#subs.keys()].map((topic) => [topic, this.#view.topics.get(topic)?.position ?? null]);
    return { inbox: this.#view.inbox, topics: Object.fromEntries(topics), active: this.#active };
  }

  #announceWants(): void {
    if (this.#leader) this.#leader.reconcile();
    else this.#tabs.post({ m: 'want', ...this.#wants() });
  }

  // -- status -------------------------------------------------------------------------------------

  #linkChanged(): void {
    const leader = this.#leader;
    if (!leader) return;
    const { phase, reason, due } = leader.link.at;
    const state = phase === 'greeting' ? 'connecting' : phase === 'idle' ? 'stopped' : phase;
    this.#clock = leader.clock;
    if (state === 'open' && leader.link.heardAt !== undefined) this.#unconfirmed.settle(leader.link.heardAt);
    this.#setStatus({
      state,
      leader: true,
      ...(reason ? { reason } : {}),
      ...(state === 'waiting' && due !== null ? { retryAt: due } : {}),
      ...(leader.link.heardAt === undefined ? {} : { lastFrameAt: leader.link.heardAt }),
      ...(leader.link.roundTrip === undefined ? {} : { roundTripMs: leader.link.roundTrip }),
    });
    this.#brief();
  }

  #setStatus(next: Omit<HubStatus, 'since'>, since?: number): void {
    const before = this.#status;
    const flips = (before.state === 'open') !== (next.state === 'open');
    this.#status = { ...next, since: since ?? (flips ? this.#env.now() : before.since) };
    if (this.#muted) this.#status = { ...this.#status, state: 'stopped', reason: { code: 4501, name: 'other_user' } };
    const error: HubFault = { code: 'not_connected', message: 'the connection was lost', temporary: true };
    if (this.#status.state === 'stopped') this.#failCalls(() => true, error);
    if (this.#status.state === 'waiting') this.#failCalls((call) => !isIdempotent(call.name) && !call.sent, error);
    this.#events.emit('status', this.status);
  }

  #briefing(): { status: HubStatus; clock: number; tabs: number } {
    return { status: this.status, clock: this.#clock, tabs: this.tabs };
  }

  #brief(): void {
    if (!this.#leader) return;
    this.#tabCount = this.tabs;
    this.#tabs.post({ m: 'brief', ...this.#briefing() });
  }

  // -- calls and acks -------------------------------------------------------------------------------

  #sendCall(id: number, call: PendingCall): void {
    if (this.#status.state !== 'open') return;
    call.sent = true;
    if (this.#leader) this.#leader.call(this.#tabs.id, id, call.name, call.args);
    else this.#tabs.post({ m: 'call', id, name: call.name, args: call.args });
  }

  #answer(tab: string, id: number, ok: boolean, data: unknown, error: WireError | null): void {
    if (tab === this.#tabs.id) this.#calls.get(id)?.done(ok, data, error);
    else this.#tabs.post({ m: 'reply', id, ok, data, error }, tab);
  }

  #failCalls(which: (call: PendingCall) => boolean, error: HubFault): void {
    for (const call of [...this.#calls.values()]) if (which(call)) call.done(false, null, error);
  }

  /** The leader that had our calls is gone: those that may not run twice fail, the others are sent again. */
  #forgetSent(message: string): void {
    const error = { code: 'leader_lost', message, temporary: true };
    this.#failCalls((call) => call.sent && !isIdempotent(call.name), error);
    for (const call of this.#calls.values()) call.sent = false;
  }

  /** Says again what the last connection may not have brought over. */
  #sendWaiting(): void {
    for (const { level, which } of this.#unconfirmed.again(this.#env.now())) this.#sendAck(level, which);
    for (const [id, call] of this.#calls) if (!call.sent || isIdempotent(call.name)) this.#sendCall(id, call);
  }

  #sendAck(level: AckLevel, which: Which): void {
    if (this.#leader) this.#leader.ack(level, which);
    else this.#tabs.post({ m: 'ack', level, which });
  }

  // -- listeners ------------------------------------------------------------------------------------

  #tell(frame: News): void {
    if (this.#muted) return;
    switch (frame.t) {
      case 'welcome':
        this.#welcome(frame);
        break;
      case 'event':
        if (isInbox(frame)) this.#events.emit('inbox', frame);
        else this.#tellReaders(this.#subs.get(frame.topic) ?? [], frame);
        break;
      case 'snapshot':
        this.#tellReaders(this.#subs.get(frame.topic) ?? [], frame);
        break;
      case 'state':
        this.#unconfirmed.confirm(frame);
        this.#events.emit('state', frame);
        break;
      case 'gap':
        this.#tellReaders(this.#subs.get(frame.topic) ?? [], frame);
        this.#events.emit('gap', frame);
        break;
      case 'left':
        this.#events.emit('left', frame);
        break;
      case 'you':
        this.#events.emit('you', frame);
        break;
    }
  }

  #welcome(frame: News & { t: 'welcome' }): void {
    const { user } = frame;
    const again = this.#user !== null;
    if (this.#user !== null && user.id !== this.#user) {
      this.#muted = true;
      this.#setStatus(this.#status);
      this.#events.emit('error', { code: 'other_user', message: 'somebody else has signed in', temporary: false });
      return;
    }
    this.#user = user.id;
    if (this.#leader) this.#clock = this.#leader.clock;
    // The leader sends "open" only after this frame: what waits may go out now.
    this.#setStatus({ state: 'open', leader: this.#leader !== null });
    this.#sendWaiting();
    this.#events.emit('welcome', { ...frame, again });
  }

  #tellReaders(readers: Iterable<TopicHandlers>, frame: News): void {
    const { epoch } = this.#view.topics.get('topic' in frame ? frame.topic : '')?.position ?? { epoch: '' };
    for (const reader of [...readers]) {
      guarded(() => {
        if (frame.t === 'snapshot') reader.snapshot?.(frame);
        else if (frame.t === 'gap') reader.gap?.(frame);
        else if (frame.t === 'event' && !isInbox(frame)) reader.event?.({ ...frame, epoch } satisfies TopicEvent);
      });
    }
  }
}
