import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HubError } from '../../src/hub';
import { pass, World } from './fake';

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
