/** A small `/tasks/api` in memory, behind `fetch`, and a hub that tests speak through: what was asked, held answers, refusals. */

import { vi } from 'vitest';
import type { HubEvents, HubFault, HubStatus, TopicEvent, TopicHandlers, Undo } from '../../../src/hub/index';
import type { Change, Facets, Person, Ticket, View } from '../../../src/tickets/list/types';

export const NOW = Date.UTC(2026, 10, 29, 12);

export const ann: Person = { id: 5, name: 'Анна Петрова', group: false, me: true, avatar: null };
export const oleg: Person = { id: 6, name: 'Олег Смирнов', group: false, me: false, avatar: null };

export const facets: Facets = {
  projects: [{ id: 1, name: 'Служба поддержки' }],
  statuses: [
    { id: 1, name: 'Новая', closed: false },
    { id: 2, name: 'В работе', closed: false },
    { id: 5, name: 'Закрыта', closed: true },
  ],
  priorities: [
    { id: 2, name: 'Обычный', rank: 1, high: false, active: true },
    { id: 4, name: 'Срочный', rank: 3, high: true, active: true },
    { id: 9, name: 'Прежний', rank: 4, high: true, active: false },
  ],
  trackers: [{ id: 1, name: 'Инцидент' }],
};

export function ticket(id: number, more: Partial<Ticket> = {}): Ticket {
  return {
    id,
    subject: `Заявка ${id}`,
    project: { id: 1, name: 'Служба поддержки' },
    tracker: { id: 1, name: 'Инцидент' },
    status: { id: 1, name: 'Новая', closed: false },
    priority: { id: 2, name: 'Обычный', rank: 1, high: false },
    assignee: oleg,
    author: ann,
    requester: null,
    updated_at: '2026-11-29T11:00:00Z',
    created_at: '2026-11-20T09:00:00Z',
    private: false,
    comments: 0,
    unread: false,
    version: '1-1',
    ...more,
  };
}

/** Tickets `first`..`last`, newest number first, as the list sorts them. */
export function tickets(first: number, last: number): Ticket[] {
  return Array.from({ length: last - first + 1 }, (_, i) => ticket(last - i));
}

const builtin = (id: string, count: number, unread = 0, query: View['query'] = {}): View => ({
  id,
  name: id,
  query,
  builtin: true,
  count,
  unread,
});

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly headers: Headers;
}

/** Answers as the server does; tests change what it holds and say which requests it refuses or keeps waiting. */
export class FakeTasks {
  rows: Ticket[] = tickets(1, 3);
  views: View[] = [builtin('mine', 3, 1, { assignee: 'me' }), builtin('waiting', 0), builtin('all', 3)];
  asked: Asked[] = [];
  /** Path beginnings that are refused, with status and code. */
  refuse = new Map<string, readonly [number, string]>();
  /** Given: requests wait for it. */
  gate: Promise<void> | null = null;
  job: unknown = { done: 0, total: 0, failed: [], state: 'running' };
  #ids = 0;

  start(): void {
    vi.stubGlobal('fetch', (input: URL, init: RequestInit = {}) => this.#answer(input, init));
  }

  /** Requests whose path begins so. */
  of(path: string, method = 'GET'): Asked[] {
    return this.asked.filter((one) => one.method === method && one.path.startsWith(path));
  }

  async #answer(url: URL, init: RequestInit): Promise<Response> {
    const method = init.method ?? 'GET';
    const path = url.pathname.replace('/tasks/api/', '');
    const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : null;
    this.asked.push({ method, path, query: url.searchParams, body, headers: new Headers(init.headers) });
    if (this.gate) await this.gate;
    init.signal?.throwIfAborted();
    for (const [start, [status, code]] of this.refuse)
      if (path.startsWith(start)) return json({ error: { code, message: `нельзя: ${code}` } }, status);
    return json(this.#body(method, path, url.searchParams, body));
  }

  #body(method: string, path: string, query: URLSearchParams, body: unknown): unknown {
    if (path === 'tasks') {
      const offset = Number(query.get('offset'));
      const rows = this.rows.slice(offset, offset + Number(query.get('limit')));
      return { total: this.rows.length, rows, counts: { open: 0, mine: 0, waiting: 0 }, facets };
    }
    if (path === 'views' && method === 'POST') {
      const { name, query: of } = body as { name: string; query: View['query'] };
      const view = { id: `own${++this.#ids}`, name, query: of, builtin: false, count: 1, unread: 0 };
      this.views.push(view);
      return view;
    }
    if (path.startsWith('views/') && method === 'DELETE') {
      this.views = this.views.filter((view) => `views/${view.id}` !== path);
      return {};
    }
    if (path === 'views') return { views: this.views };
    if (path.endsWith('/assignees'))
      return { assignees: [ann, oleg].filter(({ name }) => name.includes(query.get('q') ?? '')) };
    if (path === 'bulk') return { job: `job${++this.#ids}` };
    if (path.endsWith('/undo')) return { job: `job${++this.#ids}` };
    if (path.startsWith('bulk/')) return this.job;
    return {};
  }
}

function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
}

/** The hub as the list sees it; `tell` says something on a topic. */
export class FakeHub {
  status: HubStatus = { state: 'open', since: NOW, leader: true };
  readonly topics = new Map<string, TopicHandlers>();
  readonly #status = new Set<(status: HubStatus) => void>();
  #fault: ((fault: HubFault) => void) | undefined;
  #offset = 0;

  on<K extends keyof HubEvents>(type: K, fn: (value: HubEvents[K]) => void): Undo {
    if (type === 'error') this.#fault = fn as (fault: HubFault) => void;
    if (type !== 'status') return () => undefined;
    const listener = fn as (status: HubStatus) => void;
    this.#status.add(listener);
    return () => void this.#status.delete(listener);
  }

  subscribe(topic: string, handlers: TopicHandlers): Undo {
    this.topics.set(topic, handlers);
    return () => void this.topics.delete(topic);
  }

  tell(topic: string, data: unknown): void {
    const event = { topic, epoch: 'e', offset: ++this.#offset, id: `${this.#offset}`, data } as unknown as TopicEvent;
    this.topics.get(topic)?.event?.(event);
  }

  snapshot(topic: string, data: unknown): void {
    this.topics.get(topic)?.snapshot?.({ topic, epoch: 'e', offset: 0, data });
  }

  /** The hub refuses a topic. */
  refuse(topic: string): void {
    this.#fault?.({ code: 'forbidden', message: '', temporary: false, topic });
  }

  become(state: HubStatus['state']): void {
    this.status = { ...this.status, state };
    for (const fn of this.#status) fn(this.status);
  }
}

export const changeOf = (asked: { body: unknown } | undefined): Change =>
  (asked?.body as { change: Change } | undefined)?.change ?? {};
