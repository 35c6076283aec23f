import { beforeEach, describe, expect, it } from 'vitest';
import type { StateChange } from '../../src/hub';
import { fromBase64Url, labelOf, Push, type PushBrowser } from '../../src/push';

const KEY = 'BNc0-_8';
const OTHER = 'BAAA';

class Subscription {
  active = true;
  readonly options: { applicationServerKey: ArrayBuffer };

  constructor(
    readonly endpoint: string,
    key: Uint8Array<ArrayBuffer>,
  ) {
    this.options = { applicationServerKey: key.buffer };
  }

  async unsubscribe(): Promise<boolean> {
    this.active = false;
    return true;
  }

  toJSON() {
    return { endpoint: this.endpoint, expirationTime: null, keys: { p256dh: 'p', auth: 'a' } };
  }
}

/** A browser with one site and its worker. */
class Browser {
  subscription: Subscription | null = null;
  made = 0;
  allowed: NotificationPermission = 'default';
  answer: NotificationPermission = 'granted';
  asked = 0;
  wished: string | null = null;
  registered: unknown[] = [];
  requests: { method: string; url: string; body: unknown }[] = [];
  refuses = false;
  notes: { data: unknown; closed: boolean }[] = [];
  readonly target = new EventTarget();
  readonly stored = new Map<string, unknown>();
  push = true;
  workers = true;

  get api(): PushBrowser {
    const registration = {
      ...(this.push ? { pushManager: this.manager() } : {}),
      getNotifications: async () =>
        this.notes.map((note) => ({
          data: note.data,
          close: () => {
            note.closed = true;
          },
        })),
    };
    return {
      workers: this.workers
        ? ({
            register: async (...args: unknown[]) => {
              this.registered.push(args);
              return registration;
            },
            ready: Promise.resolve(registration),
            addEventListener: this.target.addEventListener.bind(this.target),
            removeEventListener: this.target.removeEventListener.bind(this.target),
          } as unknown as PushBrowser['workers'])
        : null,
      caches: {
        open: async () => ({
          put: async (key: string, response: Response) => void this.stored.set(key, await response.json()),
        }),
        delete: async () => this.stored.clear(),
      } as unknown as CacheStorage,
      permission: () => this.allowed,
      requestPermission: async () => {
        this.asked += 1;
        this.allowed = this.answer;
        return this.allowed;
      },
      wish: (value) => {
        if (value) this.wished = value;
        return this.wished;
      },
    };
  }

  manager() {
    return {
      getSubscription: async () => (this.subscription?.active ? this.subscription : null),
      subscribe: async (options: { applicationServerKey: Uint8Array<ArrayBuffer>; userVisibleOnly: boolean }) => {
        if (this.subscription?.active) throw new DOMException('another key', 'InvalidStateError');
        expect(options.userVisibleOnly).toBe(true);
        this.made += 1;
        this.subscription = new Subscription(`https://push.test/${this.made}`, options.applicationServerKey);
        return this.subscription;
      },
    };
  }
}

let browser: Browser;
beforeEach(() => {
  browser = new Browser();
});

function page(key: string | null = KEY, changed: () => void = () => undefined): Push {
  const request = async (method: string, url: string, body: unknown): Promise<void> => {
    if (browser.refuses) throw new Error('HTTP 422');
    browser.requests.push({ method, url, body: structuredClone(body) });
  };
  return new Push({
    vapidPublicKey: key,
    device: 'dev-1',
    label: 'Firefox, Linux',
    put: (path, body) => request('PUT', path, body),
    remove: (path) => request('DELETE', path, null),
    changed,
    browser: browser.api,
  });
}

const sent = (endpoint: string) => ({
  method: 'PUT',
  url: '/notifications/api/devices/dev-1',
  body: { label: 'Firefox, Linux', kind: 'webpush', subscription: { endpoint, keys: { p256dh: 'p', auth: 'a' } } },
});

