/**
 * Push notifications as the page sees them: whether this browser gets them, turning them on and off, and closing
 * those that were read meanwhile. Showing them is the service worker's part; a page never shows one itself.
 */
import type { StateChange } from '../hub/types';
import {
  forgetDevice,
  keepDevice,
  type Registered,
  type Subscribed,
  subscribed,
  type ToPage,
  type ToWorker,
} from '../sw/keep';

/**
 * `unsupported`: no way in this browser, on plain http, or the server has no key.
 * `denied`: the person said no; only the browser's settings can change that.
 */
export type PushState = 'unsupported' | 'denied' | 'off' | 'on';

export interface PushOptions {
  /** The server's present key, base64url; null: it does not do Web Push. */
  vapidPublicKey: string | null;
  /** The stable id of this browser, as in `hello`. */
  device: string;
  /** What a person reads in the list of devices; see `labelOf`. */
  label: string;
  /** PUT with the person's session and CSRF token; rejects when the server does not take it. */
  put(path: string, body: Subscribed): Promise<unknown>;
  /** DELETE in the same way. */
  remove(path: string): Promise<unknown>;
  /** Called whenever `state` is another one. */
  changed?(): void;
  /** Stand-in for the browser, for tests. */
  browser?: PushBrowser;
}

/** The parts of the browser that push needs. */
export interface PushBrowser {
  /** Null where workers or push are missing: on plain http, for one. */
  readonly workers: Pick<
    ServiceWorkerContainer,
    'register' | 'ready' | 'addEventListener' | 'removeEventListener'
  > | null;
  readonly caches: CacheStorage | null;
  permission(): NotificationPermission;
  requestPermission(): Promise<NotificationPermission>;
  /** Whether the person wants push on this device, kept beyond the page; null: never said. */
  wish(value?: 'on' | 'off'): string | null;
}

const WISH = 'tez-push';
const SCRIPT = '/sw.js';
const ANSWER_MS = 2_000;
const READY_MS = 15_000;

/** What the notifications that the worker shows carry. */
interface ShownData {
  id?: string;
  seq?: number;
}

