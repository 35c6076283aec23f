import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HubError } from '../../src/hub';
import { pass, type Tab, World } from './fake';

const upTo = (n: number, from = 1): number[] => Array.from({ length: n - from + 1 }, (_, i) => from + i);

let world: World;
beforeEach(() => {
  vi.useFakeTimers();
  world = new World();
});
afterEach(() => void vi.useRealTimers());

describe.each(['json', 'msgpack'] as const)('one tab, %s', (format) => {
  it('starts from now on and takes live events in order', async () => {
    world.server.publish(3);
    const tab = await world.open({ format });
    expect(world.server.got('hello')[0]).toMatchObject({ since: null, device: 'dev', client: 'test/1', topics: {} });
    world.server.publish(2);
    await pass();
    expect(tab.seqs).toEqual([4, 5]);
    expect(tab.hub.status).toMatchObject({ state: 'open', leader: true });
    expect(tab.states).toEqual(['connecting', 'open']);
  });

  it('resumes after a cut: what happened meanwhile arrives once, in order', async () => {
    const tab = await world.open({ format });
    world.server.publish(2);
    await pass();
    world.server.cut();
    world.server.publish(10);
    await pass(1000);
    expect(world.server.got('hello').at(-1)?.since).toBe(2);
    expect(tab.seqs).toEqual(upTo(12));
  });
});

