import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keepDevice } from '../../src/sw/keep';
import { install } from '../../src/sw/worker';

type Handler = (event: unknown) => void;

interface Note {
  title: string;
  tag: string;
  closed: boolean;
}

/** As much of a worker's world as the worker uses. */
class Scope {
  readonly handlers = new Map<string, Handler>();
  readonly location = { origin: 'https://nav.test' };
  readonly notes: (Note & NotificationOptions)[] = [];
  readonly opened: string[] = [];
  readonly requests: { url: string; init: RequestInit }[] = [];
  readonly stores = new Map<string, Map<string, Response>>();
  badge: number | null = null;
  windows: { focused: boolean; visibilityState: string; listens: boolean; got: unknown[]; focusCalls: number }[] = [];
  /** What the server answers with, where it matters. */
  readonly pages = new Map([
    ['/offline', '<link href="/static/login.css?kept"><script src="/static/theme.js?kept"></script>no network'],
    ['/static/login.css?kept', 'styles'],
  ]);
  readonly missing = new Set<string>();
  online = true;
  signedIn = true;
  skipped = 0;

  readonly navigator = {
    language: 'ru-RU',
    setAppBadge: async (count: number) => {
      this.badge = count;
    },
    clearAppBadge: async () => {
      this.badge = 0;
    },
  };
  readonly registration = {
    showNotification: async (title: string, options: NotificationOptions) => {
      const tag = options.tag ?? '';
      for (const note of this.notes) if (note.tag === tag) note.closed = true;
      this.notes.push({ ...options, title, tag, closed: false });
    },
    getNotifications: async ({ tag }: { tag: string }) =>
      this.notes
        .filter((note) => note.tag === tag && !note.closed)
        .map((note) => ({
          close: () => {
            note.closed = true;
          },
        })),
    pushManager: { subscribe: async () => this.subscription('https://push.test/new') },
    navigationPreload: { enable: async () => undefined },
  };
  readonly clients = {
    claim: async () => undefined,
    matchAll: async () =>
      this.windows.map((one) => ({
        focused: one.focused,
        visibilityState: one.visibilityState,
        focus: async () => {
          one.focusCalls += 1;
        },
        postMessage: (message: unknown, ports?: MessagePort[]) => {
          one.got.push(message);
          if (one.listens) ports?.[0]?.postMessage(true);
        },
      })),
    openWindow: async (url: string) => {
      this.opened.push(url);
    },
  };
  readonly caches = {
    open: async (name: string) => {
      const store = this.stores.get(name) ?? new Map<string, Response>();
      this.stores.set(name, store);
      return {
        put: async (key: string, response: Response) => void store.set(key, response),
        match: async (key: string) => store.get(key)?.clone(),
        keys: async () => [...store.keys()].map((key) => ({ url: new URL(key, this.location.origin).href })),
        delete: async ({ url }: { url: string }) => store.delete(url.replace(this.location.origin, '')),
      };
    },
    match: async (request: string | { url: string }) => {
      const key = typeof request === 'string' ? request : request.url.replace(this.location.origin, '');
      return [...this.stores.values()]
        .map((store) => store.get(key))
        .find(Boolean)
        ?.clone();
    },
    keys: async () => [...this.stores.keys()],
    delete: async (name: string) => this.stores.delete(name),
  };

  addEventListener(type: string, handler: Handler): void {
    this.handlers.set(type, handler);
  }

  async skipWaiting(): Promise<void> {
    this.skipped += 1;
  }

  fetch = async (input: unknown, init: RequestInit = {}): Promise<Response> => {
    if (!this.online) throw new TypeError('offline');
    const url = typeof input === 'string' ? input : 'page';
    this.requests.push({ url, init });
    if (url === '/users/api/me') {
      return this.signedIn ? Response.json({ csrf: 'token' }) : new Response('', { status: 401 });
    }
    const broken = this.missing.has(url);
    return new Response(this.pages.get(url) ?? 'from the network', { status: broken ? 404 : 200 });
  };

  subscription(endpoint: string) {
    return {
      options: { applicationServerKey: new ArrayBuffer(65) },
      toJSON: () => ({ endpoint, keys: { p256dh: 'p', auth: 'a' }, expirationTime: null }),
    };
  }

