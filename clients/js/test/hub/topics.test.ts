import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pass, type Tab, World } from './fake';

let world: World;
beforeEach(() => {
  vi.useFakeTimers();
  world = new World();
});
afterEach(() => void vi.useRealTimers());

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
