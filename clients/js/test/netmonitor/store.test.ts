// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HubFault, TopicHandlers } from '../../src/hub/index';
import { NetStore, type News, STALE_MS, TELL_MS } from '../../src/netmonitor/store';
import { setServerClock } from '../../src/ui/clock';
import { host, NOW } from './hosts';

let handlers: TopicHandlers = {};
let fail: (fault: HubFault) => void = () => undefined;
let left = 0;
let now = NOW;
const status = { state: 'open' as 'open' | 'waiting', since: 0, leader: true };
const hub = {
  status,
  subscribe: (_topic: string, given: TopicHandlers) => {
    handlers = given;
    return () => void left++;
  },
  on: (type: string, fn: (value: never) => void) => {
    if (type === 'error') fail = fn as (fault: HubFault) => void;
    return () => undefined;
  },
};
const hosts = { a: host({ name: 'a' }), b: host({ name: 'b' }) };
const snapshot = { topic: 'net', epoch: 'e', offset: 1, data: { at: new Date(NOW).toISOString(), hosts } };
const event = (type: string, data: unknown) =>
  handlers.event?.({ topic: 'net', epoch: 'e', offset: 2, id: 'x', source: '/', time: '', replay: false, type, data });

let store: NetStore;
let told: News[];
beforeEach(() => {
  vi.useFakeTimers();
  now = NOW;
  left = 0;
  status.state = 'open';
  setServerClock(() => now);
  store = new NetStore(hub as unknown as ConstructorParameters<typeof NetStore>[0]);
  told = [];
  store.on('change', (news) => told.push(news));
});
afterEach(() => {
  store.close();
  setServerClock(Date.now);
  vi.useRealTimers();
});

describe('the store', () => {
  it('tells at once of the first, then no oftener than eyes can follow, and nothing is left out', async () => {
    handlers.snapshot?.(snapshot);
    await vi.advanceTimersByTimeAsync(20);
    expect(told).toEqual([{ ids: null, shape: true }]);
    for (let i = 0; i < 50; i++) event('net.tick', { at: 'x', rows: [[i % 2 ? 'a' : 'b', i, i, 0]] });
    event('net.state', { at: 'x', hosts: { a: { state: 'down' } } });
    expect(store.net.hosts.get('b')?.p50).toBe(48);
    await vi.advanceTimersByTimeAsync(TELL_MS + 40);
    expect(told.slice(1)).toEqual([{ ids: new Set(['a', 'b']), shape: true }]);
    event('net.tick', { at: 'x', rows: [['a', 1, 1, 0]] });
    await vi.advanceTimersByTimeAsync(TELL_MS + 40);
    expect(told[2]).toEqual({ ids: new Set(['a']), shape: false });
  });

  it('knows when what it shows is old, or cannot be had', () => {
    handlers.snapshot?.(snapshot);
    expect([store.stale, store.at]).toEqual([false, NOW]);
    now += STALE_MS + 1;
    expect(store.stale).toBe(true);
    now = NOW;
    status.state = 'waiting';
    expect(store.stale).toBe(true);
    fail({ code: 'no_such_topic', message: '', temporary: true, topic: 'net' });
    expect(store.denied).toBe(false);
    fail({ code: 'no_such_topic', message: '', temporary: false, topic: 'net' });
    expect(store.denied).toBe(true);
    store.retry();
    expect([store.denied, left]).toEqual([false, 1]);
  });
});