describe('push in the page', () => {
  it('asks nothing on loading, but registers the worker at the root', async () => {
    const push = page();
    await push.start();
    expect(push.state).toBe('off');
    expect(browser.registered).toEqual([['/sw.js', { scope: '/', updateViaCache: 'none' }]]);
    expect(browser.asked).toBe(0);
    expect(browser.made).toBe(0);
    expect(browser.requests).toEqual([]);
  });

  it('asks and subscribes on a click, and tells the server', async () => {
    let changes = 0;
    const push = page(KEY, () => changes++);
    await push.enable();
    expect(push.state).toBe('on');
    expect(changes).toBe(1);
    expect(browser.requests).toEqual([sent('https://push.test/1')]);
    expect(browser.stored.get('/tez-device')).toEqual({ device: 'dev-1', label: 'Firefox, Linux' });
  });

  it('sends the endpoint again on every page load', async () => {
    await page().enable();
    const push = page();
    await push.start();
    expect(push.state).toBe('on');
    expect(browser.requests).toEqual([sent('https://push.test/1'), sent('https://push.test/1')]);
    expect(browser.made).toBe(1);
  });

  it('renews a subscription that was made with another key', async () => {
    await page(OTHER).enable();
    await page(KEY).start();
    expect(browser.requests.at(-1)).toEqual(sent('https://push.test/2'));
    expect(new Uint8Array(browser.subscription?.options.applicationServerKey ?? new ArrayBuffer())).toEqual(
      fromBase64Url(KEY),
    );
  });

  it('makes a subscription anew that was lost in silence', async () => {
    await page().enable();
    browser.subscription = null;
    const push = page();
    await push.start();
    expect(push.state).toBe('on');
    expect(browser.requests.at(-1)).toEqual(sent('https://push.test/2'));
    expect(browser.asked).toBe(1);
  });

  it('stays off once it was turned off, here and on the server', async () => {
    const push = page();
    await push.enable();
    await push.disable();
    expect(push.state).toBe('off');
    expect(browser.subscription?.active).toBe(false);
    expect(browser.requests.at(-1)).toEqual({ method: 'DELETE', url: '/notifications/api/devices/dev-1', body: null });
    expect(browser.stored.size).toBe(0);
    await page().start();
    expect(browser.made).toBe(1);
  });

  it('says denied when the person said no', async () => {
    browser.answer = 'denied';
    const push = page();
    await push.enable();
    expect(push.state).toBe('denied');
    expect(page().state).toBe('denied');
    await page().start();
    expect(browser.made).toBe(0);
  });

  it('is unsupported without a key of the server, without workers, and where workers have no push', async () => {
    const push = page(null);
    await push.start();
    expect(push.state).toBe('unsupported');
    browser.push = false;
    const other = page();
    await other.start();
    expect(other.state).toBe('unsupported');
    browser.workers = false;
    expect(page().state).toBe('unsupported');
    await page().start();
  });

  it('tells why it failed, and stays off', async () => {
    browser.refuses = true;
    const push = page();
    await expect(push.enable()).rejects.toThrow('HTTP 422');
    expect(push).toMatchObject({ state: 'off', error: { message: 'HTTP 422' } });
    browser.refuses = false;
    await push.enable();
    expect(push).toMatchObject({ state: 'on', error: null });
  });

  it('closes what was seen, by id or position, and a summary when nothing is left', async () => {
    const push = page();
    await push.start();
    const ids = ['e1', 'e2', 'e3', 'e4', 'summary'];
    browser.notes = ids.map((id, at) => ({ data: { id, seq: at + 1 }, closed: false }));
    const open = async (change: Omit<StateChange, 'by'>): Promise<unknown[]> => {
      await push.closeSeen({ by: 'other', ...change });
      return browser.notes.filter((note) => !note.closed).map((note) => (note.data as { id: string }).id);
    };
    expect(await open({ level: 'unread', ids: ['e1'], unseen: 5 })).toHaveLength(5);
    expect(await open({ level: 'read', ids: ['e2'], unseen: 4 })).toEqual(['e1', 'e3', 'e4', 'summary']);
    expect(await open({ level: 'shown', seq: 3, unseen: 2 })).toEqual(['e4', 'summary']);
    await push.close(['e4', 'nobody']);
    expect(await open({ level: 'read', ids: ['nobody'], unseen: 1 })).toEqual(['summary']);
    expect(await open({ level: 'done', ids: ['nobody'], unseen: 0 })).toEqual([]);
  });

  it('tells the worker that somebody is here when a notification was clicked, and notes pushes', () => {
    const push = page();
    const heard: unknown[] = [];
    const ports = [{ postMessage: (value: unknown) => heard.push(value) }];
    const say = (data: unknown): boolean =>
      browser.target.dispatchEvent(Object.assign(new Event('message'), { data, ports }));
    say({ navigate: '/tickets/4' });
    say({ other: 1 });
    say(null);
    expect(heard).toEqual([true]);
    say({ push: { id: 'e1', seq: 1, at: 5 } });
    expect(push.last).toEqual({ id: 'e1', seq: 1, at: 5 });
    push.stop();
    say({ navigate: '/b' });
    expect(heard).toHaveLength(1);
  });

  it('names a device so that a person knows it', () => {
    const chrome = 'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36';
    expect(labelOf(chrome)).toBe('Chrome, Windows');
    expect(labelOf(`${chrome} Edg/150.0`)).toBe('Edge, Windows');
    expect(labelOf('Mozilla/5.0 (iPhone) AppleWebKit/605 Version/18 Mobile Safari/604')).toBe('Safari, iOS');
    expect(labelOf('curl/8')).toBe('Browser');
  });
});
