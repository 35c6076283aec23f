import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type InboxItem, InboxStore, SystemStore } from '../../src/hub';
import { pass, type Tab, World } from './fake';

let world: World;
beforeEach(() => {
  vi.useFakeTimers();
  world = new World();
});
afterEach(() => void vi.useRealTimers());

interface Watched {
  tab: Tab;
  store: InboxStore;
  arrived: number[];
  failures: string[];
}

async function watch(tab?: Tab): Promise<Watched> {
  const own = tab ?? (await world.open());
  const store = new InboxStore(own.hub, world.server.page);
  const watched: Watched = { tab: own, store, arrived: [], failures: [] };
  store.on('arrived', (items) => watched.arrived.push(...items.map((item) => item.seq)));
  store.on('failed', (error) => watched.failures.push(error.message));
  await Promise.all([store.load(), pass(5 + 3 * world.server.pageDelay)]);
  return watched;
}

const seqs = (store: InboxStore): number[] => store.items.map((item) => item.seq);
const levels = (store: InboxStore): Record<number, string> =>
  Object.fromEntries(store.items.map((item) => [item.seq, item.level]));

describe('inbox store', () => {
  it('loads the newest page, then older ones until there are none', async () => {
    world.server.publish(120);
    const { store, arrived } = await watch();
    expect(seqs(store)).toHaveLength(50);
    expect(seqs(store)[0]).toBe(120);
    expect(store).toMatchObject({ unseen: 120, loading: false, complete: false, error: null });
    await Promise.all([store.more(), pass(5)]);
    await Promise.all([store.more(), pass(5)]);
    expect(seqs(store)).toHaveLength(120);
    expect(store.complete).toBe(true);
    await store.more();
    expect(arrived).toEqual([]);
  });

  it('tells the hub that what it loaded is received', async () => {
    world.server.publish(2);
    await watch();
    expect(world.server.got('ack')).toEqual([{ t: 'ack', level: 'received', ids: ['e2', 'e1'] }]);
  });

  it('adds live events on top and counts them', async () => {
    world.server.publish(2);
    const { store, arrived } = await watch();
    world.server.publish(3);
    await pass();
    expect(seqs(store)).toEqual([5, 4, 3, 2, 1]);
    expect(arrived).toEqual([3, 4, 5]);
    expect(store.unseen).toBe(5);
  });

  it('counts an event once that came by page first and by socket after', async () => {
    const { store } = await watch();
    world.server.publish(1, false);
    await Promise.all([store.load(), pass(5)]);
    expect(store.unseen).toBe(1);
    world.server.sessions[0]?.send(world.server.frame(1));
    await pass();
    expect(store.unseen).toBe(1);
    expect(seqs(store)).toEqual([1]);
  });

  it('drops the badge when the bell opens, here and by the hub in every tab', async () => {
    world.server.publish(3);
    const one = await watch();
    const two = await watch();
    one.store.markSeen();
    expect(one.store.unseen).toBe(0);
    expect(levels(one.store)).toEqual({ 1: 'shown', 2: 'shown', 3: 'shown' });
    await pass();
    expect(two.store.unseen).toBe(0);
    expect(levels(two.store)).toEqual(levels(one.store));
    expect(world.server.got('ack').at(-1)).toEqual({ t: 'ack', level: 'shown', seq: 3 });
  });

  it('names what is ahead of the socket one by one', async () => {
    const { store } = await watch();
    world.server.publish(1, false);
    await Promise.all([store.load(), pass(5)]);
    store.markSeen();
    await pass();
    expect(world.server.got('ack').at(-1)).toEqual({ t: 'ack', level: 'shown', ids: ['e1'] });
  });

  it('marks read, unread and done, and takes done back', async () => {
    world.server.publish(3);
    const { store } = await watch();
    store.markRead(['e1', 'e2', 'nobody']);
    expect(store.unseen).toBe(1);
    store.markUnread(['e2']);
    expect(store.unseen).toBe(2);
    store.markDone(['e1', 'e3']);
    expect(store.unseen).toBe(1);
    expect(levels(store)).toEqual({ 1: 'done', 2: 'received', 3: 'done' });
    await pass();
    expect(store.unseen).toBe(1);
    store.undoDone(['e1']);
    expect(levels(store)[1]).toBe('read');
    await pass();
    expect(world.server.calls.map((call) => call.name)).toEqual(['inbox.unread', 'inbox.done', 'inbox.undone']);
    expect(store.unseen).toBe(world.server.unseen);
  });

  it('snoozes: gone until the hub brings it back as unread', async () => {
    world.server.publish(1);
    const { store } = await watch();
    const until = new Date('2026-11-24T09:00:00.000Z');
    store.snooze(['e1'], until);
    await pass();
    expect(levels(store)[1]).toBe('done');
    expect(world.server.calls[0]?.args).toEqual({ ids: ['e1'], until: '2026-11-24T09:00:00.000Z' });
    world.server.mark('unread', { ids: ['e1'] }, '');
    await pass();
    expect(levels(store)[1]).toBe('received');
    expect(store.unseen).toBe(1);
  });

  it('fetches the page again when something comes back that it does not hold', async () => {
    world.server.publish(2);
    world.server.mark('done', { ids: ['e1'] });
    const { store } = await watch();
    expect(seqs(store)).toEqual([2]);
    world.server.mark('unread', { ids: ['e1'] }, '');
    await pass(5);
    expect(seqs(store)).toEqual([2, 1]);
  });

  it('takes a refused change back and says so', async () => {
    world.server.publish(1);
    const { store, failures } = await watch();
    world.server.intercept = (session, frame) => {
      if (frame.t !== 'call' || frame.name === 'inbox.levels') return false;
      session.send({ t: 'reply', id: frame.id, ok: false, error: { code: 'x', message: 'not now', temporary: true } });
      return true;
    };
    store.markDone(['e1']);
    expect(levels(store)).toEqual({ 1: 'done' });
    await pass(5);
    expect(levels(store)).toEqual({ 1: 'received' });
    expect(failures).toEqual(['not now']);
    expect(store.unseen).toBe(1);
    expect(store.error).toBe(null);
  });

  it('shows each event once after a gap: five made without a connection, five rows', async () => {
    world.server.publish(1);
    const { store, arrived } = await watch();
    world.server.cut();
    world.server.publish(5);
    await pass(1000);
    expect(seqs(store)).toEqual([6, 5, 4, 3, 2, 1]);
    expect(arrived).toEqual([2, 3, 4, 5, 6]);
    expect(store.unseen).toBe(6);
  });

  it('learns after a reconnect what other devices did meanwhile', async () => {
    world.server.publish(4);
    const { store } = await watch();
    world.server.cut();
    world.server.mark('read', { ids: ['e2'] });
    world.server.mark('done', { ids: ['e3'] });
    await pass(1000);
    expect(levels(store)).toEqual({ 1: 'received', 2: 'read', 3: 'done', 4: 'received' });
    expect(store.unseen).toBe(2);
  });

  it('applies again what came while the levels were on their way', async () => {
    world.server.publish(3);
    const { store } = await watch();
    world.server.intercept = (session, frame) => {
      if (frame.name !== 'inbox.levels') return false;
      const data = { levels: { shown: [], read: [], done: [] }, unseen: world.server.unseen };
      world.server.mark('read', { ids: ['e1'] });
      world.server.publish(1);
      session.send({ t: 'reply', id: frame.id, ok: true, data });
      return true;
    };
    world.server.cut();
    await pass(1000);
    expect(levels(store)[1]).toBe('read');
    expect(store.unseen).toBe(world.server.unseen);
  });

  it('reads the page again after a gap in the stream', async () => {
    world.server.publish(3);
    const { store, arrived } = await watch();
    world.server.cut(4003);
    world.server.publish(2);
    await pass(1000);
    expect(seqs(store)).toEqual([5, 4, 3, 2, 1]);
    expect(arrived).toEqual([4, 5]);
  });

  it('does not keep rows below a hole', async () => {
    world.server.publish(10);
    const { store } = await watch();
    world.server.cut(4003);
    world.server.publish(100);
    await pass(1000);
    expect(seqs(store)).toHaveLength(50);
    expect(seqs(store).at(-1)).toBe(61);
    await Promise.all([store.more(), pass(5)]);
    expect(seqs(store)).toHaveLength(100);
  });

  it('keeps what came by socket while a slow page was on its way', async () => {
    world.server.publish(1);
    world.server.pageDelay = 500;
    const tab = await world.open();
    const store = new InboxStore(tab.hub, world.server.page);
    void store.load();
    await pass(10);
    world.server.publish(2);
    world.server.mark('read', { ids: ['e1'] });
    await pass(600);
    expect(levels(store)).toEqual({ 1: 'read', 2: 'received', 3: 'received' });
    expect(store.unseen).toBe(world.server.unseen);
  });

  it('says what went wrong with a page and tries again with the next connection', async () => {
    let broken = true;
    const tab = await world.open();
    const store = new InboxStore(tab.hub, (query) =>
      broken ? Promise.reject(new Error('503')) : world.server.page(query),
    );
    await store.load();
    expect(store.error?.message).toBe('503');
    expect(store.loading).toBe(false);
    broken = false;
    world.server.publish(1);
    world.server.cut();
    await pass(1000);
    expect(store.error).toBe(null);
    expect(seqs(store)).toEqual([1]);
  });

  it('holds 500 rows at most', async () => {
    const { store } = await watch();
    for (let n = 0; n < 30; n++) {
      world.server.publish(20);
      await pass();
    }
    expect(store.items).toHaveLength(500);
    expect(seqs(store)[0]).toBe(600);
    expect(store.complete).toBe(false);
    await store.more();
    expect(store.items).toHaveLength(500);
  });

  it('leaves the hub when it is closed', async () => {
    const { store } = await watch();
    store.close();
    world.server.publish(1);
    await pass();
    expect(store.items).toHaveLength(0);
  });
});