describe('connection of one tab', () => {
  it('says received at once, then at most every 50 ms with the latest position', async () => {
    await world.open();
    world.server.publish(1);
    await pass();
    expect(world.server.got('ack')).toEqual([{ t: 'ack', level: 'received', seq: 1 }]);
    for (let n = 0; n < 20; n++) {
      world.server.publish(1);
      await pass(2);
    }
    await pass(60);
    const acks = world.server.got('ack').map((ack) => ack.seq);
    expect(acks.at(-1)).toBe(21);
    expect(acks.length).toBeLessThanOrEqual(3);
  });

  it('drops repeats', async () => {
    const tab = await world.open();
    world.server.publish(3);
    for (const seq of [2, 3, 1]) world.server.sessions[0]?.send(world.server.frame(seq));
    await pass();
    expect(tab.seqs).toEqual([1, 2, 3]);
  });

  it('notices a hole, takes nothing beyond it, and reconnects from before it', async () => {
    const tab = await world.open();
    world.server.publish(1);
    world.server.publish(1, false);
    world.server.publish(1);
    await pass();
    expect(tab.seqs).toEqual([1]);
    expect(world.server.got('ack').at(-1)?.seq).toBe(1);
    await pass(600);
    expect(world.server.got('hello').at(-1)?.since).toBe(1);
    expect(tab.seqs).toEqual([1, 2, 3]);
  });

  it('gives up a silent hub after ping + 10 s, tells since when, and comes back', async () => {
    const tab = await world.open();
    const from = Date.now();
    world.server.mute = true;
    await pass(34_000);
    expect(tab.hub.status.state).toBe('open');
    await pass(1100);
    expect(tab.hub.status).toMatchObject({ state: 'waiting', reason: { code: 1006, name: 'silent' } });
    expect(tab.hub.status.since).toBeGreaterThan(from + 34_000);
    expect(tab.hub.status.retryAt).toBeGreaterThan(Date.now() - 1);
    world.server.mute = false;
    await pass(600);
    expect(tab.hub.status.state).toBe('open');
  });

  it('answers pings and counts every frame as life', async () => {
    const tab = await world.open();
    for (let n = 0; n < 5; n++) {
      await pass(25_000);
      world.server.sessions[0]?.send({ t: 'ping' });
    }
    await pass(1);
    expect(world.server.got('pong')).toHaveLength(5);
    expect(tab.hub.status).toMatchObject({ state: 'open', lastFrameAt: Date.now() - 1 });
    expect(world.sockets).toBe(1);
  });

  it('gives an attempt 5 s, backs off, and tries at once when woken', async () => {
    world.server.unreachable = true;
    const tab = await world.open();
    await pass(5000);
    expect(tab.hub.status).toMatchObject({ state: 'waiting', reason: { name: 'timeout' } });
    const since = tab.hub.status.since;
    await pass(60_000);
    expect(world.sockets).toBeGreaterThan(3);
    expect(world.sockets).toBeLessThan(12);
    expect(tab.hub.status.since).toBe(since);
    world.server.unreachable = false;
    await pass(1);
    while (tab.hub.status.state !== 'waiting') await pass(100);
    tab.wake();
    await pass(1);
    expect(tab.hub.status.state).toBe('open');
  });

  it('comes back when the draining hub said so', async () => {
    const tab = await world.open();
    world.server.sessions[0]?.send({ t: 'draining', reconnect_in: [2, 4] });
    await pass(1);
    world.server.cut(4000);
    await pass(2900);
    expect(tab.hub.status.state).toBe('waiting');
    await pass(200);
    expect(tab.hub.status.state).toBe('open');
  });

  it('hears what it may from now on, leaves a topic that was taken, and asks for it again when it may', async () => {
    const tab = await world.open();
    const told: unknown[] = [];
    tab.hub.on('you', ({ permissions }) => told.push(permissions));
    tab.hub.on('left', ({ topic, reason }) => told.push([topic, reason]));
    tab.hub.subscribe('app:duty', {});
    await pass();
    expect(world.server.got('sub')).toHaveLength(1);
    const session = world.server.sessions[0];
    session?.topics.delete('app:duty');
    session?.send({ t: 'left', topic: 'app:duty', reason: 'no_longer_allowed' });
    await pass(10_000);
    expect(world.server.got('sub')).toHaveLength(1);
    session?.send({ t: 'you', user: 1, permissions: ['quality'], read_only: false });
    await pass();
    expect(told).toEqual([['app:duty', 'no_longer_allowed'], ['quality']]);
    expect(world.server.got('sub')).toHaveLength(2);
    expect(world.server.got('sub').at(-1)).not.toHaveProperty('epoch');
  });

  it('stays stopped after 4500 and above, tells why, and starts again when asked', async () => {
    const tab = await world.open();
    world.server.cut(4501);
    await pass(120_000);
    expect(tab.hub.status).toMatchObject({ state: 'stopped', reason: { code: 4501, name: 'signed_out' } });
    expect(world.sockets).toBe(1);
    tab.hub.reconnect();
    await pass(1);
    expect(tab.hub.status.state).toBe('open');
  });

  it('reconnects without positions after 4003 and says what is to be read anew', async () => {
    const tab = await world.open();
    const gaps: unknown[] = [];
    tab.hub.on('gap', (gap) => gaps.push(gap));
    world.server.publish(5);
    await pass();
    world.server.inbox.length = 2;
    world.server.cut(4001);
    await pass(2000);
    expect(world.server.got('hello').map((hello) => hello.since)).toEqual([null, 5, null]);
    expect(gaps).toMatchObject([{ topic: 'inbox', to: 2 }]);
    world.server.publish(1);
    await pass();
    expect(tab.seqs).toEqual([1, 2, 3, 4, 5, 3]);
  });

  it('begins anew when what came cannot be read, and ignores types it does not know', async () => {
    const tab = await world.open();
    world.server.sessions[0]?.send({ t: 'confetti', amount: 3 });
    await pass();
    expect(tab.hub.status.state).toBe('open');
    world.server.sessions[0]?.socket.raw('{"t":');
    await pass();
    expect(tab.hub.status).toMatchObject({ state: 'waiting', reason: { name: 'bad_frame' } });
    await pass(600);
    expect(tab.hub.status.state).toBe('open');
  });

  it("follows the hub's clock", async () => {
    const tab = await world.open();
    expect(Math.abs(tab.hub.serverNow() - Date.now() - 60_000)).toBeLessThan(10);
  });

  it('is quiet about nothing but sends no frame after stop', async () => {
    const tab = await world.open();
    tab.hub.stop();
    tab.hub.ack('shown', { seq: 1 });
    await pass(60_000);
    expect(world.sockets).toBe(1);
    expect(world.server.sessions).toHaveLength(0);
    expect(tab.hub.status.state).toBe('stopped');
    tab.hub.start();
    await pass();
    expect(tab.hub.status.state).toBe('open');
  });

  it('shows nothing of an inbox that is not the one it began with', async () => {
    const tab = await world.open();
    const errors: string[] = [];
    tab.hub.on('error', (fault) => errors.push(fault.code));
    world.server.user = 8;
    world.server.cut();
    await pass(1000);
    world.server.publish(1);
    await pass();
    expect(tab.seqs).toEqual([]);
    expect(errors).toEqual(['other_user']);
    expect(tab.hub.status).toMatchObject({ state: 'stopped', reason: { name: 'other_user' } });
    const fresh = await world.open();
    world.server.publish(1);
    await pass();
    expect(fresh.seqs).toEqual([2]);
  });
});

