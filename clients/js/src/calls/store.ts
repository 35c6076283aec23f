/** Follows the topic `finesse:{agent}` for the panel, and asks for what the agent does. Nothing is shown as done before the topic says so. */

import { Emitter } from '../hub/emitter';
import { type Hub, HubError, type Text, type Undo } from '../hub/index';
import { HttpError } from '../inbox/session';
import { serverNow } from '../ui/clock';
import type { CallsApi } from './api';
import { type LookupState, Lookups } from './lookups';
import { adopt, fold, nothing } from './model';
import { Tones } from './tones';
import type { Asked, Calls, Config, Missed } from './types';

export type CallsHub = Pick<Hub, 'status' | 'on' | 'subscribe' | 'call'>;

/** Shorter drops of the link are not worth a dimmed panel; nothing is sent meanwhile all the same. */
export const STALE_AFTER_MS = 2000;
/** After so long a server that did not say whose telephone it is, is asked again. */
const RETRY_MS = 10_000;
/** So long may the topic take to show what was accepted, before the key is free again. */
export const ECHO_MS = 1500;
const AGAIN_MS = [500, 1500, 4000]; // the topic of a new agent appears a moment after the sign-in
const MOST = 50; // requests of this tab that are remembered

/** Why nothing can be sent now; null: it can. */
export type Barred = 'offline' | 'stale' | 'connecting' | 'off' | 'refused' | null;

/** What was asked and is not confirmed yet: by this tab or by another place. */
export interface Pending {
  readonly action: string;
  readonly dialog: string | null;
  /** Of `state`: `READY`, or `NOT_READY:16` with the reason's id; else the number, the label or the party. */
  readonly detail: string;
}

export interface Fault {
  /** The server's, or `offline`, `stale` … of this page. */
  readonly code: string;
  /** The server's words: in both languages as topics tell it, in the person's where a call failed. */
  readonly message: Text | string | null;
  readonly field: string;
  readonly action: string;
}

/** All that the panel draws, as of one moment; a new one for each change. */
export interface View {
  readonly calls: Calls;
  readonly pending: readonly Pending[];
  readonly barred: Barred;
  /** Ms, the server's clock: what is shown is as of then; null: as of now. */
  readonly asOf: number | null;
  readonly missed: readonly Missed[];
  readonly config: Config | null;
  /** The topic has told the state, or there is none to tell. */
  readonly loaded: boolean;
  readonly fault: Fault | null;
  /** This tab makes the sounds. */
  readonly leader: boolean;
}

interface Sending extends Pending {
  request: string | null;
  timer: ReturnType<typeof setTimeout> | undefined;
}