describe('state + events = state', () => {
  const open = (items: readonly InboxItem[]): [number, string][] =>
    items.filter((item) => item.level !== 'done').map((item) => [item.seq, item.level]);

  it.each(Array.from({ length: 40 }, (_, n) => n + 1))(
    'a store that followed equals a fresh one (seed %i)',
    async (seed) => {
      let value = seed * 7919;
      const random = (): number => {
        value = (value * 48271) % 2147483647;
        return value / 2147483647;
      };
      const pick = (n: number): number => Math.floor(random() * n);
      const ids = (): string[] =>
        Array.from({ length: 1 + pick(4) }, () => `e${1 + pick(Math.max(1, world.server.seq))}`);
      world.server.publish(3 + pick(8));
      world.server.pageDelay = pick(40);
      const watched = [await watch(), await watch()];
      await pass(50);
      for (let turn = 0; turn < 50; turn++) {
        const store = watched[pick(2)]?.store as InboxStore;
        switch (pick(10)) {
          case 0:
          case 1:
            world.server.publish(1 + pick(3));
            break;
          case 2:
            store.markSeen();
            break;
          case 3:
            store.markRead(ids());
            break;
          case 4:
            store.markUnread(ids());
            break;
          case 5:
            store.markDone(ids());
            break;
          case 6:
            store.undoDone(ids());
            break;
          case 7:
            world.server.mark(['shown', 'read', 'done', 'unread'][pick(4)] as string, { ids: ids() });
            break;
          case 8:
            world.server.cut([1006, 4000, 4003][pick(3)]);
            break;
          case 9:
            void store.load();
        }
        if (random() < 0.6) await pass(pick(300));
      }
      await pass(35_000);
      const fresh = await watch(await world.open());
      await pass(100);
      expect(fresh.store.items.length).toBeGreaterThan(0);
      for (const { store } of watched) {
        expect(open(store.items)).toEqual(open(fresh.store.items));
        expect(store.unseen).toBe(world.server.unseen);
      }
    },
  );
});

describe('system store', () => {
  it('folds the snapshot and each line by source', async () => {
    const line = (source: string, state: string) => ({ source, state, as_of: null, error: null });
    world.server.topic('system').state = { sources: { redmine: line('redmine', 'ok') } };
    const tab = await world.open();
    const store = new SystemStore(tab.hub);
    let changes = 0;
    store.on('change', () => changes++);
    await pass();
    expect([...store.sources.keys()]).toEqual(['redmine']);
    const topic = world.server.topic('system');
    topic.offset = 1;
    const send = (offset: number, data: unknown): void =>
      world.server.sessions[0]?.send({
        t: 'event',
        topic: 'system',
        offset,
        id: 'x',
        type: 'x',
        source: '/x',
        time: '',
        data,
      });
    send(1, line('redmine', 'late'));
    send(2, line('erp', 'down'));
    send(3, { nonsense: true });
    await pass();
    expect([...store.sources.values()].map(({ source, state }) => `${source} ${state}`)).toEqual([
      'redmine late',
      'erp down',
    ]);
    expect(changes).toBe(3);
    store.close();
  });
});
