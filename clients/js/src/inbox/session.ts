/** The way from a page to the server: what the page was told at its start, requests, the hub and the inbox behind it. */

import { type InboxPage, InboxStore, type PageQuery, SharedHub } from '../hub/index';
import { isLocale, setLocale } from '../i18n/index';
import { setServerClock } from '../ui/clock';
import type { QuietWindow } from './quiet';
import { type SoundWishes, sound } from './sound';

/** What the server tells a page's script: `/users/api/me`, and the JSON in every shell page. */
export interface Boot {
  readonly user: {
    readonly id: number;
    readonly name: string;
    readonly display_name: string;
    readonly locale: string;
    readonly zone: string;
    readonly permissions: readonly string[];
    /** Where the picture lies, 64 pixels wide; null without one. */
    readonly avatar?: string | null;
  };
  readonly csrf: string;
  readonly socket: string;
  readonly push: { readonly vapid_public_key: string | null; readonly fcm: unknown };
  /** The administrator who looks as `user`, read only; null when people are themselves. */
  readonly viewer: { readonly id: number; readonly name: string; readonly display_name: string } | null;
  readonly areas: readonly { readonly id: string; readonly href: string }[];
  readonly version: string;
  readonly theme: string;
  /** What the person wishes to hear; null: nothing was ever set. */
  readonly sound?: SoundWishes | null;
  /** The person's quiet hours, in the zone of `user`; and whether what is critical is heard all the same. */
  readonly quiet?: readonly QuietWindow[] | null;
  readonly critical_pierces?: boolean | null;
  readonly demo: boolean;
}

/** An answer other than 2xx; `code` is the server's stable one, `message` is in the person's language, `field` names what to mend. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field?: string,
    /** The whole answer, for areas whose errors carry more. */
    readonly body: unknown = null,
  ) {
    super(message);
  }
}

const LIMIT_MS = 15_000;

/** One request of JSON, below `base`, with the person's cookie; gives up after 15 s. Unsafe methods carry the CSRF token. */
export async function request<T>(base: string, path: string, init: RequestInit & { csrf?: string } = {}): Promise<T> {
  const { csrf, ...rest } = init;
  const headers = new Headers(rest.headers);
  headers.set('Accept', 'application/json');
  if (csrf) headers.set('X-CSRF-Token', csrf);
  if (rest.body) headers.set('Content-Type', 'application/json');
  const answer = await fetch(new URL(path, base), {
    credentials: 'include',
    signal: AbortSignal.timeout(LIMIT_MS),
    ...rest,
    headers,
  });
  if (answer.status === 204) return undefined as T;
  const body: unknown = await answer.json().catch(() => null);
  if (answer.ok) return body as T;
  const fault = (body as { error?: { code?: string; message?: string; field?: string } } | null)?.error;
  throw new HttpError(
    answer.status,
    fault?.code ?? 'unknown',
    fault?.message ?? `HTTP ${answer.status}`,
    fault?.field,
    body,
  );
}

/** The fetcher that `InboxStore` wants. */
export function inboxPages(base: string): (query: PageQuery) => Promise<InboxPage> {
  return (query) => {
    const search = new URLSearchParams({ limit: String(query.limit) });
    if (query.before !== undefined) search.set('before', String(query.before));
    if (query.kind) search.set('kind', query.kind);
    if (query.unread) search.set('unread', '1');
    return request<InboxPage>(base, `/notifications/api/inbox?${search}`);
  };
}

export interface Session {
  readonly base: string;
  readonly boot: Boot;
  readonly hub: SharedHub;
  readonly inbox: InboxStore;
}

/** Connects: hub started, first page under way, clock and language set. */
export function connect(base: string, boot: Boot, client: string): Session {
  if (isLocale(boot.user.locale)) setLocale(boot.user.locale);
  const url = new URL(boot.socket, base);
  url.protocol = url.protocol.replace('http', 'ws');
  const hub = new SharedHub({ url: url.href, client: `${client}/${boot.version}` });
  sound.wishes = boot.sound ?? {};
  sound.quiet = { windows: boot.quiet ?? [], zone: boot.user.zone, pierced: boot.critical_pierces ?? true };
  setServerClock(() => hub.serverNow());
  const inbox = new InboxStore(hub, inboxPages(base));
  hub.start();
  void inbox.load();
  return { base, boot, hub, inbox };
}

const IDLE_MS = 120_000; // nobody reads a screen for longer without a move of the mouse

/** Tells the hub whether the person is at the keyboard of this tab; returns its own undo. */
export function watchActivity(hub: Pick<SharedHub, 'setActive'>): () => void {
  let active: boolean | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = (on: boolean): void => {
    if (on !== active) hub.setActive(on);
    active = on;
  };
  const alive = (): void => {
    clearTimeout(timer);
    const here = document.visibilityState === 'visible' && document.hasFocus();
    tell(here);
    if (here) timer = setTimeout(() => tell(false), IDLE_MS);
  };
  const types = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'focus', 'blur', 'visibilitychange'] as const;
  for (const type of types) addEventListener(type, alive, { capture: true, passive: true });
  alive();
  return () => {
    clearTimeout(timer);
    for (const type of types) removeEventListener(type, alive, { capture: true });
  };
}
