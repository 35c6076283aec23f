import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pass, World } from './fake';

const upTo = (n: number, from = 1): number[] => Array.from({ length: n - from + 1 }, (_, i) => from + i);

let world: World;
beforeEach(() => {
  vi.useFakeTimers();
  world = new World();
});
afterEach(() => void vi.useRealTimers());

describe('many tabs', () => {
  it('make one connection, and each hears everything once', async () => {
    const tabs = [await world.open(), await world.open(), await world.open(), await world.open(), await world.open()];
    world.server.publish(4);
    await pass();
    expect(world.sockets).toBe(1);
    for (const tab of tabs) {
      expect(tab.seqs).toEqual([1, 2, 3, 4]);
      expect(tab.hub.tabs).toBe(5);
      expect(tab.hub.status.state).toBe('open');
    }
    expect(tabs.map((tab) => tab.hub.status.leader)).toEqual([true, false, false, false, false]);
    await pass(100);
    expect(world.server.got('ack').length).toBeLessThanOrEqual(2);
  });

  it.each(['close', 'kill'] as const)('lose and double nothing when the leader goes (%s)', async (how) => {
    const tabs = [await world.open(), await world.open(), await world.open()];
    world.server.publish(2);
    await pass();
    tabs[0]?.[how]();
    world.server.publish(3);
    await pass(900);
    world.server.publish(2);
    await pass();
    expect(world.sockets).toBe(2);
    expect(world.server.got('hello').at(-1)?.since).toBe(2);
    for (const tab of tabs.slice(1)) {
      expect(tab.seqs).toEqual(upTo(7));
      expect(tab.hub.status.state).toBe('open');
      expect(tab.hub.tabs).toBe(2);
    }
    expect(tabs.slice(1).filter((tab) => tab.hub.status.leader)).toHaveLength(1);
  });

  it('hand over again and again without a loss', async () => {
    let tabs = [await world.open(), await world.open()];
    let last = 0;
    for (let round = 0; round < 8; round++) {
      tabs.push(await world.open());
      const fresh = tabs[2];
      if (fresh) fresh.seqs = upTo(last);
      world.server.publish(1);
      tabs[0]?.[round % 2 ? 'kill' : 'close']();
      world.server.publish(1);
      tabs = tabs.slice(1);
      await pass(700);
      last += 2;
      for (const tab of tabs) expect(tab.seqs).toEqual(upTo(last));
    }
  });

  it('bring a tab that opens late to the welcome, the topics and the count', async () => {
    const first = await world.open();
    first.hub.subscribe('app:duty', {});
    world.server.set('app:duty', 'a', 1);
    world.server.publish(3);
    await pass();
    world.server.set('app:duty', 'b', 2);
    await pass();
    const late = world.tab();
    const got: unknown[] = [];
    late.hub.on('welcome', ({ seq, unseen, again }) => got.push({ seq, unseen, again }));
    late.hub.subscribe('app:duty', { snapshot: ({ data }) => got.push(data), event: ({ data }) => got.push(data) });
    late.hub.start();
    await pass();
    expect(got[0]).toEqual({ seq: 3, unseen: 3, again: false });
    const state: Record<string, unknown> = {};
    for (const one of got.slice(1) as Record<string, unknown>[]) {
      if ('key' in one) state[one.key as string] = one.value;
      else Object.assign(state, one);
    }
    expect(state).toEqual({ a: 1, b: 2 });
    expect(world.server.got('sub')).toHaveLength(1);
    world.server.publish(1);
    await pass();
    expect(late.seqs).toEqual([4]);
  });

  it('let a follower have a topic of its own, which outlives the leader', async () => {
    const [first, second] = [await world.open(), await world.open()];
    const offsets: number[] = [];
    second?.hub.subscribe('app:duty', {
      snapshot: ({ offset }) => offsets.push(offset),
      event: ({ offset }) => offsets.push(offset),
    });
    await pass();
    world.server.set('app:duty', 'a', 1);
    await pass();
    first?.close();
    world.server.set('app:duty', 'b', 2);
    await pass(500);
    world.server.set('app:duty', 'c', 3);
    await pass();
    expect(offsets).toEqual([0, 1, 2, 3]);
    expect(world.server.got('hello').at(-1)?.topics).toEqual({ 'app:duty': { epoch: 'e1', offset: 1 } });
    second?.kill();
  });

  it("keep a third tab's topic when a tab without it takes the lead", async () => {
    const [first, , third] = [await world.open(), await world.open(), await world.open()];
    const offsets: number[] = [];
    third?.hub.subscribe('app:duty', {
      snapshot: ({ offset }) => offsets.push(offset),
      event: ({ offset }) => offsets.push(offset),
    });
    await pass();
    world.server.set('app:duty', 'a', 1);
    await pass();
    first?.kill();
    world.server.set('app:duty', 'b', 2);
    await pass(500);
    world.server.set('app:duty', 'c', 3);
    await pass();
    expect(offsets).toEqual([0, 1, 2, 3]);
    const late = await world.open();
    const seen: unknown[] = [];
    late.hub.subscribe('app:duty', { snapshot: ({ data }) => seen.push(data) });
    await pass();
    expect(seen).toEqual([{ a: 1, b: 2, c: 3 }]);
    expect(offsets).toEqual([0, 1, 2, 3, 3]);
  });

  it('leave a topic when the last tab that wanted it is gone', async () => {
    const [first, second] = [await world.open(), await world.open()];
    first?.hub.on('status', () => undefined);
    second?.hub.subscribe('app:duty', {});
    await pass();
    second?.kill();
    await pass();
    expect(world.server.got('unsub')).toMatchObject([{ topic: 'app:duty' }]);
    expect(first?.hub.tabs).toBe(1);
  });

  it('bring a frozen tab up to date when it thaws, with what it missed in order', async () => {
    const [, frozen] = [await world.open(), await world.open()];
    world.channels.frozen.set(frozen.name, []);
    world.server.publish(5);
    await pass();
    expect(frozen.seqs).toEqual([]);
    world.channels.thaw(frozen.name);
    await pass();
    expect(frozen.seqs).toEqual(upTo(5));
  });

  it('heal a follower to which a message got lost', async () => {
    const [, second] = [await world.open(), await world.open()];
    let lose = true;
    world.channels.lose = (tab, message) => lose && tab === second.name && message.m === 'news';
    world.server.publish(3);
    await pass();
    lose = false;
    await pass(1000);
    world.server.publish(1);
    await pass();
    expect(second.seqs).toEqual([1, 2, 3, 4]);
    expect(world.sockets).toBe(1);
  });

  it('tell a follower that is too far behind to read its inbox anew', async () => {
    const [, second] = [await world.open(), await world.open()];
    const gaps: unknown[] = [];
    second.hub.on('gap', (gap) => gaps.push(gap));
    let lose = true;
    world.channels.lose = (tab, message) => lose && tab === second.name && message.m === 'news';
    world.server.publish(250);
    await pass();
    lose = false;
    world.server.publish(1);
    await pass();
    expect(gaps).toMatchObject([{ topic: 'inbox', from: 1, to: 251 }]);
    world.server.publish(1);
    await pass();
    expect(second.seqs).toEqual([252]);
  });

  it("carry a follower's calls, acks and activity", async () => {
    const [first, second] = [await world.open(), await world.open()];
    world.server.publish(2);
    await pass();
    await expect(second.hub.call('tickets.viewing', { id: 1 })).resolves.toEqual({ echo: { id: 1 } });
    await expect(second.hub.call('fail')).rejects.toMatchObject({ code: 'refused' });
    second.hub.ack('shown', { seq: 2 });
    first.hub.setActive(true);
    second.hub.setActive(true);
    await pass();
    first.hub.setActive(false);
    await pass();
    expect(world.server.inbox.map((item) => item.level)).toEqual(['shown', 'shown']);
    expect(world.server.got('active')).toEqual([{ t: 'active', on: true }]);
    second.kill();
    await pass();
    expect(world.server.got('active').at(-1)).toEqual({ t: 'active', on: false });
  });

  it("repeat a follower's inbox call and ack with the next leader, and fail its other calls", async () => {
    const [first, second] = [await world.open(), await world.open()];
    world.server.publish(1);
    await pass();
    world.server.intercept = (_session, frame) => frame.t === 'call' || frame.level === 'read';
    const failed = expect(second.hub.call('finesse.dialog')).rejects.toMatchObject({
      code: 'leader_lost',
      temporary: true,
    });
    const done = second.hub.call('inbox.unread', { ids: ['e1'] });
    second.hub.ack('read', { ids: ['e1'] });
    await pass();
    world.server.intercept = () => false;
    first.kill();
    await pass(500);
    await failed;
    await done;
    expect(world.server.got('ack').filter((ack) => ack.level === 'read')).toHaveLength(2);
    expect(world.server.calls.map((call) => call.name)).toEqual(['inbox.unread']);
  });

  it('share one status: waiting, since when, and back', async () => {
    const [first, second] = [await world.open(), await world.open()];
    world.server.unreachable = true;
    world.server.cut();
    await pass();
    expect(second.hub.status).toMatchObject({ state: 'waiting', leader: false, reason: { code: 1006 } });
    expect(second.hub.status.since).toBe(first.hub.status.since);
    await expect(second.hub.call('finesse.dialog')).rejects.toMatchObject({ code: 'not_connected' });
    await pass(20_000);
    world.server.unreachable = false;
    while (first.hub.status.state !== 'waiting') await pass(10);
    second.hub.reconnect();
    await pass();
    expect([first.hub.status.state, second.hub.status.state]).toEqual(['open', 'open']);
  });

  it('wake the leader when a follower is looked at again', async () => {
    const [first, second] = [await world.open(), await world.open()];
    world.random = 1;
    world.server.cut();
    await pass();
    expect(first.hub.status.state).toBe('waiting');
    second.wake();
    await pass();
    expect(first.hub.status.state).toBe('open');
  });

  it('start anew for a freshly loaded page after a sign-out', async () => {
    const first = await world.open();
    world.server.publish(4);
    await pass();
    world.server.cut(4501);
    await pass();
    expect(first.hub.status.state).toBe('stopped');
    const second = await world.open();
    await pass();
    expect(second.hub.status.state).toBe('open');
    expect(world.server.got('hello').at(-1)?.since).toBe(null);
  });

  it('take a page back from the history cache where it left', async () => {
    const [first, second] = [await world.open(), await world.open()];
    first.hub.subscribe('app:duty', {});
    await pass();
    first.close();
    world.server.publish(3);
    await pass(500);
    expect(second.hub.status.leader).toBe(true);
    first.back();
    await pass();
    expect(first.hub.status).toMatchObject({ state: 'open', leader: false });
    world.server.publish(1);
    await pass();
    expect(first.seqs).toEqual(upTo(4));
  });

  it('keep to themselves without Web Locks: a connection each, nothing passed on', async () => {
    const tabs = [await world.open({ alone: true }), await world.open({ alone: true })];
    world.server.publish(2);
    await pass();
    expect(world.sockets).toBe(2);
    for (const tab of tabs) {
      expect(tab.seqs).toEqual([1, 2]);
      expect(tab.hub.shares).toBe(false);
      expect(tab.hub.tabs).toBe(1);
    }
  });
});

