/** What the hub client needs of the browser, as small interfaces that a test can stand in for. */
import type { Undo } from './types';

export interface SocketLike {
  binaryType: string;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

export interface ChannelLike {
  onmessage: ((event: { data: unknown }) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

export interface LocksLike {
  /** Runs `held` once the lock is ours; it is given back when that promise settles. Rejects when aborted. */
  request(name: string, options: { signal: AbortSignal }, held: () => Promise<void>): Promise<void>;
}

export interface HubEnv {
  now(): number;
  random(): number;
  /** Calls `fn` after at least `ms`, unless undone. */
  after(ms: number, fn: () => void): Undo;
  socket(url: string, subprotocol: string): SocketLike;
  /** Null where the browser withholds Web Locks: on plain http, for one. */
  locks: LocksLike | null;
  channel: ((name: string) => ChannelLike) | null;
  /** Calls `fn` when trying at once makes sense: online again, page shown again, tab looked at again. */
  onWake(fn: () => void): Undo;
  /** Calls `fn(false)` when the page goes away, and `fn(true)` should it come back from the history cache. */
  onPage(fn: (here: boolean) => void): Undo;
}

type Listens = Pick<EventTarget, 'addEventListener' | 'removeEventListener'>;

function listen(target: Listens | undefined, type: string, fn: (event: Event) => void): Undo {
  target?.addEventListener(type, fn);
  return () => target?.removeEventListener(type, fn);
}

/** The real browser. Parts that are missing, as in a worker or a test, are left out rather than failing. */
export function browserEnv(): HubEnv {
  const page = typeof window === 'undefined' ? undefined : window;
  const dom = page?.document;
  return {
    now: () => Date.now(),
    random: () => Math.random(),
    after: (ms, fn) => {
      const handle = setTimeout(fn, ms);
      return () => clearTimeout(handle);
    },
    socket: (url, subprotocol) => new WebSocket(url, subprotocol) as SocketLike,
    locks: (globalThis.navigator?.locks as LocksLike | undefined) ?? null,
    channel: typeof BroadcastChannel === 'undefined' ? null : (name) => new BroadcastChannel(name) as ChannelLike,
    onWake: (fn) => {
      const undos = [
        listen(page, 'online', fn),
        listen(page, 'pageshow', fn),
        listen(dom, 'visibilitychange', () => {
          if (dom?.visibilityState === 'visible') fn();
        }),
      ];
      return () => {
        for (const undo of undos) undo();
      };
    },
    onPage: (fn) => {
      const gone = listen(page, 'pagehide', () => fn(false));
      const back = listen(page, 'pageshow', (event) => {
        if ((event as PageTransitionEvent).persisted) fn(true);
      });
      return () => {
        gone();
        back();
      };
    },
  };
}

/** `url` as an absolute ws: or wss: address; the boot object gives a path. */
export function socketUrl(url: string): string {
  if (typeof location === 'undefined') return url;
  const full = new URL(url, location.href);
  full.protocol = full.protocol.replace(/^http/, 'ws');
  return full.href;
}
