/** The operations topic as the page sees it: what each node tells, folded as the server folds it (web/ops.py). */

import { Emitter } from '../hub/emitter';
import type { Hub, Undo } from '../hub/index';

export const TOPIC = 'ops';
/** Points of a curve: five minutes, one every two seconds. */
export const POINTS = 150;
const NODES = 64;
const FORGET_MS = 600_000;
/** A node tells something every 2 s; silent for this long it is shown as such. */
export const STALE_MS = 10_000;
const RECENT_ERROR_MS = 600_000;

/** [ms since 1970, sessions, events/s, deliveries/s, bytes queued, ms to screen p95]. */
export type Point = readonly (number | null)[];

export interface Part {
  readonly name: string;
  readonly ok: boolean;
  readonly since: string;
  readonly reason: string | null;
}

export interface Connector {
  readonly name: string;
  readonly kind: 'source' | 'push';
  readonly state?: 'ok' | 'late' | 'down';
  readonly as_of?: string | null;
  readonly error?: string | null;
  /** Pushes handed over since the node started. */
  readonly sent?: number;
  readonly last_error: { readonly code: string; readonly at: string } | null;
}

export interface Line {
  readonly at: string;
  readonly at_ms: number;
  readonly began: string;
  readonly version: string;
  readonly sessions: number;
  readonly users: number;
  readonly published_s: number;
  readonly delivered_s: number;
  readonly queue_bytes: number;
  readonly writer_waiting: number;
  /** Open ledger rows past their deadline; null: the store did not say. */
  readonly overdue: number | null;
  readonly memory_bytes: number | null;
  readonly to_screen_p95: number | null;
  readonly fanout_p95: number | null;
  readonly commit_p95: number | null;
  readonly loop_lag_p99: number | null;
  readonly leader: boolean | null;
  readonly bus: boolean | null;
  readonly refused: Readonly<Record<string, number>>;
  readonly parts: readonly Part[];
  readonly connectors: readonly Connector[];
}

export interface Node {
  readonly line: Line;
  readonly points: readonly Point[];
}

export type Nodes = ReadonlyMap<string, Node>;

interface Told {
  readonly node: string;
  readonly line: Line;
  readonly point?: Point;
  readonly points?: readonly Point[];
}

/** One node's line takes the place of its last one and adds a point; long silent nodes go. */
export function fold(nodes: Nodes, told: Told): Nodes {
  const next = new Map(nodes);
  const known = next.get(told.node);
  next.delete(told.node);
  const points = told.points ?? [...(known?.points ?? []), ...(told.point ? [told.point] : [])].slice(-POINTS);
  next.set(told.node, { line: told.line, points });
  for (const [name, node] of next) if (told.line.at_ms - node.line.at_ms > FORGET_MS) next.delete(name);
  for (const name of next.keys()) {
    if (next.size <= NODES) break;
    next.delete(name);
  }
  return next;
}

/** The numbers of all nodes that speak, together. */
export interface Total {
  /** How many nodes speak; with none the sums mean nothing. */
  readonly speaking: number;
  readonly sessions: number;
  readonly users: number;
  readonly published: number;
  readonly delivered: number;
  readonly queue: number;
  /** The slowest node's; null: nothing was delivered in the last minute. */
  readonly toScreen: number | null;
  /** null: some store did not say. */
  readonly overdue: number | null;
}

export function isStale(node: Node, now: number): boolean {
  return now - node.line.at_ms > STALE_MS;
}

export function total(nodes: Nodes, now: number): Total {
  const lines = [...nodes.values()].filter((node) => !isStale(node, now)).map((node) => node.line);
  const sum = (of: (line: Line) => number) => lines.reduce((all, line) => all + of(line), 0);
  const screens = lines.flatMap((line) => (line.to_screen_p95 === null ? [] : [line.to_screen_p95]));
  // All nodes ask one store: the largest answer, not the sum.
  const overdue = lines.flatMap((line) => (line.overdue === null ? [] : [line.overdue]));
  return {
    speaking: lines.length,
    sessions: sum((line) => line.sessions),
    users: sum((line) => line.users),
    published: sum((line) => line.published_s),
    delivered: sum((line) => line.delivered_s),
    queue: sum((line) => line.queue_bytes),
    toScreen: screens.length ? Math.max(...screens) : null,
    overdue: overdue.length ? Math.max(...overdue) : null,
  };
}

export type Curve = 'sessions' | 'published' | 'delivered' | 'queue' | 'toScreen';
const columns: readonly Curve[] = ['sessions', 'published', 'delivered', 'queue', 'toScreen'];
const STEP_MS = 2000;