describe('nothing is lost or doubled', () => {
  /** A small reproducible generator (mulberry32). */
  const dice = (seed: number) => () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };

  it.each(upTo(30))('whatever happens in whatever order (seed %i)', async (seed) => {
    const random = dice(seed);
    const pick = (n: number): number => Math.floor(random() * n);
    let lossy = false;
    world.channels.lose = (_tab, message) => lossy && message.m === 'news' && random() < 0.3;
    const tabs = [await world.open(), await world.open({ format: 'json' })];
    const joined = new Map(tabs.map((tab) => [tab, 0]));
    const states = new Map<unknown, Record<string, unknown>>();
    const follow = (tab: (typeof tabs)[number]): void => {
      const state: Record<string, unknown> = {};
      states.set(tab, state);
      tab.hub.subscribe('app:duty', {
        snapshot: ({ data }) => {
          for (const key of Object.keys(state)) delete state[key];
          Object.assign(state, data);
        },
        event: ({ data }) => {
          const { key, value } = data as { key: string; value: unknown };
          state[key] = value;
        },
      });
    };
    for (const tab of tabs) follow(tab);
    await pass(5);
    for (let turn = 0; turn < 40; turn++) {
      switch (pick(9)) {
        case 0:
        case 1:
          world.server.publish(1 + pick(4), random() < 0.8);
          break;
        case 2:
        case 3:
          world.server.set('app:duty', `k${pick(5)}`, turn, random() < 0.2);
          break;
        case 4:
          world.server.cut([1006, 4000, 4001, 4004][pick(4)]);
          break;
        case 5: {
          const tab = await world.open();
          await pass(2);
          // It shows what comes from here on; older ones are the page's to fetch.
          if (tab.hub.status.state !== 'open') {
            tab.kill();
            break;
          }
          joined.set(tab, -1);
          tabs.push(tab);
          follow(tab);
          break;
        }
        case 6:
          if (tabs.length > 1) {
            const [tab] = tabs.splice(pick(tabs.length), 1);
            if (random() < 0.5) tab?.kill();
            else tab?.close();
          }
          break;
        case 7:
          lossy = !lossy;
          break;
        case 8:
          await pass(pick(900));
      }
      if (random() < 0.7) await pass(pick(30));
    }
    lossy = false;
    await pass(40_000);
    world.server.publish(1);
    world.server.set('app:duty', 'end', seed);
    await pass(3000);
    for (const tab of tabs) {
      const first = tab.seqs[0] ?? 0;
      expect(tab.seqs).toEqual(upTo(world.server.seq, joined.get(tab) === 0 ? 1 : first));
      expect(states.get(tab)).toEqual(world.server.topic('app:duty').state);
    }
    expect(world.server.sessions).toHaveLength(1);
    expect(world.server.got('ack').at(-1)?.seq).toBe(world.server.seq);
  });
});