  /** Fires an event and waits for all that it asked to be waited for. */
  async fire(type: string, event: Record<string, unknown> = {}): Promise<unknown> {
    const waits: Promise<unknown>[] = [];
    let response: Promise<unknown> | undefined;
    this.handlers.get(type)?.({
      ...event,
      waitUntil: (promise: Promise<unknown>) => waits.push(promise),
      respondWith: (promise: Promise<unknown>) => {
        response = promise;
      },
    });
    await Promise.all(waits);
    return response;
  }

  push(data: unknown): Promise<unknown> {
    return this.fire('push', { data: { json: () => data } });
  }
}

const payload = (tag: string, more: object = {}) => ({
  web_push: 8030,
  notification: { title: `title ${tag}`, body: 'body', tag, data: { id: `e-${tag}`, seq: 5, url: `/to/${tag}` } },
  unread: 2,
  read: [],
  ...more,
});

let scope: Scope;
beforeEach(() => {
  scope = new Scope();
  install(scope as unknown as ServiceWorkerGlobalScope, '1.2.3');
});
afterEach(() => vi.unstubAllGlobals());

describe('service worker', () => {
  it('shows what comes, sets the badge, and closes what was read elsewhere', async () => {
    await scope.push(payload('a'));
    await scope.push(payload('b', { read: ['a'], unread: 1 }));
    expect(scope.notes).toMatchObject([
      { title: 'title a', tag: 'a', body: 'body', closed: true, data: { id: 'e-a', seq: 5, url: '/to/a' } },
      { title: 'title b', closed: false },
    ]);
    expect(scope.badge).toBe(1);
    await scope.push(payload('c', { unread: 0 }));
    expect(scope.badge).toBe(0);
  });

  it('shows something for every push, readable or not', async () => {
    await scope.fire('push', { data: null });
    await scope.fire('push', {
      data: {
        json: () => {
          throw new SyntaxError('no JSON');
        },
      },
    });
    await scope.push({ read: ['a'] });
    expect(scope.notes).toHaveLength(3);
    expect(scope.notes[0]).toMatchObject({ title: 'TEZ Navigator', body: 'Есть новое уведомление' });
    expect(scope.notes.filter((note) => !note.closed)).toHaveLength(1);
  });

  it('shows it even where badges fail', async () => {
    scope.navigator.setAppBadge = () => Promise.reject(new Error('no'));
    await scope.push(payload('a'));
    expect(scope.notes).toHaveLength(1);
  });

  it('does not close the notification that it just showed', async () => {
    await scope.push(payload('a', { read: ['a'] }));
    expect(scope.notes[0]?.closed).toBe(false);
  });

  const click = (url: string) => {
    const notification = { data: { url }, closed: 0, close: () => notification.closed++ };
    return { notification };
  };
  const window = (more: object = {}) => ({
    focused: false,
    visibilityState: 'hidden',
    listens: true,
    got: [] as unknown[],
    focusCalls: 0,
    ...more,
  });

  it('leads a click to a tab that is open, the one in front first', async () => {
    const [back, front] = [window(), window({ visibilityState: 'visible' })];
    scope.windows = [back, front];
    const event = click('/tickets/4');
    await scope.fire('notificationclick', event);
    expect(event.notification.closed).toBe(1);
    expect(front.got).toEqual([{ navigate: '/tickets/4' }]);
    expect(front.focusCalls).toBe(1);
    expect(back.got).toEqual([]);
    expect(scope.opened).toEqual([]);
  });

  it('opens a window when no tab is there or none listens, and for other sites', async () => {
    await scope.fire('notificationclick', click('/a'));
    scope.windows = [window({ listens: false })];
    await scope.fire('notificationclick', click('/b'));
    scope.windows = [window()];
    await scope.fire('notificationclick', click('https://redmine.test/issues/1'));
    expect(scope.opened).toEqual(['/a', '/b', 'https://redmine.test/issues/1']);
  });

  it('tells open tabs of a push', async () => {
    const one = window();
    scope.windows = [one];
    await scope.push(payload('a'));
    expect(one.got).toMatchObject([{ push: { id: 'e-a', seq: 5 } }]);
  });

  it('subscribes anew when the push service forgot us, and tells the server', async () => {
    await keepDevice(scope.caches as unknown as CacheStorage, { device: 'dev-1', label: 'Firefox, Linux' });
    const oldSubscription = scope.subscription('https://push.test/old');
    await scope.fire('pushsubscriptionchange', { oldSubscription, newSubscription: null });
    const put = scope.requests.at(-1);
    expect(put?.url).toBe('/notifications/api/devices/dev-1');
    expect(put?.init.method).toBe('PUT');
    expect(put?.init.headers).toMatchObject({ 'X-CSRF-Token': 'token', 'Content-Type': 'application/json' });
    expect(JSON.parse(String(put?.init.body))).toEqual({
      label: 'Firefox, Linux',
      kind: 'webpush',
      subscription: { endpoint: 'https://push.test/new', keys: { p256dh: 'p', auth: 'a' } },
    });
  });

  it('leaves a changed subscription to the next page when nobody is signed in or push was off', async () => {
    const change = { oldSubscription: scope.subscription('https://push.test/old'), newSubscription: null };
    await scope.fire('pushsubscriptionchange', change);
    expect(scope.requests).toEqual([]);
    await keepDevice(scope.caches as unknown as CacheStorage, { device: 'dev-1', label: '' });
    scope.signedIn = false;
    await scope.fire('pushsubscriptionchange', change);
    expect(scope.requests.map((request) => request.url)).toEqual(['/users/api/me']);
  });

  it('says that there is no network, for pages only', async () => {
    await scope.fire('install');
    const page = { request: { mode: 'navigate', method: 'GET' }, preloadResponse: Promise.resolve(undefined) };
    const text = async (event: object) =>
      ((await scope.fire('fetch', event as Record<string, unknown>)) as Response).text();
    expect(await text(page)).toBe('from the network');
    scope.online = false;
    expect(await text(page)).toContain('no network');
    const asked = (url: string, mode = 'cors', method = 'GET') =>
      scope.fire('fetch', { request: { mode, method, url: `https://nav.test${url}` } }) as Promise<
        Response | undefined
      >;
    expect(await asked('/users/api/me')).toBeUndefined();
    expect(await asked('/tasks/', 'navigate', 'POST')).toBeUndefined();
    expect(await asked('/static/login.css')).toBeUndefined();
    expect(await asked('/tasks/api/tasks?q=/static/?kept')).toBeUndefined();
    expect(await (await asked('/static/login.css?kept', 'no-cors'))?.text()).toBe('styles');
    await expect(asked('/static/new.css?kept', 'no-cors')).rejects.toThrow('offline');
  });

  it('keeps the offline page with all that it loads or not at all, and nothing of an older one', async () => {
    await scope.fire('install');
    scope.pages.set('/offline', '<link href="/static/other.css?kept">newer');
    scope.missing.add('/static/other.css?kept');
    await scope.fire('install');
    const kept = () => [...(scope.stores.get('tez-offline-1')?.keys() ?? [])];
    expect(kept()).toEqual(['/static/login.css?kept', '/static/theme.js?kept', '/offline']);
    scope.missing.clear();
    await scope.fire('install');
    expect(kept().sort()).toEqual(['/offline', '/static/other.css?kept']);
  });

  it('starts even when the offline page cannot be kept', async () => {
    scope.online = false;
    await scope.fire('install');
    expect(scope.skipped).toBe(1);
  });

  it('clears what older workers kept, and nothing else', async () => {
    for (const name of ['tez-offline-0', 'tez-offline-1', 'tez-device', 'foreign']) await scope.caches.open(name);
    await scope.fire('activate');
    expect([...scope.stores.keys()]).toEqual(['tez-offline-1', 'tez-device', 'foreign']);
  });

  it('says its version when asked', async () => {
    const posted: unknown[] = [];
    await scope.fire('message', {
      data: { ask: 'version' },
      ports: [{ postMessage: (one: unknown) => posted.push(one) }],
    });
    await scope.fire('message', { data: null, ports: [] });
    expect(posted).toEqual([{ version: '1.2.3' }]);
  });
});
