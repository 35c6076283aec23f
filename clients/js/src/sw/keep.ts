/**
 * What page and worker share: who this device is, how it is registered, and what they say to each other.
 * A worker has no localStorage; a cache is the smallest store that both see.
 */

export const META_CACHE = 'tez-device';
const DEVICE = '/tez-device';

/** How this browser is known to the server. */
export interface Registered {
  device: string;
  label: string;
}

/** The body of `PUT /notifications/api/devices/{key}`. */
export interface Subscribed {
  label: string;
  kind: 'webpush';
  subscription: { endpoint: string; keys: Record<string, string> };
}

export const subscribed = ({ label }: Registered, { endpoint, keys }: PushSubscriptionJSON): Subscribed => ({
  label,
  kind: 'webpush',
  subscription: { endpoint: endpoint ?? '', keys: keys ?? {} },
});

export async function keepDevice(caches: CacheStorage, registered: Registered): Promise<void> {
  const cache = await caches.open(META_CACHE);
  await cache.put(DEVICE, new Response(JSON.stringify(registered)));
}

export async function forgetDevice(caches: CacheStorage): Promise<void> {
  await caches.delete(META_CACHE);
}

/** Null when push was never turned on here. */
export async function keptDevice(caches: CacheStorage): Promise<Registered | null> {
  const found = await (await caches.open(META_CACHE)).match(DEVICE);
  return found ? ((await found.json()) as Registered) : null;
}

export type ToPage =
  /** A notification that leads there was clicked; answered on the message's port by a page that will go. */
  { navigate: string } | { push: { id: string; seq: number; at: number } };

export interface ToWorker {
  ask: 'version';
}
