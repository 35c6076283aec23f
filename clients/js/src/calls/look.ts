/** What the state means for the screen, as plain functions: which call comes first, which rings, what may be done, how numbers are written. */

import { serverNow } from '../ui/clock';
import { isKey, type Key } from './strings';
import type { Agent, AgentState, Calls, Dialog } from './types';

/** How a state looks: its own outline, so that it is told apart without colour. */
export type Shape = 'ready' | 'paused' | 'ring' | 'talk' | 'hold' | 'work' | 'out' | 'unknown';

const shapes: Readonly<Record<string, Shape>> = {
  READY: 'ready',
  NOT_READY: 'paused',
  RESERVED: 'ring',
  RESERVED_OUTBOUND: 'ring',
  RESERVED_OUTBOUND_PREVIEW: 'ring',
  TALKING: 'talk',
  HOLD: 'hold',
  WORK: 'work',
  WORK_READY: 'work',
  LOGOUT: 'out',
};

export function shapeOf(state: AgentState): Shape {
  return Object.hasOwn(shapes, state) ? (shapes[state] ?? 'unknown') : 'unknown';
}

/** The catalog's key of a state's word; null: a state that nobody knows, shown as it is. */
export function stateKey(state: AgentState): Key | null {
  const key = `state_${state}`;
  return isKey(key) ? key : null;
}

/** The states in which a change is taken for after the call. */
const BUSY: ReadonlySet<string> = new Set([
  'TALKING',
  'HOLD',
  'RESERVED',
  'RESERVED_OUTBOUND',
  'RESERVED_OUTBOUND_PREVIEW',
]);

export const isBusy = (agent: Agent): boolean => BUSY.has(agent.state);
export const isWrapping = (agent: Agent): boolean => agent.state === 'WORK' || agent.state === 'WORK_READY';
export const isSignedIn = (calls: Calls): boolean =>
  calls.agent !== null && !['', 'LOGOUT', 'UNKNOWN', 'LOGIN'].includes(calls.agent.state);

/** Which of READY and NOT_READY is sensible to offer now. Only offered: the contact centre decides. */
export function offers(calls: Calls): { ready: boolean; notReady: boolean; signOut: boolean } {
  const { agent } = calls;
  if (!agent || !isSignedIn(calls)) return { ready: false, notReady: false, signOut: false };
  const busy = isBusy(agent);
  return {
    // During a call only to take a pending NOT_READY back; CCX refuses it.
    ready: agent.state !== 'READY' && (!busy || (calls.platform === 'cce' && agent.pending === 'NOT_READY')),
    notReady: true,
    // CCE wants NOT_READY first.
    signOut: !busy && !(calls.platform === 'cce' && agent.state === 'READY'),
  };
}

const RANK: Readonly<Record<string, number>> = {
  ALERTING: 0,
  ACTIVE: 1,
  INITIATED: 1,
  INITIATING: 1,
  ACCEPTED: 1,
  FAILED: 2,
  HELD: 3,
  WRAP_UP: 4,
};

/** So long after the line has come up may the list of reasons still be on its way: it is read last, after agent and calls. */
const REASONS_WITHIN_MS = 10_000;

/** How long the list of reasons is still to be waited for, ms; 0: it has been read, or there is none to wait for. All its parts come at once. */
export function reasonsWait({ service, reasons }: Calls, now = serverNow()): number {
  if (reasons.not_ready.length || reasons.logout.length || reasons.wrap_up.length) return 0;
  const since = Date.parse(service.since ?? '');
  if (service.state !== 'live' || Number.isNaN(since)) return 0;
  return Math.min(REASONS_WITHIN_MS, Math.max(0, since + REASONS_WITHIN_MS - now)); // clocks may disagree
}

/** The calls of this agent, the one that wants something first. Those that left only a trace are not shown. */
export function ordered(calls: Calls): Dialog[] {
  const rank = (dialog: Dialog) => RANK[dialog.leg?.state ?? ''] ?? 5;
  return Object.values(calls.dialogs)
    .filter((dialog) => dialog.leg?.state !== 'DROPPED')
    .sort((a, b) => rank(a) - rank(b) || Date.parse(b.started ?? '') - Date.parse(a.started ?? '') || 0);
}

/** Rings here and waits to be answered. */
export const rings = (dialog: Dialog): boolean => dialog.leg?.state === 'ALERTING' && dialog.direction !== 'out';

/** May be asked of the agent's leg now. */
export const can = (dialog: Dialog, action: string): boolean => dialog.leg?.actions.includes(action) ?? false;

/** The original of a consult call and the consult call, if both are there. */
export function consultation(calls: Calls): { original: Dialog; consult: Dialog } | null {
  for (const consult of Object.values(calls.dialogs)) {
    if (consult.direction !== 'consult' || consult.leg?.state === 'DROPPED') continue;
    const original = consult.of === null ? undefined : calls.dialogs[consult.of];
    if (original && original.leg?.state !== 'DROPPED') return { original, consult };
  }
  return null;
}

/** Call variables with something in them, what the contact centre keeps for itself left out. */
export function variables(dialog: Dialog): [name: string, value: string][] {
  return Object.entries(dialog.variables).filter(([name, value]) => value !== '' && !/^BA[A-Z]/.test(name));
}

/** Whether one can set it by hand: callVariable1 to 10, and ECC names. */
export const settable = (name: string): boolean => /^(callVariable([1-9]|10)|user\..+)$/.test(name);

/** Ms since `at`, by the server's clock; null when it is not known. Never below nought. */
export function elapsed(at: string | null | undefined, now = serverNow()): number | null {
  const from = Date.parse(at ?? '');
  return Number.isNaN(from) ? null : Math.max(0, now - from);
}

/** `02:14`, from an hour on `1:02:14`. */
export function clock(ms: number): string {
  const s = Math.floor(ms / 1000);
  const two = (n: number) => String(n).padStart(2, '0');
  const rest = `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  return s < 3600 ? rest : `${Math.floor(s / 3600)}:${rest}`;
}

/** A number as people read it; Russian ones in their groups, others as they came. */
export function readable(number: string): string {
  const parts = /^(?:\+7|8|7)(\d{3})(\d{3})(\d{2})(\d{2})$/.exec(number);
  return parts ? `+7 ${parts[1]} ${parts[2]}-${parts[3]}-${parts[4]}` : number;
}

/** What can be dialled of what was typed: blanks, brackets, dots and hyphens go; null when anything else is left, or nothing. */
export function dialable(typed: string): string | null {
  const number = typed.replace(/[\s()[\]./\u00a0\u2010-\u2015-]/g, '');
  return /^\+?[0-9*#]{1,32}$/.test(number) ? number : null;
}

/** The tones of a phone: 0-9 * #. */
export const isTone = (key: string): boolean => /^[0-9*#]$/.test(key);

/** Redmine's form of a new ticket with the caller filled in; null: there is none. */
export function newTicketUrl(
  base: string | null | undefined,
  caller: { number: string; name: string; queue: string },
  words: { subject: string; description: string },
): string | null {
  if (!base) return null;
  let url: URL;
  try {
    url = new URL(base, globalThis.location?.origin);
  } catch {
    return null;
  }
  if (!/^https?:$/.test(url.protocol)) return null;
  url.searchParams.set('issue[subject]', words.subject);
  url.searchParams.set('issue[description]', words.description);
  for (const [name, value] of Object.entries(caller)) if (value) url.searchParams.set(`caller[${name}]`, value);
  return url.href;
}
