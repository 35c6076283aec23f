/** The frames of hub.v1: builders for what goes up, a validator for what comes down. */
import type { AckLevel, Gap, InboxEvent, Left, NoticeData, Snapshot, StateChange, Welcome, You } from './types';

export interface Position {
  epoch: string;
  offset: number;
}

export type Which = { seq: number } | { ids: string[] };

export type Up =
  | {
      t: 'hello';
      v: 1;
      client: string;
      device: string;
      since: number | null;
      topics: Record<string, Position | null>;
    }
  | { t: 'sub'; id: number; topic: string; epoch?: string; offset?: number }
  | { t: 'unsub'; id: number; topic: string }
  | ({ t: 'ack'; level: AckLevel } & Which)
  | { t: 'call'; id: number; name: string; args: object }
  | { t: 'active'; on: boolean }
  | { t: 'pong' };

export const sub = (id: number, topic: string, position: Position | null): Up =>
  position ? { t: 'sub', id, topic, epoch: position.epoch, offset: position.offset } : { t: 'sub', id, topic };

export const ack = (level: AckLevel, which: Which): Up => ({ t: 'ack', level, ...which });

export interface WireError {
  code: string;
  message: string;
  temporary: boolean;
  /** Which of the call's arguments is wrong. */
  field?: string;
}

export interface Reply {
  t: 'reply';
  /** Null when the frame that it answers had none. */
  id: number | null;
  ok: boolean;
  data: unknown;
  error: WireError | null;
}

/** A topic's event as it travels: the epoch is known from the last snapshot or reply. */
export interface TopicFrame {
  t: 'event';
  topic: string;
  offset: number;
  id: string;
  type: string;
  source: string;
  time: string;
  data: unknown;
  replay: boolean;
}

export type InboxFrame = { t: 'event' } & InboxEvent;
export type WelcomeFrame = { t: 'welcome' } & Omit<Welcome, 'again'>;
export type SnapshotFrame = { t: 'snapshot' } & Snapshot;
export type StateFrame = { t: 'state' } & StateChange;
export type GapFrame = { t: 'gap' } & Gap;
export type LeftFrame = { t: 'left' } & Left;
export type YouFrame = { t: 'you' } & You;

export type Down =
  | WelcomeFrame
  | InboxFrame
  | TopicFrame
  | SnapshotFrame
  | StateFrame
  | GapFrame
  | LeftFrame
  | YouFrame
  | Reply
  | { t: 'ping' }
  | { t: 'draining'; reconnect_in: [number, number] };

export const isInbox = (frame: InboxFrame | TopicFrame): frame is InboxFrame => 'seq' in frame;

type Loose = Record<string, unknown>;

const isObject = (value: unknown): value is Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const LEVELS = ['received', 'shown', 'read', 'done'];
const CHANGES = ['shown', 'read', 'unread', 'done', 'undone'];

/**
 * The frame in `value`, or null when its type is not known here: a newer hub may have more.
 * Throws TypeError for a known type with missing or wrong fields; unknown fields are ignored.
 */
export function readFrame(value: unknown): Down | null {
  if (!isObject(value)) throw new TypeError('a frame must be an object');
  const check = checks[value.t as Down['t']];
  if (!isText(value.t) || !check) return null;
  const frame = check(value);
  if (!frame) throw new TypeError(`bad ${value.t} frame`);
  return frame;
}

/**
 * A notice with at least kind and title. An inbox position must not be skipped for a publisher's carelessness: a
 * refused frame would be a hole, and the hub would send the same frame again for ever.
 */
function readNotice(data: unknown, type: string): NoticeData {
  const notice = isObject(data) ? data : {};
  const title = isObject(notice.title) ? notice.title : {};
  const any = isText(title.ru) ? title.ru : isText(title.en) ? title.en : type;
  return {
    ...notice,
    kind: isText(notice.kind) ? notice.kind : 'system',
    title: { ru: isText(title.ru) ? title.ru : any, en: isText(title.en) ? title.en : any },
  } as NoticeData;
}

const checks: { readonly [T in Down['t']]: (frame: Loose) => Down | null } = {
  welcome: (f) =>
    isCount(f.seq) &&
    isCount(f.unseen) &&
    typeof f.ping === 'number' &&
    isText(f.time) &&
    isText(f.session) &&
    isObject(f.user) &&
    isObject(f.topics)
      ? (f as unknown as WelcomeFrame)
      : null,
  event: (f) => {
    if (!isText(f.topic) || !isText(f.id) || !isText(f.type) || !isText(f.source) || !isText(f.time)) return null;
    const { topic, id, type, source, time, data } = f;
    const rest = { id, type, source, time, replay: f.replay === true };
    if (topic !== 'inbox') return isCount(f.offset) ? { t: 'event', topic, offset: f.offset, ...rest, data } : null;
    if (!isCount(f.seq)) return null;
    const level = LEVELS.includes(f.level as string) ? { level: f.level } : {};
    return { t: 'event', topic, seq: f.seq, ...rest, data: readNotice(data, type), ...level } as InboxFrame;
  },
  snapshot: (f) =>
    isText(f.topic) && isText(f.epoch) && isCount(f.offset)
      ? { t: 'snapshot', topic: f.topic, epoch: f.epoch, offset: f.offset, data: f.data }
      : null,
  state: (f) => {
    if (!CHANGES.includes(f.level as string) || !isCount(f.unseen)) return null;
    const which = isCount(f.seq) ? { seq: f.seq } : Array.isArray(f.ids) ? { ids: f.ids.filter(isText) } : null;
    if (!which) return null;
    const by = isText(f.by) ? f.by : '';
    return { t: 'state', ...which, level: f.level as StateChange['level'], by, unseen: f.unseen };
  },
  reply: (f) => {
    if (f.id !== null && !isCount(f.id)) return null;
    const error = isObject(f.error) ? f.error : null;
    return {
      t: 'reply',
      id: f.id,
      ok: f.ok === true,
      data: f.data,
      error: error && {
        code: String(error.code),
        message: String(error.message),
        temporary: error.temporary === true,
        ...(isText(error.field) ? { field: error.field } : {}),
      },
    };
  },
  gap: (f) =>
    isText(f.topic) && isCount(f.from) && isCount(f.to)
      ? { t: 'gap', topic: f.topic, from: f.from, to: f.to, reason: String(f.reason) }
      : null,
  left: (f) => (isText(f.topic) ? { t: 'left', topic: f.topic, reason: String(f.reason) } : null),
  you: (f) =>
    isCount(f.user) && Array.isArray(f.permissions)
      ? { t: 'you', user: f.user, permissions: f.permissions.filter(isText), read_only: f.read_only === true }
      : null,
  ping: () => ({ t: 'ping' }),
  draining: (f) => {
    const [a, b] = Array.isArray(f.reconnect_in) ? f.reconnect_in : [];
    return typeof a === 'number' && typeof b === 'number'
      ? { t: 'draining', reconnect_in: [Math.max(0, a), Math.max(0, a, b)] }
      : null;
  },
};
