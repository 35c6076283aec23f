import { beforeEach, describe, expect, it } from 'vitest';
import type { HubFault, TopicHandlers, Undo } from '../../src/hub/index';
import {
  connectorState,
  curve,
  fold,
  type Line,
  type Node,
  type Nodes,
  OpsStore,
  POINTS,
  refusals,
  total,
  troubles,
} from '../../src/ops/model';
import { pathOf } from '../../src/ops/spark';
import { line, NOW } from './lines';

const nodes = (all: Record<string, Partial<Line>>): Nodes =>
  new Map(Object.entries(all).map(([name, more]) => [name, { line: line(more), points: [] }]));

type Step = { told: never; nodes: Record<string, Node> };
const files = import.meta.glob<Step[]>('../../../../tests/vectors/ops.json', { eager: true, import: 'default' });
const steps = Object.values(files)[0] ?? [];

describe('the fold', () => {
  it("is the server's own: the same table of what is told gives the same state", () => {
    let state: Nodes = new Map();
    for (const step of steps) {
      state = fold(state, step.told);
      expect(JSON.stringify(Object.fromEntries(state))).toBe(JSON.stringify(step.nodes));
    }
    expect(steps.length).toBeGreaterThan(4);
  });

  it('keeps a bounded curve and a bounded number of nodes', () => {
    let state: Nodes = new Map();
    for (let i = 0; i < 400; i++)
      state = fold(state, { node: 'a', line: line({ at_ms: NOW + i }), point: [NOW + i, i] });
    expect(state.get('a')?.points.length).toBe(POINTS);
    for (let i = 0; i < 200; i++)
      state = fold(state, { node: `n${i}`, line: line({ at_ms: NOW + i }), point: [NOW, i] });
    expect(state.size).toBe(64);
  });
});

describe('the numbers of all nodes', () => {
  it('adds what adds up, takes the slowest screen and the one store', () => {
    const all = total(
      nodes({ a: { overdue: 3 }, b: { to_screen_p95: 80, overdue: 2 }, c: { to_screen_p95: null } }),
      NOW,
    );
    expect(all).toEqual({
      speaking: 3,
      sessions: 30,
      users: 24,
      published: 7.5,
      delivered: 75,
      queue: 3000,
      toScreen: 80,
      overdue: 3,
    });
  });

  it('counts no node that is silent, and says so', () => {
    const state = nodes({ a: {}, dead: { at_ms: NOW - 10_001, sessions: 500 } });
    expect(total(state, NOW).sessions).toBe(10);
    expect(troubles(state, NOW)).toEqual([{ kind: 'silent', node: 'dead', since: NOW - 10_001 }]);
  });

  it('knows that it does not know how many are overdue', () => {
    expect(total(nodes({ a: { overdue: null } }), NOW).overdue).toBeNull();
    expect(troubles(nodes({ a: { overdue: null } }), NOW)).toEqual([{ kind: 'unknown-overdue' }]);
  });

  it('names what is out: a part, a source, a deadline', () => {
    const parts = [{ name: 'bus', ok: false, since: new Date(NOW - 5000).toISOString(), reason: 'not connected' }];
    const connectors = [
      { name: 'redmine', kind: 'source' as const, state: 'down' as const, error: 'Away', last_error: null },
      { name: 'erp', kind: 'source' as const, state: 'late' as const, error: null, last_error: null },
    ];
    expect(troubles(nodes({ a: { parts, connectors, overdue: 1 } }), NOW)).toEqual([
      { kind: 'overdue', count: 1 },
      { kind: 'part', node: 'a', part: 'bus', reason: 'not connected', since: NOW - 5000 },
      { kind: 'connector', node: 'a', name: 'redmine', down: true, error: 'Away' },
      { kind: 'connector', node: 'a', name: 'erp', down: false, error: null },
    ]);
  });

  it('adds refusals over the nodes, the most first', () => {
    expect(refusals(nodes({ a: { refused: { origin: 1, commands: 5 } }, b: { refused: { origin: 9 } } }), NOW)).toEqual(
      [
        ['origin', 10],
        ['commands', 5],
      ],
    );
  });

  it('lets a push service fail for ten minutes after its last error', () => {
    const failed = (ago: number) =>
      connectorState(
        { name: 'fcm', kind: 'push', last_error: { code: 'http_500', at: new Date(NOW - ago).toISOString() } },
        NOW,
      );
    expect([failed(60_000), failed(700_000)]).toEqual(['failing', 'ok']);
    expect(connectorState({ name: 'erp', kind: 'source', state: 'late', last_error: null }, NOW)).toBe('late');
  });
});

describe('the curve', () => {
  const at = (steps: number) => NOW - steps * 2000;

  it('joins the nodes step by step; where nobody spoke is a gap', () => {
    const state: Nodes = new Map([
      ['a', { line: line(), points: [3, 2, 0].map((n) => [at(n), 10, 0, 0, 0, 5]) }],
      ['b', { line: line(), points: [2, 1, 0].map((n) => [at(n), 1, 0, 0, 0, 9]) }],
    ]);
    const sessions = curve(state, 'sessions', NOW);
    expect(sessions.length).toBe(POINTS);
    expect(sessions.slice(-5)).toEqual([null, 10, 11, 11, 11]);
    expect(curve(state, 'toScreen', NOW).slice(-5)).toEqual([null, 5, 9, 9, 9]);
  });

  it('is drawn from zero, with its gaps', () => {
    expect(pathOf([0, 5, 10], 100, 20)).toBe('M0.0 18.0L50.0 10.0L100.0 2.0');
    expect(pathOf([1, null, 1, 1], 90, 20)).toBe('M0.0 2.0h1.5M60.0 2.0L90.0 2.0');
    expect(pathOf([null, null])).toBe('');
    expect(pathOf([0, 0], 10, 20)).toBe('M0.0 18.0L10.0 18.0');
  });
});

describe('the store', () => {
  let handlers: TopicHandlers;
  let fault: (fault: HubFault) => void;
  let joined = 0;
  const hub = {
    subscribe(_topic: string, given: TopicHandlers): Undo {
      handlers = given;
      joined++;
      return () => joined--;
    },
    on(_type: string, fn: never): Undo {
      fault = fn;
      return () => undefined;
    },
  };

  beforeEach(() => {
    joined = 0;
  });

  it('begins with the snapshot, goes on with events, and tells each change', () => {
    const store = new OpsStore(hub as never);
    let changes = 0;
    store.on('change', () => changes++);
    expect(store.loaded).toBe(false);
    handlers.snapshot?.({ topic: 'ops', epoch: 'e', offset: 0, data: { nodes: {} } });
    expect([store.loaded, store.nodes.size]).toEqual([true, 0]);
    handlers.event?.({ data: { node: 'a', line: line(), points: [[NOW, 1]] } } as never);
    expect(store.nodes.get('a')?.points).toEqual([[NOW, 1]]);
    expect(changes).toBe(2);
    store.close();
    expect(joined).toBe(0);
  });

  it('tells a refusal for good, not one that passes or is about something else; a retry asks again', () => {
    const store = new OpsStore(hub as never);
    fault({ code: 'no_such_topic', message: '', temporary: false, topic: 'net' });
    fault({ code: 'store_unavailable', message: '', temporary: true, topic: 'ops' });
    expect(store.denied).toBe(false);
    fault({ code: 'no_such_topic', message: '', temporary: false, topic: 'ops' });
    expect(store.denied).toBe(true);
    store.retry();
    expect([store.denied, joined]).toEqual([false, 1]);
  });
});
