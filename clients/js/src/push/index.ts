/**
 * Push notifications as the page sees them: whether this browser gets them, turning them on and off, and closing
 * those that were read meanwhile. Showing them is the service worker's part; a page never shows one itself.
 */
import { Emitter } from '../hub/emitter';
import type { Hub, StateChange, Undo } from '../hub/types';
import { forgetDevice, keepDevice, putDevice, type Registered, type ToPage, type ToWorker } from '../sw/keep';

export interface PushBoot {
  readonly csrf: string;
  readonly push: { readonly vapid_public_key: string | null };
}

/**
 * `unsupported`: no way in this browser, on plain http, or the server has no key.
 * `denied`: the person said no; only the browser's settings can change that.
 */
export type PushState = 'unsupported' | 'denied' | 'off' | 'on';

export interface PushOptions {
  boot: PushBoot;
  /** The stable id of this browser, as in `hello`. */
  device: string;
  /** Tells of notifications read elsewhere. */
  hub?: Pick<Hub, 'on'>;
  /** Shows a page when a notification was clicked; by default the browser goes there. */
  navigate?: (url: string) => void;
  /** Stand-in for the browser, for tests. */
  browser?: PushBrowser;
}

/** The parts of the browser that push needs. */
export interface PushBrowser {
  readonly workers: Pick<
    ServiceWorkerContainer,
    'register' | 'ready' | 'addEventListener' | 'removeEventListener'
  > | null;
  readonly supported: boolean;
  readonly caches: CacheStorage;
  readonly fetch: typeof fetch;
  readonly userAgent: string;
  permission(): NotificationPermission;
  requestPermission(): Promise<NotificationPermission>;
  /** Whether the person wants push on this device; survives the page. */
  wish(value?: 'on' | 'off'): string | null;
}

const WISH = 'tez-push';
const SCRIPT = '/sw.js';
const ANSWER_MS = 2_000;

/** What the notifications that the worker shows carry. */
interface ShownData {
  id?: string;
  seq?: number;
}

interface PushEvents {
  change: undefined;
  /** A push came in while the page is open; for diagnostics. */
  push: { id: string; seq: number; at: number };
}

export class Push {
  state: PushState = 'off';
  /** Why the last attempt failed, for diagnostics; null when it did not. */
  error: Error | null = null;
  readonly #boot: PushBoot;
  readonly #browser: PushBrowser;
  readonly #registered: Registered;
  readonly #events = new Emitter<PushEvents>();
  readonly #undos: Undo[] = [];
  #registration: ServiceWorkerRegistration | null = null;

  constructor(options: PushOptions) {
    this.#boot = options.boot;
    this.#browser = options.browser ?? realBrowser();
    this.#registered = { device: options.device, label: labelOf(this.#browser.userAgent) };
    const { workers } = this.#browser;
    const hear = (event: Event): void => this.#hear(event as MessageEvent, options.navigate ?? goTo);
    workers?.addEventListener('message', hear);
    this.#undos.push(() => workers?.removeEventListener('message', hear));
    const undo = options.hub?.on('state', (change) => void this.#close(change));
    if (undo) this.#undos.push(undo);
  }

  on<K extends keyof PushEvents>(type: K, fn: (value: PushEvents[K]) => void): Undo {
    return this.#events.on(type, fn);
  }

  /**
   * To be called on every page load: registers the worker, and heals what was lost in silence: the endpoint is sent to
   * the server each time, which is also this device's sign of life. Never rejects and never asks the person anything.
   */
  async ensure(): Promise<void> {
    try {
      const registration = await this.#register();
      if (!registration) return this.#settle('unsupported', null);
      if (this.#browser.permission() === 'denied') return this.#settle('denied', null);
      const wanted = this.#browser.permission() === 'granted' && this.#browser.wish() === 'on';
      if (!wanted) return this.#settle('off', null);
      await this.#subscribe(registration);
      this.#settle('on', null);
    } catch (error) {
      this.#settle('off', error);
    }
  }

  /** Asks for permission and subscribes. Only in a click's handler: browsers ask on nothing else. Rejects with the reason. */
  async enable(): Promise<void> {
    try {
      // First of all, while the click still counts.
      const permission = await this.#browser.requestPermission();
      const registration = await this.#register();
      if (!registration) return this.#settle('unsupported', null);
      if (permission !== 'granted') return this.#settle(permission === 'denied' ? 'denied' : 'off', null);
      await this.#subscribe(registration);
      this.#browser.wish('on');
      this.#settle('on', null);
    } catch (error) {
      this.#settle('off', error);
      throw error;
    }
  }

  /** Ends push on this device, here and on the server. Also before signing out: the next person must not get ours. */
  async disable(): Promise<void> {
    this.#browser.wish('off');
    try {
      const registration = await this.#register();
      const subscription = await registration?.pushManager.getSubscription();
      await subscription?.unsubscribe();
      await forgetDevice(this.#browser.caches);
      const path = `/notifications/api/devices/${encodeURIComponent(this.#registered.device)}`;
      const headers = { Accept: 'application/json', 'X-CSRF-Token': this.#boot.csrf };
      await this.#browser.fetch(path, {
        method: 'DELETE',
        credentials: 'same-origin',
        headers,
        signal: AbortSignal.timeout(15_000),
      });
      this.#settle(registration ? 'off' : 'unsupported', null);
    } catch (error) {
      this.#settle('off', error);
      throw error;
    }
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
      active.postMessage({ tez: 'version' } satisfies ToWorker, [port2]);
    });
    return { version, state: active.state };
  }