describe('calls and acks', () => {
  it('gives the answer, or an error that says whether to try again', async () => {
    const tab = await world.open();
    await expect(tab.hub.call('tickets.viewing', { id: 4 })).resolves.toEqual({ echo: { id: 4 } });
    const error = (await tab.hub.call('fail').catch((reason: unknown) => reason)) as HubError;
    expect(error).toMatchObject({ name: 'HubError', code: 'refused', temporary: false });
  });

  it('refuses a call honestly while there is no connection, but keeps calls of the inbox for the next one', async () => {
    const tab = await world.open();
    world.server.publish(1);
    await pass();
    world.server.cut();
    await pass();
    await expect(tab.hub.call('finesse.dialog')).rejects.toMatchObject({ code: 'not_connected', temporary: true });
    const done = tab.hub.call('inbox.done', { ids: ['e1'] });
    await pass(1000);
    await expect(done).resolves.toEqual({ unseen: 0 });
  });

  it('waits with a first call for the first connection', async () => {
    const tab = world.tab();
    tab.hub.start();
    const call = tab.hub.call('tickets.viewing', {});
    await pass();
    await expect(call).resolves.toEqual({ echo: {} });
  });

  it('repeats calls of the inbox after a lost connection, and never the others', async () => {
    const tab = await world.open();
    world.server.intercept = (_session, frame) => frame.t === 'call';
    const other = tab.hub.call('finesse.dialog');
    const failed = expect(other).rejects.toMatchObject({ code: 'connection_lost', temporary: true });
    const done = tab.hub.call('inbox.done', { ids: ['e1'] });
    await pass();
    world.server.intercept = () => false;
    world.server.cut();
    await pass(1000);
    await failed;
    await done;
    expect(world.server.calls.map((call) => call.name)).toEqual(['inbox.done']);
  });

  it('gives up on an answer that does not come', async () => {
    const tab = await world.open();
    world.server.intercept = (_session, frame) => frame.t === 'call';
    const failed = expect(tab.hub.call('finesse.state')).rejects.toMatchObject({ code: 'timeout', temporary: true });
    await pass(10_000);
    await failed;
  });

  it('says again what a lost connection may not have brought over, until it is confirmed', async () => {
    const tab = await world.open();
    world.server.publish(3);
    await pass();
    world.server.intercept = (_session, frame) => frame.t === 'ack' && frame.level !== 'received';
    tab.hub.ack('read', { ids: ['e2'] });
    await pass();
    world.server.intercept = () => false;
    world.server.cut();
    await pass(1000);
    expect(world.server.inbox[1]?.level).toBe('read');
    world.server.cut();
    await pass(1000);
    expect(world.server.got('ack').filter((ack) => ack.level === 'read')).toHaveLength(2);
  });

  it('measures the round trip', async () => {
    const tab = await world.open();
    expect(tab.hub.status.roundTripMs).toBeGreaterThanOrEqual(0);
  });
});

