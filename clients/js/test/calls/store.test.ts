// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CallsApi } from '../../src/calls/api';
import { CallStore, type CallsHub, ECHO_MS, STALE_AFTER_MS } from '../../src/calls/store';
import { board, calls, config, dialog, FakeCallsHub, fakeApi } from '../../src/gallery/calls-data';
import { HubError } from '../../src/hub/index';
import { HttpError } from '../../src/inbox/session';
import { setServerClock } from '../../src/ui/clock';

const TOPIC = 'finesse:1001';
const fault = (code: string) => new HubError({ code, message: 'for programs', temporary: true });

let hub: FakeCallsHub;
let store: CallStore;

const open = async (api: Partial<CallsApi> = {}): Promise<void> => {
  store = new CallStore(hub as unknown as CallsHub, fakeApi(api));
  await store.load();
};
const tell = (type: string, data: unknown) => hub.tell(TOPIC, `finesse.${type}`, data);
const pending = () => store.view.pending.map(({ action, detail }) => `${action} ${detail}`.trim());

beforeEach(async () => {
  vi.useFakeTimers();
  setServerClock(() => Date.now());
  hub = new FakeCallsHub();
  hub.put(TOPIC, calls({ dialogs: board(dialog()) }));
  await open();
});

afterEach(() => {
  store.close();
  setServerClock(Date.now);
  vi.useRealTimers();
});

describe('what is asked for', () => {
  it('is pending from the click until the topic confirms it, and is sent once', async () => {
    let done: (value: unknown) => void = () => undefined;
    hub.answer = () => new Promise((resolve) => (done = resolve));
    void store.setState('NOT_READY', '16');
    void store.setState('NOT_READY', '16');
    expect(hub.calls).toEqual([['finesse.state', { state: 'NOT_READY', reason: '16' }]]);
    expect(pending()).toEqual(['state NOT_READY:16']);
    tell('asked', { request: 'r9', action: 'state', dialog: null, at: '', detail: 'NOT_READY:16' });
    done({ request: 'r9' });
    await vi.advanceTimersByTimeAsync(0);
    expect(pending()).toEqual(['state NOT_READY:16']); // once: the topic's own
    expect(store.view.calls.agent?.state).toBe('READY'); // nothing is shown as done before it is
    tell('answered', { request: 'r9', error: null });
    tell('agent', { agent: { ...store.view.calls.agent, state: 'NOT_READY' } });
    expect(pending()).toEqual([]);
    expect(store.view.calls.agent?.state).toBe('NOT_READY');
  });

  it('stays pending between the acceptance and the word of the topic, but not for ever', async () => {
    await store.act('16801', 'hold');
    expect(pending()).toEqual(['hold']);
    await vi.advanceTimersByTimeAsync(ECHO_MS + 1);
    expect(pending()).toEqual([]);
  });

  it('is shown as pending in the tabs that did not ask', () => {
    tell('asked', { request: 'r7', action: 'hold', dialog: '16801', at: '', detail: '' });
    expect(pending()).toEqual(['hold']);
    void store.act('16801', 'hold');
    expect(hub.calls).toEqual([]);
  });

  it('says why it was refused at once, and what was asked stays undone', async () => {
    hub.answer = async () => Promise.reject(fault('finesse_invalid_state'));
    expect((await store.act('16801', 'hold'))?.code).toBe('finesse_invalid_state');
    expect(store.view.fault).toMatchObject({ code: 'finesse_invalid_state', action: 'hold' });
    expect(pending()).toEqual([]);
    hub.answer = async () => ({ request: 'r2' });
    await store.act('16801', 'hold');
    expect(store.view.fault).toBeNull(); // a new try forgives the old one
  });

  it('says why it was refused later, in the tab that asked and in no other', async () => {
    const error = { code: 'finesse_device_busy', message: { ru: 'Занят.', en: 'Busy.' } };
    tell('asked', { request: 'elsewhere', action: 'hold', dialog: '16801', at: '', detail: '' });
    tell('answered', { request: 'elsewhere', error });
    expect(store.view.fault).toBeNull();
    hub.answer = async () => ({ request: 'r2' });
    await store.act('16801', 'hold');
    tell('asked', { request: 'r2', action: 'hold', dialog: '16801', at: '', detail: '' });
    tell('answered', { request: 'r2', error });
    expect(store.view.fault).toMatchObject({ code: 'finesse_device_busy', message: error.message, action: 'hold' });
    store.forgive();
    expect(store.view.fault).toBeNull();
  });

  it('is told of a refusal that came before the acceptance', async () => {
    hub.answer = async () => {
      tell('asked', { request: 'r3', action: 'drop', dialog: '16801', at: '', detail: '' });
      tell('answered', { request: 'r3', error: { code: 'finesse_not_found' } });
      return { request: 'r3' };
    };
    expect((await store.act('16801', 'drop'))?.code).toBe('finesse_not_found');
    expect(pending()).toEqual([]);
  });

  it('asks for the truth when nobody knows whether it was done', async () => {
    hub.answer = async (name) => (name === 'finesse.refresh' ? null : Promise.reject(fault('timeout')));
    await store.act('16801', 'answer');
    expect(hub.calls.map(([name]) => name)).toEqual(['finesse.dialog', 'finesse.refresh']);
    expect(store.view.fault?.code).toBe('timeout');
  });

  it('is not sent while nothing can be, and says so', async () => {
    hub.turn('waiting');
    expect((await store.act('16801', 'hold'))?.code).toBe('offline');
    hub.turn('open');
    tell('service', { service: { state: 'stale', since: new Date().toISOString(), why: 'finesse_away', node: null } });
    expect((await store.makeCall('4002'))?.code).toBe('stale');
    expect(hub.calls).toEqual([]);
  });

  it('sends tones in the order of the keys, none twice and none lost', async () => {
    const doors: ((value: unknown) => void)[] = [];
    hub.answer = () => new Promise((resolve) => void doors.push(resolve));
    for (const digit of '1234') store.tone('16801', digit);
    doors[0]?.({ request: 'a' });
    await vi.advanceTimersByTimeAsync(0);
    doors[1]?.({ request: 'b' });
    await vi.advanceTimersByTimeAsync(0);
    store.tone('16801', '#');
    expect(hub.calls.map(([, args]) => args.digits)).toEqual(['1', '234', '#']);
  });
});