  /** Stops listening; the subscription stays. */
  close(): void {
    for (const undo of this.#undos.splice(0)) undo();
  }

  // -- subscription ---------------------------------------------------------------------------------

  async #register(): Promise<ServiceWorkerRegistration | null> {
    const { workers, supported } = this.#browser;
    if (!workers || !supported) return null;
    await workers.register(SCRIPT, { scope: '/', updateViaCache: 'none' });
    this.#registration = await workers.ready;
    return this.#boot.push.vapid_public_key ? this.#registration : null;
  }

  /** A subscription made with the server's present key, known to the server. */
  async #subscribe(registration: ServiceWorkerRegistration): Promise<void> {
    const key = fromBase64Url(this.#boot.push.vapid_public_key ?? '');
    let subscription = await registration.pushManager.getSubscription();
    if (subscription && !isEqual(subscription.options.applicationServerKey, key)) {
      // Made with a key that is not ours any more: pushes to it would be refused.
      await subscription.unsubscribe();
      subscription = null;
    }
    subscription ??= await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    await keepDevice(this.#browser.caches, this.#registered);
    await putDevice(this.#browser.fetch, this.#boot.csrf, this.#registered, subscription.toJSON());
  }

  #settle(state: PushState, error: unknown): void {
    this.state = state;
    this.error = error === null ? null : error instanceof Error ? error : new Error(String(error));
    this.#events.emit('change', undefined);
  }

  // -- what the hub and the worker say -----------------------------------------------------------------

  /** Closes what this device still shows of notifications that were seen or read, here or elsewhere. */
  async #close({ level, ids, seq, unseen }: StateChange): Promise<void> {
    if (level !== 'shown' && level !== 'read' && level !== 'done') return;
    const named = new Set(ids);
    const all = (await this.#registration?.getNotifications()) ?? [];
    for (const notification of all) {
      const data = (notification.data ?? {}) as ShownData;
      const upTo = seq !== undefined && data.seq !== undefined && data.seq <= seq;
      // A summary speaks of many: it goes when none of them is left.
      if (unseen === 0 || upTo || (data.id !== undefined && named.has(data.id))) notification.close();
    }
  }

  #hear(event: MessageEvent, navigate: (url: string) => void): void {
    const message = event.data as ToPage | null;
    if (message?.tez === 'navigate') {
      // The answer first: going there may end this page.
      event.ports[0]?.postMessage(true);
      navigate(message.url);
    } else if (message?.tez === 'push') this.#events.emit('push', message);
  }
}

function goTo(url: string): void {
  location.assign(url);
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
  const { navigator } = globalThis;
  return {
    workers: 'serviceWorker' in navigator ? navigator.serviceWorker : null,
    supported: 'PushManager' in globalThis && 'Notification' in globalThis,
    get caches() {
      return globalThis.caches;
    },
    fetch: (...args) => fetch(...args),
    userAgent: navigator.userAgent,
    permission: () => ('Notification' in globalThis ? Notification.permission : 'denied'),
    requestPermission: () =>
      'Notification' in globalThis ? Notification.requestPermission() : Promise.resolve('denied' as const),
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
