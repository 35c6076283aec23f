/** A small `/tasks/api` of one ticket in memory, behind `fetch`: versions, conflicts, idempotency, held and broken answers. A hub beside it. */

import { vi } from 'vitest';
import type { HubEvents, HubStatus, TopicHandlers } from '../../../src/hub/types';
import type { Journal, Person, Task } from '../../../src/tickets/detail/types';

export const NOW = Date.UTC(2026, 10, 29, 12);

export const petrova: Person = { id: 6, name: 'Мария Петрова', group: false, me: true, avatar: null };
export const sidorov: Person = { id: 7, name: 'Пётр Сидоров', group: false, me: false, avatar: null };

export const statuses = [
  { id: 1, name: 'Новая', closed: false },
  { id: 2, name: 'В работе', closed: false },
  { id: 5, name: 'Закрыта', closed: true },
] as const;

export function journal(id: number, more: Partial<Journal> = {}): Journal {
  return {
    id,
    number: id,
    author: sidorov,
    at: '2026-11-29T09:00:00Z',
    source: `Запись ${id}`,
    html: `<p>Запись ${id}</p>`,
    private: false,
    changes: [],
    ...more,
  };
}

export function task(more: Partial<Task> = {}): Task {
  return {
    id: 42,
    version: '7-3',
    subject: 'Не печатает принтер',
    description: { source: 'Принтер на 3 этаже', html: '<p>Принтер на <strong>3</strong> этаже</p>' },
    project: { id: 1, name: 'Служба поддержки' },
    tracker: { id: 1, name: 'Ошибка' },
    status: statuses[0],
    priority: { id: 2, name: 'Обычный', rank: 1, high: false },
    author: sidorov,
    assignee: null,
    requester: null,
    category: null,
    private: false,
    done_ratio: 0,
    estimated_hours: null,
    start_date: null,
    due_date: null,
    created_at: '2026-11-28T09:00:00Z',
    updated_at: '2026-11-29T09:00:00Z',
    closed_at: null,
    fields: [],
    journals: [journal(1), journal(2), journal(3)],
    attachments: [],
    watchers: [],
    relations: [],
    children: [],
    parent: null,
    may: { comment: true, private: true, status: true, priority: true, assignee: true, attach: true },
    as_of: '2026-11-29T12:00:00Z',
    stale: false,
    url: 'https://redmine.example/issues/42',
    ...more,
  };
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly key: string | null;
  readonly body: Record<string, unknown>;
}

export class Server {
  task: Task = task();
  draft: Record<string, unknown> | null = null;
  /** Writes wait for this. */
  hold: Promise<void> = Promise.resolve();
  asked: Asked[] = [];
  /** Answers of the next requests to a path that ends so, instead of the usual ones; a function may wait. */
  readonly next = new Map<string, (() => Response | Promise<Response>)[]>();
  readonly #first = new Map<string, { body: string; answer: unknown }>();