describe('what is shown', () => {
  it('is dated once the link is gone for two seconds, and the calls stay in sight', async () => {
    const heard = Date.now() - 500;
    hub.turn('waiting', { lastFrameAt: heard });
    expect([store.view.barred, store.view.asOf]).toEqual(['offline', null]);
    await vi.advanceTimersByTimeAsync(STALE_AFTER_MS + 1);
    expect(store.view.asOf).toBe(heard);
    expect(Object.keys(store.view.calls.dialogs)).toEqual(['16801']);
    hub.turn('open');
    expect([store.view.barred, store.view.asOf]).toEqual([null, null]);
  });

  it('is as of the moment when the contact centre was lost', () => {
    tell('service', { service: { state: 'stale', since: '2026-11-29T10:00:00.000Z', why: null, node: null } });
    expect(store.view.asOf).toBe(Date.parse('2026-11-29T10:00:00.000Z'));
  });

  it('comes back after a gap from the snapshot: what is missing from it is gone, what was asked is decided', async () => {
    await store.act('16801', 'hold');
    hub.put(TOPIC, calls({}, { state: 'NOT_READY' }));
    expect(store.view.calls.dialogs).toEqual({});
    expect(pending()).toEqual([]);
  });

  it('is nothing once the person may not any more', () => {
    hub.emit('left', { topic: TOPIC, reason: 'no_longer_allowed' });
    expect(store.view.calls.agent).toBeNull();
  });
});

describe('missed calls', () => {
  const missed = ['b', 'a'].map((id) => ({ id, number: '1', queue: '', at: '2026-11-29T10:00:00.000Z' }));

  it('are gone at once, come back when the server could not, and new ones come all the same', async () => {
    tell('missed', { missed });
    hub.answer = async () => Promise.reject(fault('finesse_away'));
    const cleared = store.clearMissed();
    expect(store.view.missed).toEqual([]);
    await cleared;
    expect(store.view.missed).toHaveLength(2);
    hub.answer = async () => ({ request: 'r' });
    await store.clearMissed(['a']);
    expect(store.view.missed.map(({ id }) => id)).toEqual(['b']);
    tell('missed', { missed: [{ ...missed[0], id: 'c' }, missed[0]] });
    expect(store.view.missed.map(({ id }) => id)).toEqual(['c', 'b']);
  });
});