describe('topics', () => {
  const follow = (tab: Tab, topic = 'app:duty') => {
    const state: Record<string, unknown> = {};
    const log: string[] = [];
    const undo = tab.hub.subscribe(topic, {
      snapshot: ({ data, offset }) => {
        for (const key of Object.keys(state)) delete state[key];
        Object.assign(state, data);
        log.push(`snapshot ${offset}`);
      },
      event: ({ data, offset, epoch }) => {
        const { key, value } = data as { key: string; value: unknown };
        state[key] = value;
        log.push(`${epoch} ${offset}`);
      },
      gap: ({ from, to }) => log.push(`gap ${from}-${to}`),
    });
    return { state, log, undo };
  };

  it('gives the snapshot and then each event', async () => {
    world.server.set('app:duty', 'a', 1);
    const tab = await world.open();
    const duty = follow(tab);
    await pass();
    world.server.set('app:duty', 'b', 2);
    await pass();
    expect(duty.log).toEqual(['snapshot 1', 'e1 2']);
    expect(duty.state).toEqual({ a: 1, b: 2 });
  });

  it('gives a late reader the snapshot and the events since, without asking the hub', async () => {
    const tab = await world.open();
    follow(tab);
    await pass();
    world.server.set('app:duty', 'a', 1);
    await pass();
    const late = follow(tab);
    await pass();
    expect(late.log).toEqual(['snapshot 0', 'e1 1']);
    expect(world.server.got('sub')).toHaveLength(1);
  });

  it('gives a late reader a fresh snapshot when the kept events no longer reach back to one', async () => {
    const tab = await world.open();
    follow(tab);
    await pass();
    for (let n = 0; n < 301; n++) world.server.set('app:duty', `k${n % 7}`, n);
    await pass();
    const late = follow(tab);
    await pass();
    expect(late.log).toEqual(['snapshot 301']);
    expect(late.state).toEqual(world.server.topic('app:duty').state);
  });

  it('resumes from its position after a cut', async () => {
    const tab = await world.open();
    const duty = follow(tab);
    await pass();
    world.server.set('app:duty', 'a', 1);
    await pass();
    world.server.cut();
    world.server.set('app:duty', 'b', 2);
    await pass(1000);
    expect(world.server.got('hello').at(-1)?.topics).toEqual({ 'app:duty': { epoch: 'e1', offset: 1 } });
    expect(duty.log).toEqual(['snapshot 0', 'e1 1', 'e1 2']);
  });

  it('takes a snapshot instead when the stream is another one', async () => {
    const tab = await world.open();
    const duty = follow(tab);
    await pass();
    world.server.cut();
    world.server.topics.set('app:duty', { epoch: 'e2', offset: 0, state: { z: 0 }, log: [] });
    await pass(1000);
    world.server.set('app:duty', 'a', 1);
    await pass();
    expect(duty.log).toEqual(['snapshot 0', 'snapshot 0', 'e2 1']);
    expect(duty.state).toEqual({ z: 0, a: 1 });
  });

  it('asks again from before a hole, and loses nothing that comes meanwhile', async () => {
    const tab = await world.open();
    const duty = follow(tab);
    await pass();
    world.server.set('app:duty', 'a', 1, true);
    world.server.set('app:duty', 'b', 2);
    world.server.set('app:duty', 'c', 3);
    await pass();
    world.server.set('app:duty', 'd', 4);
    await pass();
    expect(world.server.got('sub').at(-1)).toMatchObject({ epoch: 'e1', offset: 0 });
    expect(duty.log).toEqual(['snapshot 0', 'e1 1', 'e1 2', 'e1 3', 'e1 4']);
    expect(world.sockets).toBe(1);
  });

  it('asks for the state again after a gap', async () => {
    const tab = await world.open();
    const duty = follow(tab);
    await pass();
    world.server.topic('app:duty').offset = 9;
    world.server.sessions[0]?.send({ t: 'gap', topic: 'app:duty', from: 1, to: 9, reason: 'expired' });
    await pass();
    expect(duty.log).toEqual(['snapshot 0', 'gap 1-9', 'snapshot 9']);
  });

  it('leaves a topic only when its last reader is gone for a while', async () => {
    const tab = await world.open();
    const [one, two] = [follow(tab), follow(tab)];
    await pass();
    one.undo();
    one.undo();
    await pass(5000);
    expect(world.server.got('unsub')).toHaveLength(0);
    two.undo();
    await pass(1000);
    const three = follow(tab);
    await pass(10_000);
    expect(world.server.got('unsub')).toHaveLength(0);
    three.undo();
    await pass(3100);
    expect(world.server.got('unsub')).toHaveLength(1);
    world.server.set('app:duty', 'a', 1);
    const four = follow(tab);
    await pass();
    expect(four.state).toEqual({ a: 1 });
  });

  it('tells once why a topic is refused, on joining and on reconnecting', async () => {
    const tab = await world.open();
    const faults: unknown[] = [];
    tab.hub.on('error', (fault) => faults.push(fault));
    follow(tab, 'secret:1');
    await pass(10_000);
    expect(faults).toMatchObject([{ code: 'no_such_topic', topic: 'secret:1' }]);
    world.server.cut();
    await pass(10_000);
    expect(faults).toHaveLength(2);
  });
});

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
