/** The service worker's behaviour: shows pushes, leads clicks to a tab, keeps the subscription alive, and says when offline. */
import { keptDevice, META_CACHE, subscribed, type ToPage, type ToWorker } from './keep';
import { readPush, type Shown } from './payload';

const OFFLINE_CACHE = 'tez-offline-1';
const OFFLINE = '/offline';
/** What the offline page loads is marked so: kept with it, and no other request is held up for it. */
const KEPT = '?kept';
const ICON = '/static/icons/icon-192.png';
/** A page that listens answers at once; one that does not (sign-in, offline) never will. */
const LISTEN_MS = 400;
const LIMIT_MS = 15_000;

const TITLE = 'TEZ Navigator';

export function install(scope: ServiceWorkerGlobalScope, version: string): void {
  const { origin } = scope.location;

  scope.addEventListener('install', (event) => {
    // Nothing of an older worker is relied upon, so the newest one may act at once. Push matters more than the offline page.
    event.waitUntil(
      keepOffline()
        .catch(() => undefined)
        .then(() => scope.skipWaiting()),
    );
  });

  scope.addEventListener('activate', (event) => {
    event.waitUntil(
      Promise.all([
        scope.clients.claim(),
        scope.registration.navigationPreload?.enable(),
        scope.caches
          .keys()
          .then((names) =>
            names.filter((name) => name.startsWith('tez-') && name !== OFFLINE_CACHE && name !== META_CACHE),
          )
          .then((old) => Promise.all(old.map((name) => scope.caches.delete(name)))),
      ]),
    );
  });

  scope.addEventListener('fetch', (event) => {
    const { mode, method, url } = event.request;
    if (method !== 'GET') return;
    if (mode === 'navigate') event.respondWith(page(event));
    else if (url.startsWith(`${origin}/static/`) && url.endsWith(KEPT)) event.respondWith(part(event.request));
  });

  scope.addEventListener('push', (event) => {
    event.waitUntil(push(event.data));
  });

  scope.addEventListener('notificationclick', (event) => {
    event.notification.close();
    const { url } = (event.notification.data ?? {}) as { url?: string };
    event.waitUntil(open(url ?? '/'));
  });

  scope.addEventListener('pushsubscriptionchange', (event) => {
    event.waitUntil(renew(event as PushSubscriptionChangeEvent));
  });

  scope.addEventListener('message', (event) => {
    const message = event.data as ToWorker | null;
    if (message?.ask === 'version') event.ports[0]?.postMessage({ version });
  });

  // -- offline --------------------------------------------------------------------------------------

  async function keepOffline(): Promise<void> {
    const page = await fresh(OFFLINE);
    const text = await page.clone().text();
    const parts = [...text.matchAll(/"(\/static\/[^"]+\?kept)"/g)].map(([, path]) => path ?? '');
    const answers = await Promise.all(parts.map(fresh));
    const cache = await scope.caches.open(OFFLINE_CACHE);
    await Promise.all(answers.map((answer, i) => cache.put(parts[i] ?? '', answer)));
    await cache.put(OFFLINE, page);
    const kept = new Set([OFFLINE, ...parts].map((path) => new URL(path, origin).href));
    for (const old of await cache.keys()) if (!kept.has(old.url)) await cache.delete(old); // style sheets of older builds
  }

  /** From the server itself, whole. */
  async function fresh(path: string): Promise<Response> {
    const answer = await scope.fetch(path, { cache: 'reload' });
    if (!answer.ok) throw new Error(`${path}: HTTP ${answer.status}`);
    return answer;
  }

  /** What belongs to the offline page as it is kept. */
  async function part(request: Request): Promise<Response> {
    return (await scope.caches.match(request)) ?? scope.fetch(request);
  }

  /** The page from the network; without one, the word that there is none. */
  async function page(event: FetchEvent): Promise<Response> {
    try {
      const early = (await event.preloadResponse) as Response | undefined;
      return early ?? (await scope.fetch(event.request));
    } catch {
      return (await scope.caches.match(OFFLINE)) ?? new Response('Offline', { status: 503 });
    }
  }

  // -- push -----------------------------------------------------------------------------------------

  /** Shows what came, always: browsers take the subscription from a site that gets pushes and shows nothing. */
  async function push(data: PushMessageData | null): Promise<void> {
    let content: unknown = null;
    try {
      content = data?.json();
    } catch {
      // Unreadable: what is shown then says at least that there is something.
    }
    const russian = scope.navigator.language.startsWith('ru');
    const body = russian ? 'Есть новое уведомление' : 'There is a new notification';
    const shown = readPush(content, origin, { title: TITLE, body });
    await scope.registration.showNotification(shown.title, options(shown));
    await Promise.allSettled([closeRead(shown), badge(shown.unread), tellPush(shown)]);
  }

  function options({ body, tag, renotify, id, seq, url }: Shown): NotificationOptions {
    // `renotify` without a tag is a TypeError.
    const again = tag !== '' && renotify ? { renotify } : {};
    return { body, tag, icon: ICON, badge: ICON, data: { id, seq, url }, ...again };
  }

  async function closeRead({ read, tag }: Shown): Promise<void> {
    for (const one of read) {
      if (one === tag) continue;
      for (const notification of await scope.registration.getNotifications({ tag: one })) notification.close();
    }
  }

  async function badge(unread: number | null): Promise<void> {
    if (unread === null || !('setAppBadge' in scope.navigator)) return;
    if (unread > 0) await scope.navigator.setAppBadge(unread);
    else await scope.navigator.clearAppBadge();
  }

  async function tellPush({ id, seq }: Shown): Promise<void> {
    const message: ToPage = { push: { id, seq, at: Date.now() } };
    for (const client of await windows()) client.postMessage(message);
  }

  // -- clicks -----------------------------------------------------------------------------------------

  async function windows(): Promise<readonly WindowClient[]> {
    return scope.clients.matchAll({ type: 'window', includeUncontrolled: true });
  }

  /** Leads to `url` in a tab that is open already, in a new one if there is none that listens. */
  async function open(url: string): Promise<void> {
    if (url.startsWith('/')) {
      const rank = (client: WindowClient): number =>
        client.focused ? 2 : client.visibilityState === 'visible' ? 1 : 0;
      for (const client of [...(await windows())].sort((a, b) => rank(b) - rank(a))) {
        if (!(await navigate(client, url))) continue;
        try {
          await client.focus();
          return;
        } catch {
          // The browser does not let us bring it to the front; a new window is then better than nothing.
        }
      }
    }
    await scope.clients.openWindow(url);
  }

  /** Asks a tab to show `url`; false when it does not answer. */
  function navigate(client: WindowClient, url: string): Promise<boolean> {
    const { port1, port2 } = new MessageChannel();
    return new Promise((resolve) => {
      const timer = setTimeout(() => done(false), LISTEN_MS);
      const done = (heard: boolean): void => {
        clearTimeout(timer);
        port1.close();
        resolve(heard);
      };
      port1.onmessage = () => done(true);
      const message: ToPage = { navigate: url };
      client.postMessage(message, [port2]);
    });
  }

  // -- subscription -----------------------------------------------------------------------------------

  /** The push service has dropped our subscription: makes a new one and tells the server, if somebody is signed in. */
  async function renew(event: PushSubscriptionChangeEvent): Promise<void> {
    const key = event.oldSubscription?.options.applicationServerKey ?? null;
    const subscription =
      event.newSubscription ??
      (key
        ? await scope.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
        : null);
    const registered = await keptDevice(scope.caches);
    if (!subscription || !registered) return; // the next page load makes it good
    const me = await request('/users/api/me', {});
    if (!me.ok) return;
    const { csrf } = (await me.json()) as { csrf: string };
    const answer = await request(`/notifications/api/devices/${encodeURIComponent(registered.device)}`, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf },
      body: JSON.stringify(subscribed(registered, subscription.toJSON())),
    });
    if (!answer.ok) throw new Error(`the server did not take the subscription: HTTP ${answer.status}`);
  }

  function request(path: string, init: RequestInit): Promise<Response> {
    const headers = { Accept: 'application/json', ...init.headers };
    return scope.fetch(path, { credentials: 'same-origin', ...init, headers, signal: AbortSignal.timeout(LIMIT_MS) });
  }
}