export class CallStore {
  /** `absent`: this installation or this person has no telephone here. */
  state: 'loading' | 'ready' | 'absent' | 'failed' = 'loading';
  view: View;
  readonly #hub: CallsHub;
  readonly #api: CallsApi;
  readonly #events = new Emitter<{ change: View }>();
  readonly #lookups: Lookups;
  #calls: Calls = nothing;
  #config: Config | null = null;
  #told = false;
  #topic: string | null = null;
  #fault: Fault | null = null;
  #undos: Undo[] = [];
  #leave: Undo = () => undefined;
  #sending = new Set<Sending>();
  /** Requests of this tab, to know whose failure the topic tells. */
  #mine = new Map<string, string>();
  /** What the topic said before the call's own answer came. */
  #seen = new Map<string, Fault | null>();
  #cleared = new Set<string>();
  readonly #tones = new Tones((dialog, digits) => this.act(dialog, 'dtmf', { digits }));
  #staleTimer: ReturnType<typeof setTimeout> | undefined;
  #againTimer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(hub: CallsHub, api: CallsApi) {
    this.#hub = hub;
    this.#api = api;
    this.#lookups = new Lookups(
      (number) => api.callers(number),
      () => this.#tell(),
    );
    this.view = this.#look();
    this.#undos = [
      hub.on('status', () => this.#status()),
      hub.on('left', ({ topic }) => topic === this.#topic && this.#follow(null)),
      hub.on('welcome', ({ again }) => {
        if (again && this.state !== 'ready') void this.load();
      }),
    ];
  }

  on(type: 'change', fn: (view: View) => void): Undo {
    return this.#events.on(type, fn);
  }

  close(): void {
    this.#closed = true;
    for (const undo of this.#undos.splice(0)) undo();
    this.#leave();
    clearTimeout(this.#staleTimer);
    clearTimeout(this.#againTimer);
    for (const one of this.#sending) clearTimeout(one.timer);
    this.#sending.clear();
  }

  /** Asks whose telephone it is, and follows it. */
  async load(): Promise<void> {
    clearTimeout(this.#againTimer);
    try {
      const config = await this.#api.config();
      if (this.#closed) return;
      this.#config = config;
      this.state = 'ready';
      this.#follow(config.topic);
      if (config.topic === null) this.#told = true; // there is nothing to wait for
    } catch (error) {
      if (this.#closed) return;
      const absent = error instanceof HttpError && [401, 403, 404, 501].includes(error.status);
      this.state = absent ? 'absent' : this.#config ? 'ready' : 'failed';
      if (this.state === 'failed') this.#againTimer = setTimeout(() => void this.load(), RETRY_MS);
    }
    this.#tell();
  }

  #follow(topic: string | null): void {
    if (topic === this.#topic) return;
    this.#leave();
    this.#leave = () => undefined;
    this.#topic = topic;
    this.#calls = nothing;
    this.#told = topic === null;
    if (topic === null) {
      this.#tell();
      return;
    }
    this.#leave = this.#hub.subscribe(topic, {
      snapshot: ({ data }) => {
        this.#calls = adopt(data as Partial<Calls> | null);
        this.#told = true;
        this.#settle();
        this.#tell();
      },
      event: ({ type, data }) => this.#take(type, data),
    });
  }

  #take(type: string, data: unknown): void {
    const before = this.#calls;
    this.#calls = fold(before, type, data);
    this.#told = true;
    if (type === 'finesse.asked' || type === 'finesse.answered') this.#heard(type, data, before);
    if (type === 'finesse.all') this.#settle();
    if (type === 'finesse.missed') this.#forget();
    this.#tell();
  }

  /** The topic knows of a request: its own pending takes over, and a failure of ours is said here. */
  #heard(type: string, data: unknown, before: Calls): void {
    const { request, error } = data as { request: string; error?: { code: string; message?: Text } | null };
    const asked = before.asked[request];
    const fault = error
      ? { code: error.code, message: error.message ?? null, field: '', action: asked?.action ?? '' }
      : null;
    if (!this.#seen.get(request)) this.#seen.set(request, fault);
    keep(this.#seen);
    for (const one of [...this.#sending]) if (one.request === request) this.#end(one);
    const action = this.#mine.get(request);
    if (type === 'finesse.answered' && fault && action !== undefined) this.#fault = { ...fault, action };
  }

  /** A whole state was told: what it does not know as asked has been decided. */
  #settle(): void {
    for (const one of [...this.#sending]) if (one.request !== null) this.#end(one);
    this.#forget();
  }

  /** What the topic has cleared as well. */
  #forget(): void {
    const known = new Set(this.#calls.missed.map(({ id }) => id));
    for (const id of this.#cleared) if (!known.has(id)) this.#cleared.delete(id);
  }

  // — What the agent does —

  signIn(who: { agent?: string; extension: string; password: string }): Promise<Fault | null> {
    return this.#ask('finesse.sign_in', who, { action: 'sign_in', dialog: null, detail: '' }, true).then((fault) => {
      if (!fault) void this.#find(0);
      return fault;
    });
  }

  async #find(tries: number): Promise<void> {
    await this.load();
    const wait = AGAIN_MS[tries];
    if (this.#closed || this.#topic !== null || wait === undefined) return;
    clearTimeout(this.#againTimer);
    this.#againTimer = setTimeout(() => void this.#find(tries + 1), wait);
  }

  signOut(reason?: string): Promise<Fault | null> {
    return this.#ask('finesse.sign_out', reason ? { reason } : {}, {
      action: 'sign_out',
      dialog: null,
      detail: 'LOGOUT',
    });
  }

  setState(state: 'READY' | 'NOT_READY', reason?: string): Promise<Fault | null> {
    return this.#ask('finesse.state', reason ? { state, reason } : { state }, {
      action: 'state',
      dialog: null,
      detail: reason ? `${state}:${reason}` : state,
    });
  }

  makeCall(to: string): Promise<Fault | null> {
    return this.#ask('finesse.make_call', { to }, { action: 'make_call', dialog: null, detail: to });
  }

  /** One action on one call, with what it needs. */
  act(dialog: string, action: string, more: Readonly<Record<string, unknown>> = {}): Promise<Fault | null> {
    const detail = String(more.to ?? more.reason ?? more.party ?? '');
    return this.#ask('finesse.dialog', { dialog, action, ...more }, { action, dialog, detail });
  }

  /** One tone, in the order of the keys. */
  tone(dialog: string, digit: string): void {
    this.#tones.press(dialog, digit);
  }

  /** Takes missed calls off the list at once; they come back when the server could not. */
  async clearMissed(ids?: readonly string[]): Promise<void> {
    const which = ids ?? this.view.missed.map(({ id }) => id);
    for (const id of which) this.#cleared.add(id);
    this.#tell();
    // By their ids: one that comes this moment has not been seen.
    const fault = await this.#ask(
      'finesse.clear_missed',
      { ids: which },
      { action: 'clear_missed', dialog: null, detail: which.join() },
    );
    if (!fault) return;
    for (const id of which) this.#cleared.delete(id);
    this.#tell();
  }

  /** Reads everything anew; takes the calls back from where somebody else signed in as this agent. */
  refresh(): Promise<Fault | null> {
    return this.#ask('finesse.refresh', {}, { action: 'refresh', dialog: null, detail: '' });
  }

  /** Whether nothing can be sent now, which is then said: for what leads to a command by a choice first. */
  stopped(action: string): boolean {
    const { barred } = this.view;
    if (barred) this.#failed({ code: barred, message: null, field: '', action }, false);
    return barred !== null;
  }

  forgive(): void {
    this.#fault = null;
    this.#tell();
  }

  lookup(number: string): LookupState {
    return this.#lookups.of(number);
  }

  retryLookup(number: string): void {
    this.#lookups.retry(number);
  }

  get api(): CallsApi {
    return this.#api;
  }

  get hub(): CallsHub {
    return this.#hub;
  }

  async #ask(name: string, args: object, what: Pending, quiet = false): Promise<Fault | null> {
    const { barred } = this.view;
    const stuck = NEEDS_NO_LINE.has(name) && barred !== 'offline' ? null : barred;
    if (stuck) return this.#failed({ code: stuck, message: null, field: '', action: what.action }, quiet);
    // A second click while the first is on its way is the same wish; tones are told apart before.
    if (this.view.pending.some((one) => same(one, what))) return null;
    const one: Sending = { ...what, request: null, timer: undefined };
    this.#sending.add(one);
    this.#fault = null;
    this.#tell();
    try {
      const answer = await this.#hub.call<{ request?: string } | null>(name, args);
      return this.#accepted(one, answer?.request ?? null);
    } catch (error) {
      this.#end(one);
      const fault = faultOf(error, what.action);
      // Nobody knows whether it was done: what is true is asked for, and shown.
      // And where a reason is wanted, those that can be chosen are read anew.
      if (['timeout', 'connection_lost', 'leader_lost', 'finesse_reason_needed'].includes(fault.code))
        void this.#hub.call('finesse.refresh').catch(() => undefined); // the topic says when it is stale
      return this.#failed(fault, quiet);
    }
  }

  #accepted(one: Sending, request: string | null): Fault | null {
    one.request = request;
    if (request === null) {
      this.#end(one);
      this.#tell();
      return null;
    }
    this.#mine.set(request, one.action);
    keep(this.#mine);
    const seen = this.#seen.get(request);
    if (seen !== undefined) {
      this.#end(one);
      if (seen) this.#fault = { ...seen, action: one.action };
      this.#tell();
      return seen;
    }
    one.timer = setTimeout(() => {
      this.#end(one);
      this.#tell();
    }, ECHO_MS);
    return null;
  }

  #failed(fault: Fault, quiet: boolean): Fault {
    if (!quiet) this.#fault = fault;
    this.#tell();
    return fault;
  }

  #end(one: Sending): void {
    clearTimeout(one.timer);
    this.#sending.delete(one);
  }

  // — What is shown —

  #status(): void {
    clearTimeout(this.#staleTimer);
    const { status } = this.#hub;
    const wait = status.state === 'open' ? 0 : status.since + STALE_AFTER_MS - Date.now();
    if (wait > 0) this.#staleTimer = setTimeout(() => this.#tell(), wait);
    this.#tell();
  }

  #tell(): void {
    if (this.#closed) return;
    this.view = this.#look();
    this.#events.emit('change', this.view);
  }

  #look(): View {
    const { status } = this.#hub;
    const { service, missed } = this.#calls;
    const asked: Asked[] = Object.values(this.#calls.asked);
    const offline = status.state !== 'open';
    const away = service.state === 'stale' ? Date.parse(service.since ?? '') || serverNow() : null;
    const lost =
      offline && Date.now() >= status.since + STALE_AFTER_MS
        ? (status.lastFrameAt ?? status.since) + serverNow() - Date.now()
        : null;
    const barred = offline ? 'offline' : (bars.find((one) => one === service.state) ?? null);
    return {
      calls: this.#calls,
      pending: [...asked, ...this.#sending].map(({ action, dialog, detail }) => ({
        action: action.toLowerCase(),
        dialog,
        detail,
      })),
      barred,
      asOf: away ?? lost,
      missed: this.#cleared.size ? missed.filter(({ id }) => !this.#cleared.has(id)) : missed,
      config: this.#config,
      loaded: this.#told,
      fault: this.#fault,
      leader: status.leader,
    };
  }
}

/** What can be asked for without a line to the contact centre. */
const NEEDS_NO_LINE: ReadonlySet<string> = new Set(['finesse.sign_in', 'finesse.refresh', 'finesse.clear_missed']);
const bars = ['stale', 'connecting', 'off', 'refused'] as const;

const same = (one: Pending, other: Pending): boolean =>
  one.action !== 'dtmf' && one.action === other.action && one.dialog === other.dialog && one.detail === other.detail;

/** Forgets the oldest. */
function keep(map: Map<string, unknown>): void {
  const oldest = map.keys().next().value;
  if (map.size > MOST && oldest !== undefined) map.delete(oldest);
}

function faultOf(error: unknown, action: string): Fault {
  if (error instanceof HubError) {
    return { code: error.code, message: error.message, field: error.field ?? '', action };
  }
  return { code: 'unknown', message: null, field: '', action };
}