export class Push {
  #state: PushState = 'unsupported';
  /** Why the last attempt failed, for diagnostics; null when it did not. */
  error: Error | null = null;
  /** The last push that came in while this page was open, for diagnostics. */
  last: { id: string; seq: number; at: number } | null = null;
  readonly #options: PushOptions;
  readonly #browser: PushBrowser;
  readonly #registered: Registered;
  #registration: ServiceWorkerRegistration | null = null;
  readonly #hear = (event: Event): void => {
    const { data, ports } = event as MessageEvent<ToPage | null>;
    // Tells the worker that somebody is here who will go where the click leads; who goes is the page's affair.
    if (data && 'navigate' in data) ports[0]?.postMessage(true);
    else if (data && 'push' in data) this.last = data.push;
  };

  constructor(options: PushOptions) {
    this.#options = options;
    this.#browser = options.browser ?? realBrowser();
    this.#registered = { device: options.device, label: options.label };
    if (this.#browser.workers && options.vapidPublicKey) {
      this.#state = this.#browser.permission() === 'denied' ? 'denied' : 'off';
    }
    this.#browser.workers?.addEventListener('message', this.#hear);
  }

  get state(): PushState {
    return this.#state;
  }

  /**
   * To be called on every page load: registers the worker, and heals what was lost in silence. The endpoint goes to the
   * server each time, which is also this device's sign of life. Never asks the person anything. Rejects with the reason.
   */
  start(): Promise<void> {
    return this.#try(async () => {
      const registration = await this.#register();
      if (!registration) return 'unsupported';
      const permission = this.#browser.permission();
      if (permission !== 'granted') return permission === 'denied' ? 'denied' : 'off';
      const wish = this.#browser.wish();
      // Wanted but gone: the push service dropped it and nobody was told.
      const wanted = wish === 'on' || (wish === null && (await registration.pushManager.getSubscription()) !== null);
      if (!wanted) return 'off';
      await this.#subscribe(registration);
      return 'on';
    });
  }

  /** Asks for permission and subscribes. Only in a click's handler: browsers ask on nothing else. Rejects with the reason. */
  enable(): Promise<void> {
    // First of all, while the click still counts.
    const asked = this.#browser.requestPermission();
    return this.#try(async () => {
      const permission = await asked;
      const registration = await this.#register();
      if (!registration) return 'unsupported';
      if (permission !== 'granted') return permission === 'denied' ? 'denied' : 'off';
      await this.#subscribe(registration);
      this.#browser.wish('on');
      return 'on';
    });
  }

  /** Ends push on this device, here and on the server. Also before signing out: the next person must not get ours. */
  disable(): Promise<void> {
    this.#browser.wish('off');
    return this.#try(async () => {
      const registration = await this.#register();
      const subscription = await registration?.pushManager.getSubscription();
      await subscription?.unsubscribe();
      if (this.#browser.caches) await forgetDevice(this.#browser.caches);
      await this.#options.remove(this.#path());
      return registration ? 'off' : 'unsupported';
    });
  }

  /** Closes what this device still shows of the events `ids`. */
  async close(ids: readonly string[]): Promise<void> {
    const named = new Set(ids);
    await this.#closeThose(({ id }) => id !== undefined && named.has(id));
  }

  /** The same by what the hub tells: seen, read or done, here or elsewhere. A summary goes when nothing is left unseen. */
  async closeSeen({ level, ids, seq, unseen }: StateChange): Promise<void> {
    if (level === 'unread' || level === 'undone') return;
    const named = new Set(ids);
    await this.#closeThose((shown) => {
      const upTo = seq !== undefined && shown.seq !== undefined && shown.seq <= seq;
      return unseen === 0 || upTo || (shown.id !== undefined && named.has(shown.id));
    });
  }

  /** The worker's version and state, for diagnostics; null without a worker. */
  async worker(): Promise<{ version: string | null; state: string } | null> {
    const active = this.#registration?.active;
    if (!active) return null;
    const version = await new Promise<string | null>((resolve) => {
      const { port1, port2 } = new MessageChannel();
      const timer = setTimeout(() => resolve(null), ANSWER_MS);
      port1.onmessage = (event) => {
        clearTimeout(timer);
        port1.close();
        resolve(String((event.data as { version?: string }).version));
      };
      active.postMessage({ ask: 'version' } satisfies ToWorker, [port2]);
    });
    return { version, state: active.state };
  }

  /** Stops listening; the subscription stays. */
  stop(): void {
    this.#browser.workers?.removeEventListener('message', this.#hear);
  }

  // -- subscription ---------------------------------------------------------------------------------

  /** The worker, registered whether push is possible or not: it also says when there is no network. Null: no push. */
  async #register(): Promise<ServiceWorkerRegistration | null> {
    const { workers } = this.#browser;
    if (!workers) return null;
    await workers.register(SCRIPT, { scope: '/', updateViaCache: 'none' });
    this.#registration = await within(READY_MS, workers.ready);
    // Safari on iOS has workers in every tab, but push only for what is on the home screen.
    return this.#options.vapidPublicKey && 'pushManager' in this.#registration ? this.#registration : null;
  }

  /** A subscription made with the server's present key, known to the server. */
  async #subscribe(registration: ServiceWorkerRegistration): Promise<void> {
    const key = fromBase64Url(this.#options.vapidPublicKey ?? '');
    let subscription = await registration.pushManager.getSubscription();
    if (subscription && !isEqual(subscription.options.applicationServerKey, key)) {
      // Made with a key that is not ours any more: pushes to it would be refused.
      await subscription.unsubscribe();
      subscription = null;
    }
    subscription ??= await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    if (this.#browser.caches) await keepDevice(this.#browser.caches, this.#registered);
    await this.#options.put(this.#path(), subscribed(this.#registered, subscription.toJSON()));
  }

  #path(): string {
    return `/notifications/api/devices/${encodeURIComponent(this.#registered.device)}`;
  }

  async #closeThose(which: (shown: ShownData) => boolean): Promise<void> {
    const all = (await this.#registration?.getNotifications()) ?? [];
    for (const notification of all) if (which((notification.data ?? {}) as ShownData)) notification.close();
  }

  async #try(run: () => Promise<PushState>): Promise<void> {
    const before = this.#state;
    try {
      this.#state = await run();
      this.error = null;
    } catch (error) {
      this.error = error instanceof Error ? error : new Error(String(error));
      if (before !== 'unsupported') this.#state = this.#browser.permission() === 'denied' ? 'denied' : 'off';
      throw error;
    } finally {
      if (this.#state !== before) this.#options.changed?.();
    }
  }
}

/** `ready` never comes for a worker whose script fails to install. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the service worker does not start')), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** RFC 4648, section 5, without padding. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(plain, (char) => char.charCodeAt(0));
}

function isEqual(a: ArrayBuffer | null, b: Uint8Array): boolean {
  if (!a || a.byteLength !== b.length) return false;
  const bytes = new Uint8Array(a);
  return b.every((byte, at) => bytes[at] === byte);
}

/** "Firefox, Linux": enough for a person to know the device in a list. */
export function labelOf(userAgent: string): string {
  const find = (names: readonly (readonly [string, RegExp])[]): string | undefined =>
    names.find(([, pattern]) => pattern.test(userAgent))?.[0];
  const browser = find([
    ['Edge', /Edg\//],
    ['Opera', /OPR\//],
    ['Yandex', /YaBrowser\//],
    ['Firefox', /Firefox\/|FxiOS\//],
    ['Chrome', /Chrome\/|CriOS\//],
    ['Safari', /Safari\//],
  ]);
  const system = find([
    ['Android', /Android/],
    ['iOS', /iPhone|iPad/],
    ['Windows', /Windows/],
    ['macOS', /Mac OS X/],
    ['Linux', /Linux/],
  ]);
  return [browser ?? 'Browser', system].filter((part) => part !== undefined).join(', ');
}

function realBrowser(): PushBrowser {
  const able = 'serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis;
  return {
    workers: able ? navigator.serviceWorker : null,
    caches: globalThis.caches ?? null,
    permission: () => (able ? Notification.permission : 'denied'),
    requestPermission: () => (able ? Notification.requestPermission() : Promise.resolve('denied')),
    wish: (value) => {
      try {
        if (value) localStorage.setItem(WISH, value);
        return localStorage.getItem(WISH);
      } catch {
        return null;
      }
    },
  };
}
