/** Made-up calls, people and a hub without a server: for the gallery and the tests. */

import type { CallsApi } from '../calls/api';
import { nothing as noCalls } from '../calls/model';
import { CallStore, type CallsHub } from '../calls/store';
import type { Caller, Calls, Config, Dialog, Entry } from '../calls/types';
import type { HubStatus, TopicHandlers } from '../hub/index';
import { serverNow } from '../ui/clock';

const ago = (s: number): string => new Date(serverNow() - s * 1000).toISOString();

/** A hub that keeps one topic in memory; `calls` remembers what was asked for, and every request is confirmed at once unless `mute`. */
export class FakeCallsHub {
  status: HubStatus = { state: 'open', since: Date.now(), leader: true, lastFrameAt: Date.now() };
  readonly calls: [name: string, args: Record<string, unknown>][] = [];
  /** What the next call answers instead. */
  answer: (name: string, args: Record<string, unknown>) => Promise<unknown> = async () => ({
    request: `r${++this.#made}`,
  });
  readonly topics = new Map<string, Set<TopicHandlers>>();
  #made = 0;
  #listeners = new Map<string, Set<(value: never) => void>>();
  #states = new Map<string, unknown>();

  on(type: string, fn: (value: never) => void): () => void {
    const all = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, all.add(fn));
    return () => void all.delete(fn);
  }

  emit(type: string, value: unknown): void {
    for (const fn of this.#listeners.get(type) ?? []) fn(value as never);
  }

  subscribe(topic: string, handlers: TopicHandlers): () => void {
    const readers = this.topics.get(topic) ?? new Set();
    this.topics.set(topic, readers.add(handlers));
    if (this.#states.has(topic)) handlers.snapshot?.({ topic, epoch: 'e', offset: 0, data: this.#states.get(topic) });
    return () => void readers.delete(handlers);
  }

  /** The state that late readers get. */
  put(topic: string, data: unknown): void {
    this.#states.set(topic, data);
    for (const reader of this.topics.get(topic) ?? []) reader.snapshot?.({ topic, epoch: 'e', offset: 0, data });
  }

  tell(topic: string, type: string, data: unknown): void {
    const rest = { epoch: 'e', offset: 1, id: 'x', source: '/finesse', time: '', replay: false };
    for (const reader of this.topics.get(topic) ?? []) reader.event?.({ topic, type, data, ...rest });
  }

  call<T>(name: string, args: object = {}): Promise<T> {
    this.calls.push([name, args as Record<string, unknown>]);
    return this.answer(name, args as Record<string, unknown>) as Promise<T>;
  }

  turn(state: HubStatus['state'], more: Partial<HubStatus> = {}): void {
    this.status = { ...this.status, state, since: Date.now(), ...more };
    this.emit('status', this.status);
  }
}

export const config: Config = {
  agent: '1001',
  topic: 'finesse:1001',
  platform: 'cce',
  signed_in: true,
  extension: '4001',
  hotkeys: true,
  lookup: true,
  new_ticket: 'https://redmine.example.org/issues/new',
};

const entries = (): Entry[] => [
  { kind: 'favourite', id: 'f1', name: 'Дежурный инженер', number: '4100', state: null, book: null, favourite: true },
  {
    kind: 'agent',
    id: '1002',
    name: 'Сергей Волков',
    number: '4002',
    state: 'READY',
    since: ago(340),
    favourite: false,
  },
  {
    kind: 'agent',
    id: '1003',
    name: 'Мария Ким',
    number: '4003',
    state: 'NOT_READY',
    since: ago(62),
    favourite: false,
  },
  {
    kind: 'agent',
    id: '1004',
    name: 'Олег Бойко',
    number: '4004',
    state: 'TALKING',
    since: ago(190),
    favourite: false,
  },
  { kind: 'queue', id: 'q1', name: 'Бухгалтерия', number: '7010', state: null, favourite: false },
  {
    kind: 'contact',
    id: 'c1',
    name: 'Склад, проходная',
    number: '+73435550101',
    state: null,
    book: 'Общая книга',
    favourite: false,
  },
];

const caller: Caller = {
  number: '+73435550147',
  people: [{ kind: 'erp', id: '77', name: 'Анна Петрова', department: 'Бухгалтерия, каб. 214' }],
  tickets: [
    {
      id: 4812,
      subject: 'Не печатает принтер в 214',
      status: 'В работе',
      priority: 'Высокий',
      updated_at: ago(640),
      open: true,
    },
    {
      id: 4799,
      subject: 'Нет доступа к сетевой папке \\\\files\\отдел-сбыта',
      status: 'Новая',
      updated_at: ago(90_000),
      open: true,
    },
  ],
  total: 2,
};

export const fakeApi = (more: Partial<CallsApi> = {}): CallsApi => ({
  config: async () => config,
  callers: async (number) => (number === caller.number ? caller : { number, people: [], tickets: [], total: 0 }),
  directory: async (q) => {
    const found = entries().filter(({ name, number }) => `${name} ${number}`.toLowerCase().includes(q.toLowerCase()));
    return { entries: found, total: found.length };
  },
  favour: async () => undefined,
  ...more,
});

const team = () => ({
  team: { id: '5', name: 'Первая линия' },
  agents: {
    '1001': { name: 'Ада Лебедева', extension: '4001', state: 'READY', since: ago(130), pending: null, reason: null },
    '1002': {
      name: 'Сергей Волков',
      extension: '4002',
      state: 'TALKING',
      since: ago(412),
      pending: 'NOT_READY',
      reason: null,
    },
    '1003': {
      name: 'Мария Ким',
      extension: '4003',
      state: 'NOT_READY',
      since: ago(1900),
      pending: null,
      reason: { id: '16', code: '10', label: 'Обед' },
    },
    '1004': { name: 'Олег Бойко', extension: '4004', state: 'WORK_READY', since: ago(21), pending: null, reason: null },
    '1005': { name: 'Ирина Жук', extension: '', state: 'LOGOUT', since: ago(9000), pending: null, reason: null },
  },
});

/** One call of the agent 4001. */
export function dialog(more: Partial<Dialog> & { leg?: Dialog['leg'] } = {}): Dialog {
  return {
    id: '16801',
    direction: 'in',
    state: 'ACTIVE',
    type: 'ACD_IN',
    number: '+73435550147',
    from: '+73435550147',
    to: '7000',
    queue: 'Поддержка',
    started: ago(95),
    leg: leg('ACTIVE', ['HOLD', 'DROP', 'UPDATE_CALL_DATA', 'CONSULT_CALL', 'SEND_DTMF', 'TRANSFER_SST'], 95),
    others: [{ address: '+73435550147', state: 'ACTIVE', since: ago(95), kind: '' }],
    variables: {},
    wrap_up: '',
    of: null,
    ...more,
  };
}

export const leg = (state: string, actions: readonly string[], s = 12): NonNullable<Dialog['leg']> => ({
  address: '4001',
  state,
  since: ago(s),
  cause: '',
  actions,
});

/** The topic of the agent 1001, at work. */
export function calls(more: Partial<Calls> = {}, agent: Partial<NonNullable<Calls['agent']>> = {}): Calls {
  return {
    ...noCalls,
    service: { state: 'live', since: ago(5000), why: null, node: 'fin-a' },
    platform: 'cce',
    agent: {
      id: '1001',
      login: 'ada',
      first_name: 'Ада',
      last_name: 'Лебедева',
      extension: '4001',
      state: 'READY',
      since: ago(134),
      pending: null,
      reason: null,
      team: { id: '5', name: 'Первая линия' },
      supervises: [],
      wrap_up: { incoming: 'OPTIONAL', outgoing: 'NOT_ALLOWED', seconds: 120 },
      ...agent,
    },
    reasons: {
      not_ready: ['Обед', 'Перерыв', 'Обучение', 'Совещание', 'Работа с заявками'].map((label, i) => ({
        id: String(16 + i),
        code: String(10 + i),
        label,
      })),
      logout: [
        { id: '21', code: '1', label: 'Конец смены' },
        { id: '22', code: '2', label: 'Ухожу раньше' },
      ],
      wrap_up: ['Решено', 'Создана заявка', 'Переведён', 'Ошиблись номером', 'Сорвался'].map((label, i) => ({
        id: String(i),
        label,
      })),
    },
    ...more,
  };
}

export function board(...dialogs: Dialog[]): Calls['dialogs'] {
  return Object.fromEntries(dialogs.map((one) => [one.id, one]));
}

const missed = [
  { id: 'm2', number: '+73435550199', name: 'Игорь Соколов', queue: 'Поддержка', at: ago(260) },
  { id: 'm1', number: '', queue: 'Поддержка', at: ago(4000) },
];

/** Every state that the panel is looked at in. */
export const states: Readonly<Record<string, { told: () => Calls; api?: Partial<CallsApi>; offline?: boolean }>> = {
  ready: { told: () => calls({ missed }) },
  notReady: {
    told: () => calls({}, { state: 'NOT_READY', since: ago(754), reason: { id: '16', code: '10', label: 'Обед' } }),
  },
  pending: {
    told: () => calls({ asked: { r1: { action: 'state', dialog: null, at: ago(1), detail: 'NOT_READY' } } }),
  },
  ringing: {
    told: () =>
      calls(
        {
          dialogs: board(
            dialog({
              state: 'ALERTING',
              started: ago(7),
              leg: leg('ALERTING', ['ANSWER'], 7),
              variables: { callVariable1: 'C-4711', 'user.topic': 'Принтеры' },
            }),
          ),
        },
        { state: 'RESERVED', since: ago(7) },
      ),
  },
  searching: {
    told: () =>
      calls(
        { dialogs: board(dialog({ state: 'ALERTING', leg: leg('ALERTING', ['ANSWER'], 2) })) },
        { state: 'RESERVED', since: ago(2) },
      ),
    api: { callers: () => new Promise(() => undefined) },
  },
  lookupFailed: {
    told: () =>
      calls(
        { dialogs: board(dialog({ state: 'ALERTING', leg: leg('ALERTING', ['ANSWER'], 4) })) },
        { state: 'RESERVED', since: ago(4) },
      ),
    api: { callers: async () => Promise.reject(new Error('503')) },
  },
  hidden: {
    told: () =>
      calls(
        { dialogs: board(dialog({ number: '', from: '', state: 'ALERTING', leg: leg('ALERTING', ['ANSWER'], 4) })) },
        { state: 'RESERVED', since: ago(4) },
      ),
  },
  talking: {
    told: () =>
      calls(
        {
          dialogs: board(
            dialog({
              variables: {
                callVariable1: 'C-4711',
                callVariable3: '',
                'user.topic': 'Принтеры',
                'user.a': '1',
                'user.b': '2',
                'user.c': '3',
              },
            }),
          ),
        },
        { state: 'TALKING', since: ago(95), pending: 'NOT_READY' },
      ),
  },
  consult: {
    told: () =>
      calls(
        {
          dialogs: board(
            dialog({ leg: leg('HELD', ['RETRIEVE', 'DROP', 'TRANSFER', 'CONFERENCE', 'UPDATE_CALL_DATA'], 40) }),
            dialog({
              id: '16802',
              direction: 'consult',
              type: 'CONSULT',
              number: '4002',
              queue: '',
              of: '16801',
              leg: leg('ACTIVE', ['HOLD', 'DROP', 'SEND_DTMF'], 22),
            }),
          ),
        },
        { state: 'TALKING', since: ago(40) },
      ),
  },
  conference: {
    told: () =>
      calls(
        {
          dialogs: board(
            dialog({
              type: 'CONFERENCE',
              leg: leg('ACTIVE', ['HOLD', 'DROP', 'PARTICIPANT_DROP'], 300),
              others: [
                { address: '+73435550147', state: 'ACTIVE', since: ago(300), kind: '' },
                { address: '4002', state: 'ACTIVE', since: ago(40), kind: 'AGENT_DEVICE' },
              ],
            }),
          ),
        },
        { state: 'TALKING', since: ago(300) },
      ),
  },
  wrapUp: {
    told: () =>
      calls(
        { dialogs: board(dialog({ leg: leg('WRAP_UP', ['UPDATE_CALL_DATA'], 21), wrap_up: 'Решено' })) },
        { state: 'WORK_READY', since: ago(21) },
      ),
  },
  failed: {
    told: () =>
      calls(
        {
          dialogs: board(
            dialog({
              direction: 'out',
              state: 'FAILED',
              queue: '',
              number: '4099',
              leg: { ...leg('FAILED', ['DROP'], 3), cause: 'BUSY' },
            }),
          ),
        },
        { state: 'TALKING', since: ago(3) },
      ),
  },
  stale: {
    told: () => ({
      ...calls({ dialogs: board(dialog()) }, { state: 'TALKING', since: ago(95) }),
      service: { state: 'stale', since: ago(30), why: null, node: null },
    }),
  },
  offline: { told: () => calls({ dialogs: board(dialog()) }, { state: 'TALKING', since: ago(95) }), offline: true },
  signedOut: { told: () => ({ ...noCalls, platform: 'cce' }) },
  refused: {
    told: () => ({
      ...noCalls,
      service: { state: 'refused', since: ago(20), why: 'finesse_wrong_password', node: null },
    }),
  },
  unknownAgent: {
    told: () => noCalls,
    api: { config: async () => ({ ...config, agent: null, topic: null, signed_in: false, extension: null }) },
  },
  connecting: { told: () => ({ ...noCalls, service: { state: 'connecting', since: ago(1), why: null, node: null } }) },
};

/** A store over a fake hub in one of the states. */
export function storeIn(name: string): { store: CallStore; hub: FakeCallsHub } {
  const given = states[name];
  const hub = new FakeCallsHub();
  hub.put('finesse:1001', given?.told() ?? noCalls);
  hub.put('finesse_team:5', team());
  const store = new CallStore(hub as unknown as CallsHub, fakeApi(given?.api));
  void store.load().then(() => {
    if (given?.offline) hub.turn('waiting', { since: Date.now() - 60_000, lastFrameAt: Date.now() - 61_000 });
  });
  return { store, hub };
}