/** A curve over all nodes: the nodes' points joined in steps of two seconds, oldest first; null where nobody spoke. */
export function curve(nodes: Nodes, which: Curve, now: number): (number | null)[] {
  const column = columns.indexOf(which) + 1;
  const end = Math.floor(now / STEP_MS);
  const joined: (number | null)[] = new Array(POINTS).fill(null);
  for (const { points } of nodes.values()) {
    const mine: (number | null)[] = new Array(POINTS).fill(null);
    for (const point of points) {
      const at = POINTS - 1 - (end - Math.floor((point[0] ?? 0) / STEP_MS));
      if (at >= 0 && at < POINTS) mine[at] = point[column] ?? null;
    }
    // Two clocks rarely fall into the same step: one missing step is not a gap.
    for (let i = 1; i < POINTS - 1; i++) if (mine[i] === null && mine[i + 1] !== null) mine[i] = mine[i - 1] ?? null;
    for (let i = 0; i < POINTS; i++) {
      const value = mine[i];
      const known = joined[i];
      if (value === null || value === undefined) continue;
      if (known === null || known === undefined) joined[i] = value;
      else joined[i] = which === 'toScreen' ? Math.max(known, value) : known + value;
    }
  }
  return joined;
}

export type Trouble =
  | { readonly kind: 'silent'; readonly node: string; readonly since: number }
  | {
      readonly kind: 'part';
      readonly node: string;
      readonly part: string;
      readonly reason: string;
      readonly since: number;
    }
  | {
      readonly kind: 'connector';
      readonly node: string;
      readonly name: string;
      readonly down: boolean;
      readonly error: string | null;
    }
  | { readonly kind: 'overdue'; readonly count: number }
  | { readonly kind: 'unknown-overdue' };

/** What is not as it should be, the worst first. */
export function troubles(nodes: Nodes, now: number): Trouble[] {
  const found: Trouble[] = [];
  const { overdue } = total(nodes, now);
  if (overdue) found.push({ kind: 'overdue', count: overdue });
  const speaking = [...nodes].filter(([, node]) => !isStale(node, now));
  for (const [name, node] of nodes)
    if (isStale(node, now)) found.push({ kind: 'silent', node: name, since: node.line.at_ms });
  for (const [name, node] of speaking) {
    for (const part of node.line.parts)
      if (!part.ok)
        found.push({
          kind: 'part',
          node: name,
          part: part.name,
          reason: part.reason ?? '',
          since: Date.parse(part.since),
        });
    for (const one of node.line.connectors)
      if (one.state === 'late' || one.state === 'down')
        found.push({
          kind: 'connector',
          node: name,
          name: one.name,
          down: one.state === 'down',
          error: one.error ?? null,
        });
  }
  if (speaking.length && overdue === null) found.push({ kind: 'unknown-overdue' });
  const mild = (one: Trouble) => Number(one.kind === 'connector' && !one.down);
  return found.sort((a, b) => mild(a) - mild(b));
}

/** What was refused since each node's start, over all that speak, the most first. */
export function refusals(nodes: Nodes, now: number): [string, number][] {
  const counts = new Map<string, number>();
  for (const node of nodes.values()) {
    if (isStale(node, now)) continue;
    for (const [reason, count] of Object.entries(node.line.refused))
      counts.set(reason, (counts.get(reason) ?? 0) + count);
  }
  return [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
}

/** How a connector stands: a push service has no state of its own, its last failures tell. */
export function connectorState(one: Connector, now: number): 'ok' | 'late' | 'down' | 'failing' {
  if (one.kind === 'source') return one.state ?? 'down';
  return one.last_error && now - Date.parse(one.last_error.at) < RECENT_ERROR_MS ? 'failing' : 'ok';
}

/** Follows the topic; `denied` when the hub says that it is not this person's to read. */
export class OpsStore {
  nodes: Nodes = new Map();
  /** True once the hub has told the state, which may be that nobody spoke yet. */
  loaded = false;
  denied = false;
  readonly #hub: Pick<Hub, 'subscribe' | 'on'>;
  readonly #events = new Emitter<{ change: undefined }>();
  #undos: Undo[] = [];

  constructor(hub: Pick<Hub, 'subscribe' | 'on'>) {
    this.#hub = hub;
    this.#join();
  }

  on(type: 'change', fn: () => void): Undo {
    return this.#events.on(type, fn);
  }

  /** Asks once more, after a refusal or a long wait. */
  retry(): void {
    this.close();
    this.denied = false;
    this.#join();
    this.#events.emit('change', undefined);
  }

  close(): void {
    for (const undo of this.#undos.splice(0)) undo();
  }

  #join(): void {
    const changed = () => this.#events.emit('change', undefined);
    this.#undos = [
      this.#hub.subscribe(TOPIC, {
        snapshot: ({ data }) => {
          const nodes = (data as { nodes?: Record<string, Node> } | null)?.nodes ?? {};
          this.nodes = new Map(Object.entries(nodes));
          this.loaded = true;
          this.denied = false;
          changed();
        },
        event: ({ data }) => {
          this.nodes = fold(this.nodes, data as Told);
          this.loaded = true;
          changed();
        },
      }),
      this.#hub.on('error', (fault) => {
        if (fault.topic !== TOPIC || fault.temporary) return;
        this.denied = true;
        changed();
      }),
    ];
  }
}
