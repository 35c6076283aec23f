/** What a push carries, in the shapes that arrive: our own (Declarative Web Push), and the one FCM makes of it. */

export interface Shown {
  title: string;
  body: string;
  tag: string;
  renotify: boolean;
  /** Path below this site, or an absolute https URL. */
  url: string;
  /** The notification's event id. */
  id: string;
  /** The newest inbox position that it speaks of; 0 when not told. */
  seq: number;
  /** For the badge; null when not told. */
  unread: number | null;
  /** Tags of notifications that were read elsewhere. */
  read: string[];
}

type Loose = Record<string, unknown>;

const asObject = (value: unknown): Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Loose) : {};
const asText = (value: unknown): string => (typeof value === 'string' ? value : '');
const asCount = (value: unknown): number | null => {
  // FCM's data can only be strings.
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : null;
};

function asList(value: unknown): string[] {
  let list = value;
  if (typeof value === 'string') {
    try {
      list = JSON.parse(value);
    } catch {
      return [];
    }
  }
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string' && item !== '') : [];
}

/** `url` if it may be opened by a click: below `origin`, or https elsewhere; else the start page. */
export function safeUrl(url: string, origin: string): string {
  try {
    const full = new URL(url, origin);
    if (full.origin === origin) return full.pathname + full.search + full.hash;
    return full.protocol === 'https:' ? full.href : '/';
  } catch {
    return '/';
  }
}

/** Whatever came, as something to show: a push without a notification costs the subscription. */
export function readPush(data: unknown, origin: string, fallback: { title: string; body: string }): Shown {
  const message = asObject(data);
  const notification = asObject(message.notification);
  const extra = asObject(message.data);
  const inner = { ...extra, ...asObject(notification.data) };
  const link = asText(asObject(message.fcmOptions).link) || asText(notification.navigate);
  const title = asText(notification.title);
  return {
    title: title || fallback.title,
    body: title ? asText(notification.body) : fallback.body,
    // One tag for all that has none: they take each other's place instead of piling up.
    tag: asText(notification.tag) || 'tez',
    renotify: notification.renotify === true,
    url: safeUrl(asText(inner.url) || link || '/', origin),
    id: asText(inner.id),
    seq: asCount(inner.seq) ?? 0,
    unread: asCount(message.unread) ?? asCount(extra.unread),
    read: [...asList(message.read), ...asList(extra.read)],
  };
}
