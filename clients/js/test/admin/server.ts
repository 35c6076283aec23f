/** A small `/admin/api` in memory, behind `fetch`: what it was asked, held answers, refusals. */

import { vi } from 'vitest';
import type { AuditLine, Person } from '../../src/admin/types';
import type { UserSession } from '../../src/people/types';

export const NOW = Date.UTC(2026, 10, 28, 12);
const GIVEN = { by: 'ann', at: '2026-11-01T09:00:00Z' };

export function person(id: number, more: Partial<Person> = {}): Person {
  return {
    id,
    name: `user${id}`,
    display_name: `Человек ${id}`,
    email: `user${id}@tez.example`,
    department: 'Бухгалтерия',
    post: 'Специалист',
    phone: '12-34',
    standing: 'active',
    active: true,
    permissions: {},
    sessions: 1,
    seen_at: '2026-11-28T11:58:00Z',
    avatar: null,
    ...more,
  };
}

export function session(id: string, more: Partial<UserSession> = {}): UserSession {
  return {
    id,
    this: false,
    browser: 'Chrome 141, Windows',
    agent: 'Mozilla/5.0',
    address: '10.0.0.7',
    created_at: '2026-11-27T09:00:00Z',
    seen_at: '2026-11-28T11:00:00Z',
    expires_at: '2026-12-05T09:00:00Z',
    remember: false,
    online: false,
    ...more,
  };
}

export function line(id: number, more: Partial<AuditLine> = {}): AuditLine {
  return {
    id,
    at: '2026-11-28T11:00:00Z',
    actor: 'ann',
    actor_id: 1,
    action: 'permission.granted',
    subject: 'user2',
    subject_id: 2,
    before: { quality: false },
    after: { quality: true },
    address: '10.0.0.7',
    agent: 'Mozilla/5.0',
    ...more,
  };
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly csrf: string | null;
}

type Refusal = { readonly status: number; readonly code: string; readonly message?: string; readonly field?: string };

export class Server {
  people: Person[] = [
    person(1, { name: 'ann', display_name: 'Анна Петрова', permissions: { admin: GIVEN } }),
    person(2),
    person(3),
  ];
  sessions: Record<number, UserSession[]> = { 2: [session('s1'), session('s2', { browser: 'Firefox 140, Linux' })] };
  audit: AuditLine[] = [line(1)];
  readonly asked: Asked[] = [];
  /** What the next unsafe request, or every safe one, is refused with. */
  refuseAct: Refusal | null = null;
  refuseLook: Refusal | null = null;
  down = false;
  #gates: (() => void)[] = [];
  #held = false;

  /** From now on answers wait for `release`. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    for (const open of this.#gates.splice(0)) open();
  }

  get acts(): string[] {
    return this.asked.filter((one) => one.method !== 'GET').map((one) => `${one.method} ${one.path}`);
  }

  looks(path: string): Asked[] {
    return this.asked.filter((one) => one.method === 'GET' && one.path === path);
  }

  install(): void {
    vi.stubGlobal('fetch', (input: URL, init: RequestInit = {}) => this.#fetch(new URL(input), init));
  }

  async #fetch(url: URL, init: RequestInit): Promise<Response> {
    const method = init.method ?? 'GET';
    const path = url.pathname.replace('/admin/api/', '');
    const body = init.body ? (JSON.parse(String(init.body)) as unknown) : undefined;
    const csrf = new Headers(init.headers).get('X-CSRF-Token');
    this.asked.push({ method, path, query: url.searchParams, body, csrf });
    await new Promise<void>((resolve, reject) => {
      const stop = () => reject(new DOMException('aborted', 'AbortError'));
      if (init.signal?.aborted) stop();
      init.signal?.addEventListener('abort', stop);
      if (this.#held) this.#gates.push(resolve);
      else resolve();
    });
    if (this.down) throw new TypeError('Failed to fetch');
    const refusal = method === 'GET' ? this.refuseLook : this.refuseAct;
    if (method !== 'GET') this.refuseAct = null;
    if (refusal) {
      const { status, ...error } = refusal;
      return json({ error: { message: '', ...error } }, status);
    }
    return method === 'GET' ? this.#look(path, url.searchParams) : this.#act(method, path, body);
  }

  #look(path: string, query: URLSearchParams): Response {
    const offset = Number(query.get('offset') ?? 0);
    const page = (rows: readonly unknown[], more: object = {}) =>
      json({ total: rows.length, rows: rows.slice(offset, offset + Number(query.get('limit'))), ...more });
    if (path === 'people') {
      const q = (query.get('q') ?? '').toLowerCase();
      const any = query.get('permission') === 'any';
      const found = this.people.filter(
        (one) => one.display_name.toLowerCase().includes(q) && (!any || Object.keys(one.permissions).length > 0),
      );
      return page(found, { departments: ['Бухгалтерия', 'Диспетчерская'] });
    }
    if (path === 'audit') return page(this.audit, { actions: ['permission.granted', 'something.new'] });
    if (path === 'sessions')
      return page(this.people.flatMap((user) => (this.sessions[user.id] ?? []).map((one) => ({ ...one, user }))));
    if (path === 'devices') return page([]);
    const found = this.people.find((one) => path === `people/${one.id}`);
    if (!found) return json({ error: { code: 'not_found', message: 'Нет' } }, 404);
    const sessions = this.sessions[found.id] ?? [];
    return json({ ...found, office: '312', vpn_until: null, identities: { redmine: '42' }, sessions, devices: [] });
  }

  #act(method: string, path: string, body: unknown): Response {
    const [, id = '', what, which = ''] = path.split('/');
    if (path === 'people') {
      const fresh = person(this.people.length + 1, body as Partial<Person>);
      this.people.push({ ...fresh, permissions: {} });
      return json({ id: fresh.id }, 201);
    }
    const at = this.people.findIndex((one) => one.id === Number(id));
    const found = this.people[at];
    if (!found) return json({ error: { code: 'not_found', message: 'Нет' } }, 404);
    if (what === 'permissions') {
      const { [which as 'quality']: _gone, ...others } = found.permissions;
      this.people[at] = { ...found, permissions: method === 'PUT' ? { ...others, [which]: GIVEN } : others };
    }
    if (what === 'active') this.people[at] = { ...found, active: (body as { value: boolean }).value };
    if (what === 'sessions')
      this.sessions[found.id] = which ? (this.sessions[found.id] ?? []).filter((one) => one.id !== which) : [];
    return new Response(null, { status: 204 });
  }
}

function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });
}