  constructor() {
    vi.stubGlobal('fetch', (url: URL, init: RequestInit = {}) => this.#answer(new URL(url), init));
  }

  instead(path: string, ...answers: (() => Response | Promise<Response>)[]): void {
    this.next.set(path, [...(this.next.get(path) ?? []), ...answers]);
  }

  writes(): Asked[] {
    return this.asked.filter((one) => one.key !== null);
  }

  /** A colleague changes it: the next version, with a journal of theirs. */
  colleague(more: Partial<Task>, step: Partial<Journal> = {}): void {
    const id = (this.task.journals.at(-1)?.id ?? 0) + 1;
    const lock = Number(this.task.version.split('-')[0]) + 1;
    this.task = {
      ...this.task,
      ...more,
      version: `${lock}-${id}`,
      journals: [...this.task.journals, journal(id, step)],
    };
  }

  async #answer(url: URL, init: RequestInit): Promise<Response> {
    const method = init.method ?? 'GET';
    const key = new Headers(init.headers).get('Idempotency-Key');
    const text = typeof init.body === 'string' ? init.body : '{}';
    const path = url.pathname.replace('/tasks/api/task/42', '') || '/';
    this.asked.push({ method, path, key, body: JSON.parse(text) as Record<string, unknown> });
    const instead = this.next.get(path)?.shift();
    if (instead) return await instead();
    const known = key ? this.#first.get(key) : undefined;
    if (known)
      return known.body === text ? json(known.answer) : json({ error: { code: 'key_reused', message: '?' } }, 422);
    switch (`${method} ${path}`) {
      case 'GET /':
        return json(this.task);
      case 'GET /statuses':
        return json({ statuses: statuses.map((one) => ({ ...one, current: one.id === this.task.status.id })) });
      case 'GET /draft':
        return json({ draft: this.draft });
      case 'PUT /draft':
        this.draft = { ...(JSON.parse(text) as object), saved_at: new Date(NOW).toISOString() };
        return json({ draft: this.draft });
      case 'DELETE /draft':
        this.draft = null;
        return new Response(null, { status: 204 });
      case 'POST /read':
        return json({ ok: true });
      case 'GET /assignees':
        return json({ assignees: [{ ...sidorov, login: 'sidorov', current: false }], more: false });
      case 'PUT /status':
      case 'POST /comments':
        await this.hold;
        return this.#write(path, JSON.parse(text) as Record<string, unknown>, key ?? '', text);
    }
    return json({ error: { code: 'not_found', message: 'Ничего нет' } }, 404);
  }

  #write(path: string, body: Record<string, unknown>, key: string, text: string): Response {
    if (body.version !== this.task.version) {
      const seen = Number(String(body.version).split('-')[1]);
      const since = this.task.journals.filter((one) => one.id > seen);
      const to = statuses.find((one) => one.id === body.status_id);
      const fields = since.flatMap((one) =>
        one.changes.map((change) => ({
          field: change.field,
          label: change.label,
          seen: change.old,
          mine: change.field === 'status' && to ? to.name : null,
          theirs: change.new,
          who: one.author.name,
          at: one.at,
        })),
      );
      const conflict = {
        version: this.task.version,
        fields,
        comments: since.filter((one) => one.source),
        task: this.task,
      };
      return json({ error: { code: 'conflict', message: 'Заявку изменили' }, conflict }, 409);
    }
    const to = statuses.find((one) => one.id === body.status_id);
    const words = String(body.text ?? body.comment ?? '');
    this.colleague(to ? { status: to } : {}, { author: petrova, source: words, html: `<p>${words}</p>` });
    const answer = { task: this.task, journal: this.task.journals.at(-1)?.id ?? null, untaken: [] };
    if (path) this.#first.set(key, { body: text, answer });
    return json(answer);
  }
}

export function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });
}

/** The hub at hand: topics by name, calls as they came. */
export class FakeHub {
  status: HubStatus = { state: 'open', since: NOW, leader: true };
  readonly calls: { name: string; args: object | undefined }[] = [];
  readonly topics = new Map<string, TopicHandlers>();
  readonly #listeners = new Map<string, Set<(value: never) => void>>();

  on<K extends keyof HubEvents>(type: K, fn: (value: HubEvents[K]) => void): () => void {
    const all = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, all.add(fn as (value: never) => void));
    return () => void all.delete(fn as (value: never) => void);
  }

  subscribe(topic: string, handlers: TopicHandlers): () => void {
    this.topics.set(topic, handlers);
    return () => void this.topics.delete(topic);
  }

  call<T>(name: string, args?: object): Promise<T> {
    this.calls.push({ name, args });
    return Promise.resolve(null as T);
  }

  link(state: HubStatus['state']): void {
    this.status = { ...this.status, state, since: NOW };
    for (const fn of this.#listeners.get('status') ?? []) (fn as (value: HubStatus) => void)(this.status);
  }

  snapshot(data: unknown): void {
    this.topics.get('ticket:42')?.snapshot?.({ topic: 'ticket:42', epoch: 'e', offset: 0, data });
  }

  event(type: string, data: unknown): void {
    this.topics.get('ticket:42')?.event?.({
      topic: 'ticket:42',
      epoch: 'e',
      offset: 1,
      id: 'x',
      type,
      source: '/redmine',
      time: '2026-11-29T12:00:00Z',
      data,
      replay: false,
    });
  }
}
