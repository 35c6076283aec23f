/** An inbox, a hub and people without a server: for the gallery and the tests. */

import type { HubEvents, HubStatus, InboxItem, Level, NoticeData, SourceState, Undo, You } from '../hub/index';
import { isUnseen } from '../inbox/model';
import type { PushControl } from '../inbox/push-offer';
import type { Inbox } from '../inbox/store';
import type { ShellHub } from '../shell/shell';

class Listeners<T> {
  #all = new Set<(value: T) => void>();
  add(listener: (value: T) => void): Undo {
    this.#all.add(listener);
    return () => void this.#all.delete(listener);
  }
  tell(value: T): void {
    for (const listener of [...this.#all]) listener(value);
  }
  get size(): number {
    return this.#all.size;
  }
}

/** Keeps items in memory and obeys marks at once; `calls` remembers what was asked for. */
export class FakeInbox implements Inbox {
  items: readonly InboxItem[] = [];
  loading = false;
  error: Error | null = null;
  complete = true;
  readonly calls: [string, ...unknown[]][] = [];
  #change = new Listeners<void>();
  #arrivedListeners = new Listeners<readonly InboxItem[]>();
  #failed = new Listeners<Error>();
  #before = new Map<string, Level>();
  readonly #more: readonly InboxItem[];

  constructor(items: readonly InboxItem[] = [], more: readonly InboxItem[] = []) {
    this.items = items;
    this.#more = more;
    this.complete = more.length === 0;
  }

  get unseen(): number {
    return this.items.filter(isUnseen).length;
  }

  get listeners(): number {
    return this.#change.size;
  }

  on(type: 'change', fn: () => void): Undo;
  on(type: 'arrived', fn: (items: readonly InboxItem[]) => void): Undo;
  on(type: 'failed', fn: (error: Error) => void): Undo;
  on(type: 'change' | 'arrived' | 'failed', fn: (value: never) => void): Undo {
    if (type === 'arrived') return this.#arrivedListeners.add(fn as (items: readonly InboxItem[]) => void);
    if (type === 'failed') return this.#failed.add(fn as (error: Error) => void);
    return this.#change.add(fn as () => void);
  }

  /** New ones come in, as from the hub. */
  arrive(...fresh: InboxItem[]): void {
    this.items = [...[...fresh].reverse(), ...this.items];
    this.#change.tell();
    this.#arrivedListeners.tell(fresh);
  }

  /** A mark that came from another device. */
  mark(ids: readonly string[], level: Level): void {
    this.items = this.items.map((item) => (ids.includes(item.id) ? { ...item, level } : item));
    this.#change.tell();
  }

  fail(error: Error): void {
    this.#failed.tell(error);
  }

  set(values: Partial<Pick<FakeInbox, 'loading' | 'error' | 'complete' | 'items'>>): void {
    Object.assign(this, values);
    this.#change.tell();
  }

  async load(): Promise<void> {
    this.calls.push(['load']);
    this.set({ error: null });
  }

  async more(): Promise<void> {
    this.calls.push(['more']);
    if (!this.complete) this.set({ items: [...this.items, ...this.#more], complete: true });
  }

  markSeen(): void {
    this.calls.push(['seen']);
    this.items = this.items.map((item) => (isUnseen(item) ? { ...item, level: 'shown' } : item));
    this.#change.tell();
  }

  markRead(ids: readonly string[]): void {
    this.calls.push(['read', ids]);
    this.mark(ids, 'read');
  }

  markUnread(ids: readonly string[]): void {
    this.calls.push(['unread', ids]);
    this.mark(ids, 'received');
  }

  markDone(ids: readonly string[]): void {
    this.calls.push(['done', ids]);
    for (const item of this.items) if (ids.includes(item.id)) this.#before.set(item.id, item.level);
    this.mark(ids, 'done');
  }

  undoDone(ids: readonly string[]): void {
    this.calls.push(['undone', ids]);
    this.items = this.items.map((item) =>
      ids.includes(item.id) ? { ...item, level: this.#before.get(item.id) ?? 'shown' } : item,
    );
    this.#change.tell();
  }

  snooze(ids: readonly string[], until: Date): void {
    this.calls.push(['snooze', ids, until]);
    this.mark(ids, 'done');
  }
}

/** A link that is whatever it is told to be. */
export class FakeHub implements ShellHub {
  status: HubStatus = { state: 'open', since: Date.now(), leader: true, lastFrameAt: Date.now(), roundTripMs: 12 };
  reconnects = 0;
  #status = new Listeners<HubStatus>();
  #you = new Listeners<You>();

  on<K extends keyof HubEvents>(type: K, fn: (value: HubEvents[K]) => void): Undo {
    if (type === 'you') return this.#you.add(fn as (value: You) => void);
    return type === 'status' ? this.#status.add(fn as (value: HubStatus) => void) : () => undefined;
  }

  tellYou(you: You): void {
    this.#you.tell(you);
  }

  turn(state: HubStatus['state'], more: Partial<HubStatus> = {}): void {
    this.status = { ...this.status, state, since: Date.now(), ...more };
    this.#status.tell(this.status);
  }

  reconnect(): void {
    this.reconnects++;
    this.turn('open');
  }
}

/** Sources that stand where they are put. */
export class FakeSystem {
  sources: ReadonlyMap<string, SourceState> = new Map();
  #change = new Listeners<void>();
  on(_type: 'change', fn: () => void): Undo {
    return this.#change.add(fn);
  }
  put(...states: SourceState[]): void {
    this.sources = new Map(states.map((state) => [state.source, state]));
    this.#change.tell();
  }
}

export class FakePush implements PushControl {
  state: PushControl['state'] = 'off';
  async enable(): Promise<void> {
    this.state = 'on';
  }
}

let made = 0;

/** One item; `ago` in minutes before `now`. */
export function item(
  seq: number,
  data: Partial<NoticeData> & { text?: string },
  level: Level = 'received',
  ago = 0,
  now = Date.now(),
): InboxItem {
  const { text, ...rest } = data;
  const title = { ru: text ?? `Событие ${seq}`, en: text ?? `Event ${seq}` };
  return {
    seq,
    id: `e${seq}`,
    type: 'demo.event',
    source: '/demo',
    time: new Date(now - ago * 60_000).toISOString(),
    data: { kind: 'ticket', title, ...rest },
    level,
  };
}

const status = (ru: [string, string], en: [string, string]) => ({
  field: 'status',
  label: { ru: 'Статус', en: 'Status' },
  old: { ru: ru[0], en: en[0] },
  new: { ru: ru[1], en: en[1] },
});

/** A day at the help desk, newest first. */
export function sample(now: number = Date.now()): InboxItem[] {
  const rows: [Partial<NoticeData>, Level, number][] = [
    [
      {
        title: {
          ru: 'Анна Петрова ответила в заявке № 4812 «Не печатает принтер в 214»',
          en: 'Anna Petrova commented on #4812 “Printer in 214 does not print”',
        },
        body: 'Картридж поменяли, но листы всё равно выходят пустыми. Можете подойти до обеда? Отчёт нужен к 13:00.',
        group: 'ticket:4812',
        url: '/tasks/4812',
      },
      'received',
      1,
    ],
    [
      {
        kind: 'network',
        title: { ru: 'Узел sw-cex-3 не отвечает', en: 'Host sw-cex-3 is down' },
        body: '3 проверки из 5 без ответа, за ним ещё 14 узлов',
        group: 'host:sw-cex-3',
        critical: true,
      },
      'received',
      4,
    ],
    [
      {
        kind: 'call',
        title: {
          ru: 'Пропущенный звонок: Игорь Соколов, +7 343 555-01-47',
          en: 'Missed call: Igor Sokolov, +7 343 555-01-47',
        },
        body: 'Открытых заявок: 2',
        group: 'call:991',
      },
      'shown',
      12,
    ],
    [
      {
        title: { ru: 'Сергей Волков взял заявку № 4807 в работу', en: 'Sergey Volkov started #4807' },
        changes: [
          status(['Новая', 'В работе'], ['New', 'In progress']),
          {
            field: 'assigned_to',
            label: { ru: 'Исполнитель', en: 'Assignee' },
            old: null,
            new: { ru: 'Сергей Волков', en: 'Sergey Volkov' },
          },
        ],
        group: 'ticket:4807',
        url: '/tasks/4807',
      },
      'shown',
      26,
    ],
    [
      {
        title: {
          ru: 'Новая заявка № 4815 «Нет доступа к сетевой папке \\\\files\\отдел-сбыта»',
          en: 'New ticket #4815 “No access to the shared folder”',
        },
        body: 'После смены пароля папка просит логин и не принимает его.',
        group: 'ticket:4815',
        url: '/tasks/4815',
      },
      'received',
      38,
    ],
    [
      {
        title: { ru: 'Мария Ким: «Спасибо, всё заработало»', en: 'Maria Kim: “Thank you, it works now”' },
        changes: [status(['В работе', 'Решена'], ['In progress', 'Resolved'])],
        group: 'ticket:4799',
        url: '/tasks/4799',
      },
      'read',
      64,
    ],
    [
      {
        title: { ru: 'Анна Петрова приложила файл к заявке № 4812', en: 'Anna Petrova attached a file to #4812' },
        body: 'принтер-214.jpg',
        group: 'ticket:4812',
        url: '/tasks/4812',
      },
      'read',
      75,
    ],
    [
      {
        title: { ru: 'Заявка № 4812 назначена на вас', en: '#4812 was assigned to you' },
        changes: [status(['Новая', 'В работе'], ['New', 'In progress'])],
        group: 'ticket:4812',
        url: '/tasks/4812',
      },
      'read',
      140,
    ],
    [
      {
        kind: 'erp',
        title: { ru: 'ERP: новый сотрудник Олег Бойко, цех № 3', en: 'ERP: new employee Oleg Boyko, shop 3' },
        body: 'Нужны учётная запись, почта и пропуск с 1 декабря',
      },
      'read',
      300,
    ],
    [
      {
        kind: 'system',
        title: { ru: 'Навигатор обновлён до версии 0.1.0', en: 'Navigator was updated to 0.1.0' },
      },
      'read',
      1500,
    ],
    [
      {
        kind: 'network',
        title: {
          ru: 'Узел ap-sklad-2 снова отвечает, был недоступен 7 минут',
          en: 'Host ap-sklad-2 is up again after 7 minutes',
        },
        group: 'host:ap-sklad-2',
      },
      'read',
      2900,
    ],
  ];
  return rows.map(([data, level, ago], i) => item(rows.length - i, data, level, ago, now));
}

const people = ['Анна Петрова', 'Игорь Соколов', 'Мария Ким', 'Сергей Волков'];
const matters = ['не открывается почта', 'нужен доступ к отчёту', 'заменить монитор', 'телефон молчит'];

/** The next thing that happens, above everything that was. */
export function next(store: FakeInbox): InboxItem {
  const seq = (store.items[0]?.seq ?? 0) + 1;
  const who = people[made % people.length] ?? '';
  const matter = matters[made++ % matters.length] ?? '';
  return item(seq, {
    text: `${who} · № ${4815 + seq}: ${matter}`,
    group: `ticket:${4815 + seq}`,
    url: `/tasks/${4815 + seq}`,
  });
}
