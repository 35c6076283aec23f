import type { HubEnv } from './env';
import type { Which } from './messages';
import type { AckLevel, StateChange, Undo } from './types';

/** How often at most the leader says `received`. */
const COALESCE_MS = 50;
/** A connection that is heard of this much later has brought the ack over. */
const SETTLED_MS = 10_000;
/** Beyond it the oldest is given up: the hub's own levels are fetched after a reconnect anyway. */
const KEPT = 200;
/** Ids in one frame: with ids of 255 characters still below the frame's 64 KiB. */
const CHUNK = 200;

export function chunks(ids: readonly string[]): string[][] {
  const parts: string[][] = [];
  for (let at = 0; at < ids.length; at += CHUNK) parts.push(ids.slice(at, at + CHUNK));
  return parts;
}

/** Says how far we have received: at once after a pause, then at most every 50 ms with the latest position. */
export class ReceivedAcks {
  #pending: number | null = null;
  #undo: Undo | null = null;
  readonly #env: HubEnv;
  readonly #send: (seq: number) => void;

  constructor(env: HubEnv, send: (seq: number) => void) {
    this.#env = env;
    this.#send = send;
  }

  note(seq: number): void {
    this.#pending = seq;
    if (!this.#undo) this.flush();
  }

  flush(): void {
    this.#cancel();
    if (this.#pending === null) return;
    const seq = this.#pending;
    this.#pending = null;
    this.#undo = this.#env.after(COALESCE_MS, () => {
      this.#undo = null;
      this.flush();
    });
    this.#send(seq);
  }

  /** Forgets what was not said: the connection is gone, and the next one says where it resumes. */
  clear(): void {
    this.#cancel();
    this.#pending = null;
  }

  #cancel(): void {
    this.#undo?.();
    this.#undo = null;
  }
}

export interface Ack {
  level: AckLevel;
  which: Which;
  sentAt: number;
}

/**
 * What a person has seen or read in this tab, until it is sure that the hub knows. An ack has no answer of its own:
 * a `state` frame that covers it is one, and so is a connection that goes on for a while. Until then it is said again
 * after every reconnect or change of leader; saying it twice does no harm.
 */
export class Unconfirmed {
  #kept: Ack[] = [];

  add(ack: Ack): void {
    this.#kept.push(ack);
    if (this.#kept.length > KEPT) this.#kept.shift();
  }

  confirm(change: StateChange): void {
    if (change.level !== 'shown' && change.level !== 'read' && change.level !== 'done') return;
    const ids = change.ids && new Set(change.ids);
    this.#kept = this.#kept.filter(({ level, which }) => {
      if (level === 'read' && change.level === 'shown') return true;
      if ('seq' in which) return change.seq === undefined || change.seq < which.seq;
      return !ids || !which.ids.every((id) => ids.has(id));
    });
  }

  /** Drops what the connection, heard of at `heardAt`, must have brought over. */
  settle(heardAt: number): void {
    this.#kept = this.#kept.filter((ack) => heardAt - ack.sentAt < SETTLED_MS);
  }

  /** All of them, to be said again now. */
  again(now: number): readonly Ack[] {
    for (const ack of this.#kept) ack.sentAt = now;
    return [...this.#kept];
  }
}
