/**
 * What page and worker both need to know. A worker has no localStorage; the cache is the smallest store that both see.
 */

export const META_CACHE = 'tez-meta';
const DEVICE = '/-/tez-device';

/** How this browser is registered with the hub. */
export interface Registered {
  device: string;
  label: string;
}

export async function keepDevice(caches: CacheStorage, registered: Registered): Promise<void> {
  const cache = await caches.open(META_CACHE);
  await cache.put(DEVICE, new Response(JSON.stringify(registered)));
}

export async function forgetDevice(caches: CacheStorage): Promise<void> {
  await caches.delete(META_CACHE);
}

export async function keptDevice(caches: CacheStorage): Promise<Registered | null> {
  const found = await (await caches.open(META_CACHE)).match(DEVICE);
  return found ? ((await found.json()) as Registered) : null;
}

/** Registers a subscription for a device; throws when the server does not take it. */
export async function putDevice(
  fetch: typeof globalThis.fetch,
  csrf: string,
  { device, label }: Registered,
  subscription: PushSubscriptionJSON,
): Promise<void> {
  const { endpoint, keys } = subscription;
  const answer = await fetch(`/notifications/api/devices/${encodeURIComponent(device)}`, {
    method: 'PUT',
    credentials: 'same-origin',
    headers: { Accept: 'application/json', 'Content-Type': 'application/json', 'X-CSRF-Token': csrf },
    body: JSON.stringify({ label, kind: 'webpush', subscription: { endpoint, keys } }),
    signal: AbortSignal.timeout(15_000),
  });
  if (!answer.ok) throw new Error(`the server did not take the subscription: HTTP ${answer.status}`);
}

/** What page and worker say to each other. */
export type ToPage = { tez: 'navigate'; url: string } | { tez: 'push'; id: string; seq: number; at: number };
export type ToWorker = { tez: 'version' };
