// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeHub, FakeInbox, FakeSystem, item } from '../../src/gallery/fake';
import { setLocale } from '../../src/i18n/index';
import type { Boot } from '../../src/inbox/session';
import { initials } from '../../src/shell/initials';
import { TezShell } from '../../src/shell/shell';

const boot: Boot = {
  user: { id: 1, name: 'petrova', display_name: 'Анна Петрова', locale: 'ru', zone: 'Europe/Moscow', permissions: [] },
  csrf: 'token',
  viewer: null,
  socket: '/hub/socket',
  push: { vapid_public_key: null, fcm: null },
  areas: [
    { id: 'inbox', href: '/' },
    { id: 'net', href: '/net' },
  ],
  version: '0.1.0',
  theme: 'system',
  demo: false,
};

let shell: TezShell;
let hub: FakeHub;
let inbox: FakeInbox;
let system: FakeSystem;

beforeEach(async () => {
  vi.useFakeTimers();
  setLocale('ru');
  hub = new FakeHub();
  inbox = new FakeInbox([item(1, {})]);
  system = new FakeSystem();
  shell = new TezShell();
  Object.assign(shell, { boot, hub, inbox, system });
  document.body.append(shell);
  await shell.updateComplete;
});

afterEach(() => {
  shell.remove();
  setLocale('ru');
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const banner = (): string => shell.shadowRoot?.querySelector('.banner')?.textContent?.replace(/\s+/g, ' ').trim() ?? '';

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  await shell.updateComplete;
}

describe('the banner', () => {
  it('waits two seconds before it speaks of a lost link, and interrupts then', async () => {
    hub.turn('waiting');
    await pass(1900);
    expect(banner()).toBe('');
    await pass(200);
    expect(banner()).toContain('Нет связи с сервером с');
    expect(shell.shadowRoot?.querySelector('.banner [role=alert]')?.textContent).toContain('Нет связи');
  });

  it('says nothing of a short drop', async () => {
    hub.turn('waiting');
    await pass(1000);
    hub.turn('open');
    await pass(10_000);
    expect(banner()).toBe('');
  });

  it('reconnects at once when asked, tells what came meanwhile, and goes after four seconds', async () => {
    hub.turn('waiting');
    await pass(2100);
    shell.shadowRoot?.querySelector<HTMLElement>('.banner button')?.click();
    expect(hub.reconnects).toBe(1);
    inbox.arrive(item(2, {}), item(3, {}), item(4, {}), item(5, {}));
    await pass(800);
    expect(banner()).toBe('Связь восстановлена, новых: 4');
    await pass(4000);
    expect(banner()).toBe('');
  });

  it('names a source that is late while the hub is well', async () => {
    system.put({ source: 'redmine', state: 'late', as_of: new Date().toISOString(), error: null });
    await shell.updateComplete;
    expect(banner()).toContain('Redmine отстаёт');
    system.put({ source: 'redmine', state: 'ok', as_of: new Date().toISOString(), error: null });
    await shell.updateComplete;
    expect(banner()).toBe('');
  });
});

describe('the frame', () => {
  it('keeps the tab title and the favicon in step with the bell', async () => {
    const link = document.createElement('link');
    link.rel = 'icon';
    document.head.append(link);
    inbox.arrive(item(2, {}), item(3, {}));
    await shell.updateComplete;
    expect(document.title).toBe('(3) Входящие · ТЭЗ Навигатор');
    expect(decodeURIComponent(link.href)).toContain('>3</text>');
    inbox.markSeen();
    await shell.updateComplete;
    expect(document.title).toBe('Входящие · ТЭЗ Навигатор');
    link.remove();
  });

  it('leads to the areas that the person may open, and marks this one', () => {
    const links = [...(shell.shadowRoot?.querySelectorAll('nav a') ?? [])];
    expect(links.map((link) => [link.getAttribute('href'), link.getAttribute('aria-current')])).toEqual([
      ['/', 'page'],
      ['/net', null],
    ]);
  });

  it('changes theme and language at once and tells the server with the CSRF token', async () => {
    const sent: [string, RequestInit][] = [];
    vi.stubGlobal('fetch', async (url: URL, init: RequestInit) => {
      sent.push([url.pathname, init]);
      return new Response(null, { status: 204 });
    });
    const [theme, language] = [...(shell.shadowRoot?.querySelectorAll('header tez-menu') ?? [])];
    theme?.dispatchEvent(new CustomEvent('pick', { detail: 'dark' }));
    language?.dispatchEvent(new CustomEvent('pick', { detail: 'en' }));
    await shell.updateComplete;
    expect(document.documentElement.dataset.theme).toBe('dark');
    expect(document.documentElement.lang).toBe('en');
    expect(shell.shadowRoot?.querySelector('nav')?.getAttribute('aria-label')).toBe('Areas');
    expect(sent.map(([path, init]) => [path, init.method, init.body])).toEqual([
      ['/users/api/preferences/theme', 'PUT', '{"value":"dark"}'],
      ['/users/api/preferences/locale', 'PUT', '{"value":"en"}'],
    ]);
    expect(new Headers(sent[0]?.[1].headers).get('X-CSRF-Token')).toBe('token');
  });

  it('writes initials of two words at most', () => {
    expect([initials('Анна Петрова'), initials('petrova'), initials('Ли Ван Мин')]).toEqual(['АП', 'P', 'ЛВ']);
  });

  it('says that the link is there as soon as it is', async () => {
    const dot = () => shell.shadowRoot?.querySelector('tez-state-dot.link') as { state?: string } | null;
    hub.turn('connecting');
    await pass(0);
    expect(dot()?.state).toBe('unknown');
    hub.turn('open');
    await pass(0);
    expect(dot()?.state).toBe('ok');
  });

  it('shows whom an administrator looks as, and the way back', async () => {
    const sent: string[] = [];
    const gone = vi.spyOn(location, 'assign').mockImplementation(() => undefined);
    vi.stubGlobal('fetch', async (url: URL, init: RequestInit) => {
      sent.push(`${init.method} ${url.pathname}`);
      return new Response(null, { status: 204 });
    });
    expect(shell.shadowRoot?.querySelector('.viewing')).toBeNull();
    shell.boot = { ...boot, viewer: { id: 9, name: 'boss', display_name: 'Босс' } };
    await shell.updateComplete;
    const bar = shell.shadowRoot?.querySelector('.viewing');
    expect(bar?.querySelector('p')?.textContent).toBe('Вы смотрите как Анна Петрова (только чтение)');
    bar?.querySelector('button')?.click();
    await pass(0);
    expect(sent).toEqual(['DELETE /users/api/view-as']);
    expect(gone).toHaveBeenCalledWith('/');
  });

  it('redraws the navigation when rights change, and says so in place of a page that was taken', async () => {
    let areas = boot.areas.slice(0, 1);
    vi.stubGlobal('fetch', async () => new Response(JSON.stringify({ ...boot, areas })));
    const slot = () => shell.shadowRoot?.querySelector('main slot') ?? null;
    shell.area = 'net';
    await shell.updateComplete;
    expect(slot()).not.toBeNull();
    hub.tellYou({ user: 1, permissions: [], read_only: false });
    await pass(0);
    expect(shell.shadowRoot?.querySelectorAll('nav a')).toHaveLength(0);
    expect(slot()).toBeNull();
    expect(shell.shadowRoot?.querySelector('.no-longer h1')?.textContent).toBe(
      'У вас больше нет доступа к этому разделу',
    );
    areas = boot.areas.slice();
    hub.tellYou({ user: 1, permissions: ['netmonitor'], read_only: false });
    await pass(0);
    expect(slot()).not.toBeNull();
    expect(shell.boot?.user.permissions).toEqual([]);
  });

  it('begins anew when the session is seen as somebody else', async () => {
    const away = vi.spyOn(location, 'assign').mockImplementation(() => undefined);
    hub.tellYou({ user: 2, permissions: [], read_only: true });
    expect(away).toHaveBeenCalledExactlyOnceWith('/');
  });

  it.each([
    ['signed_out', 'Вы вышли из системы'],
    ['ended_by_you', 'на другом устройстве'],
    ['ended_by_administrator', 'Администратор завершил этот сеанс'],
    ['blocked', 'Учётная запись заблокирована'],
  ])('says why this session was ended: %s', async (name, text) => {
    hub.turn('stopped', { reason: { code: 4501, name } });
    await pass(0);
    expect(banner()).toContain(text);
    expect(banner()).toContain('Войти');
  });
});
