/**
 * The life of one connection as a pure state machine: (state, what happened, now) -> (state, what to do).
 * The numbers are those of docs/protocol.md, "Bounds".
 */

export const CONNECT_MS = 5_000;
/** From the upgrade to the welcome; the hub looks things up in its store on the way. */
export const WELCOME_MS = 10_000;
/** Silence allowed beyond the hub's ping interval. */
export const SILENCE_MS = 10_000;
export const BACKOFF_MS = 500;
export const BACKOFF_MAX_MS = 30_000;
/** A connection that lasted this long was a good one: the next back-off begins anew. */
export const GOOD_MS = 30_000;

export interface Reason {
  code: number;
  name: string;
}

export interface Connection {
  readonly phase: 'idle' | 'connecting' | 'greeting' | 'open' | 'waiting' | 'stopped';
  /** `n` of the back-off. */
  readonly attempt: number;
  /** When the machine wants to be called with `timer`, ms; null: not at all. */
  readonly due: number | null;
  readonly openedAt: number | null;
  readonly heardAt: number | null;
  /** How long the hub may be silent, ms. */
  readonly silence: number;
  /** The moment the draining hub gave us to come back at. */
  readonly returnAt: number | null;
  readonly reason: Reason | null;
}

export type Input =
  | { type: 'start' }
  /** The socket is open. */
  | { type: 'opened' }
  | { type: 'welcome'; ping: number }
  /** Any frame came. */
  | { type: 'heard' }
  | { type: 'draining'; window: readonly [number, number] }
  | { type: 'closed'; code: number; name: string }
  /** What came cannot be used: begin anew. */
  | { type: 'broken'; name: string }
  | { type: 'timer' }
  /** The browser is online again, or the page is looked at again. */
  | { type: 'wake' }
  /** The person asks for it. */
  | { type: 'force' }
  | { type: 'stop' };

/** `forget`: the positions count for nothing any more. */
export type Effect = 'open' | 'hello' | 'close' | 'forget';

export const idle: Connection = {
  phase: 'idle',
  attempt: 0,
  due: null,
  openedAt: null,
  heardAt: null,
  silence: 35_000,
  returnAt: null,
  reason: null,
};

export const CLOSE_NAMES: Readonly<Record<number, string>> = {
  4000: 'draining',
  4001: 'slow_consumer',
  4002: 'no_pong',
  4003: 'state_lost',
  4004: 'internal_error',
  4500: 'unauthenticated',
  4501: 'signed_out',
  4502: 'protocol_error',
  4503: 'too_many_sessions',
  4504: 'too_many_errors',
};

/** Why a session was signed out, as the reason of 4501 says; anything else is `signed_out`. */
export const ENDINGS: ReadonlySet<string> = new Set(['ended_by_you', 'ended_by_administrator', 'blocked']);

type Step = readonly [Connection, readonly Effect[]];

/** Full jitter: anything between nothing and the bound, so that a thousand clients do not come back as one. */
export function backoff(attempt: number, random: number): number {
  return random * Math.min(BACKOFF_MAX_MS, BACKOFF_MS * 2 ** attempt);
}

export function step(at: Connection, input: Input, now: number, random: () => number): Step {
  const live = at.phase === 'connecting' || at.phase === 'greeting' || at.phase === 'open';
  switch (input.type) {
    case 'start':
      return at.phase === 'idle' ? connect(at, now) : [at, []];
    case 'stop':
      return [{ ...idle, reason: at.reason }, live ? ['close'] : []];
    case 'opened':
      return at.phase === 'connecting' ? [{ ...at, phase: 'greeting', due: now + WELCOME_MS }, ['hello']] : [at, []];
    case 'welcome': {
      if (at.phase !== 'greeting') return [at, []];
      const silence = input.ping * 1000 + SILENCE_MS;
      return [{ ...at, phase: 'open', openedAt: now, heardAt: now, silence, due: now + silence, reason: null }, []];
    }
    case 'heard': {
      if (at.phase !== 'open') return [at, []];
      return [{ ...at, heardAt: now, due: Math.min(now + at.silence, at.returnAt ?? Number.POSITIVE_INFINITY) }, []];
    }
    case 'draining': {
      if (at.phase !== 'open') return [at, []];
      const [from, to] = input.window;
      const returnAt = now + 1000 * (from + random() * (to - from));
      return [{ ...at, returnAt, due: Math.min(returnAt, at.due ?? returnAt) }, []];
    }
    case 'closed': {
      if (!live) return [at, []];
      const told = input.code === 4501 && ENDINGS.has(input.name);
      const reason = { code: input.code, name: told ? input.name : (CLOSE_NAMES[input.code] ?? input.name) };
      // Signed out: the next one to sign in may be somebody else, whose inbox counts from another number.
      const forget: Effect[] = input.code === 4003 || input.code === 4500 || input.code === 4501 ? ['forget'] : [];
      if (input.code >= 4500 && input.code < 5000) return [{ ...idle, phase: 'stopped', reason }, forget];
      return [wait(at, reason, now, random), forget];
    }
    case 'broken':
      return live ? [wait(at, { code: 3000, name: input.name }, now, random), ['close']] : [at, []];
    case 'wake':
      // A draining hub has said when: coming earlier would find nobody there.
      if (at.phase === 'waiting' && at.returnAt === null) return connect(at, now);
      return at.phase === 'open' && isSilent(at, now) ? again(connect(at, now)) : [at, []];
    case 'force':
      if (at.phase === 'waiting' || at.phase === 'stopped' || at.phase === 'idle') return connect(at, now);
      return at.phase === 'open' && isSilent(at, now) ? again(connect(at, now)) : [at, []];
    case 'timer':
      return timer(at, now, random);
  }
}

function timer(at: Connection, now: number, random: () => number): Step {
  if (at.due === null || now < at.due) return [at, []];
  switch (at.phase) {
    case 'waiting':
      return connect(at, now);
    case 'connecting':
    case 'greeting':
      return [wait(at, { code: 1006, name: 'timeout' }, now, random), ['close']];
    case 'open':
      if (at.returnAt !== null && now >= at.returnAt) return again(connect({ ...at, attempt: 0 }, now));
      return [wait(at, { code: 1006, name: 'silent' }, now, random), ['close']];
    default:
      return [at, []];
  }
}

const isSilent = (at: Connection, now: number): boolean => at.heardAt !== null && now - at.heardAt > at.silence;

const again = ([next, effects]: Step): Step => [next, ['close', ...effects]];

function connect(at: Connection, now: number): Step {
  return [
    { ...at, phase: 'connecting', due: now + CONNECT_MS, openedAt: null, heardAt: null, returnAt: null },
    ['open'],
  ];
}

function wait(at: Connection, reason: Reason, now: number, random: () => number): Connection {
  const ended = { ...at, phase: 'waiting', reason, openedAt: null, heardAt: null } as const;
  if (at.returnAt !== null && at.returnAt > now) return { ...ended, attempt: 0, due: at.returnAt };
  const attempt = at.openedAt !== null && now - at.openedAt >= GOOD_MS ? 0 : at.attempt;
  return { ...ended, attempt: attempt + 1, due: now + backoff(attempt, random()), returnAt: null };
}