describe('whose telephone it is', () => {
  it('is asked for again after the first sign-in, until the topic is known', async () => {
    store.close();
    let topic: string | null = null;
    hub.put(TOPIC, calls());
    await open({ config: async () => ({ ...config, agent: topic && '1001', topic }) });
    expect(store.view).toMatchObject({ loaded: true, calls: { agent: null } });
    const failed = await store.signIn({ agent: '1001', extension: '4001', password: 'secret' });
    expect(failed).toBeNull();
    topic = TOPIC;
    await vi.advanceTimersByTimeAsync(600);
    expect(store.view.calls.agent?.id).toBe('1001');
  });

  it.each([
    [404, 'absent'],
    [403, 'absent'],
    [503, 'failed'],
  ])('HTTP %i: %s', async (status, state) => {
    store.close();
    await open({ config: async () => Promise.reject(new HttpError(status, 'x', 'x')) });
    expect(store.state).toBe(state);
  });

  it('asks once who calls, remembers it, and tries again when told to', async () => {
    store.close();
    const callers = vi.fn(async (number: string) => ({ number, people: [], tickets: [], total: 0 }));
    callers.mockRejectedValueOnce(new Error('503'));
    await open({ callers });
    expect(store.lookup('1').state).toBe('loading');
    await vi.advanceTimersByTimeAsync(0);
    expect([store.lookup('1').state, callers.mock.calls.length]).toEqual(['failed', 1]);
    store.retryLookup('1');
    await vi.advanceTimersByTimeAsync(0);
    expect([store.lookup('1').state, store.lookup('1').state, callers.mock.calls.length]).toEqual(['done', 'done', 2]);
  });
});

describe('a shift of a thousand calls', () => {
  const grown = new Set<Map<unknown, unknown> | Set<unknown>>();

  afterEach(() => {
    vi.restoreAllMocks();
    grown.clear();
  });

  /** From now on every map and set that something is put into is known. */
  const watch = (): void => {
    const { set } = Map.prototype;
    const { add } = Set.prototype;
    const known = (one: Map<unknown, unknown> | Set<unknown>) => void add.call(grown, one);
    vi.spyOn(Map.prototype, 'set').mockImplementation(function (this: Map<unknown, unknown>, key, value) {
      known(this);
      return set.call(this, key, value);
    });
    vi.spyOn(Set.prototype, 'add').mockImplementation(function (this: Set<unknown>, value) {
      if (this !== grown) known(this);
      return add.call(this, value);
    });
  };

  const work = async (n: number): Promise<void> => {
    const id = `call-${n}`;
    const asked = (request: string, action: string, error: unknown = null) => {
      tell('asked', { request, action, dialog: id, at: '', detail: '' });
      tell('answered', { request, error });
    };
    tell('dialog', { dialog: dialog({ id, number: `+7495${7_240_000 + n}` }) });
    store.lookup(`+7495${7_240_000 + n}`);
    await store.act(id, 'answer');
    asked(`r${n * 10}`, 'answer');
    asked(`elsewhere-${n}`, 'hold', { code: 'finesse_device_busy' });
    for (const digit of '12#') store.tone(id, digit);
    await store.act(id, 'hold');
    await store.setState('NOT_READY', '16');
    if (n % 3 === 0) {
      const missed = [{ id, number: '1', queue: '', at: '2026-11-29T10:00:00.000Z' }];
      tell('missed', { missed });
      await store.clearMissed();
      tell('missed', { missed: [] });
    }
    tell('dialog_gone', { id, why: 'ended' });
    await vi.advanceTimersByTimeAsync(n % 50 ? 0 : ECHO_MS + 1);
  };

  it('leaves no more in the store than the last few of it', async () => {
    tell('all', calls());
    watch();
    for (let n = 0; n < 1000; n++) {
      hub.answer = async (name) => ({ request: `${name}-${n}-${hub.calls.length}` });
      await work(n);
      hub.calls.length = 0;
    }
    await vi.advanceTimersByTimeAsync(10_000);
    expect(grown.size).toBeGreaterThan(3);
    expect(Math.max(...[...grown].map(({ size }) => size))).toBeLessThanOrEqual(50);
    expect(vi.getTimerCount()).toBe(0);
    expect(store.view.pending).toEqual([]);
    const { dialogs, asked, missed } = store.view.calls;
    expect([dialogs, asked, missed]).toEqual([{}, {}, []]);
  });
});

it('leaves nothing behind', async () => {
  await store.act('16801', 'hold');
  store.close();
  expect(vi.getTimerCount()).toBe(0);
  expect(hub.topics.get(TOPIC)?.size).toBe(0);
});
