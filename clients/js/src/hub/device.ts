/** The name under which this browser is known to the hub, for ever if storage allows it. */

const KEY = 'tez-device';
const SHAPE = /^[A-Za-z0-9_-]{4,64}$/;

/** 128 random bits as 32 hex digits. crypto.randomUUID is missing on plain http. */
export function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The stable device id. Without usable storage (private mode, blocked cookies) it lasts as long as the page. */
export function deviceId(storage: Pick<Storage, 'getItem' | 'setItem'> | null = localStorageOrNull()): string {
  try {
    const known = storage?.getItem(KEY);
    if (known && SHAPE.test(known)) return known;
    const fresh = randomId();
    storage?.setItem(KEY, fresh);
    return fresh;
  } catch {
    return randomId();
  }
}

function localStorageOrNull(): Storage | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}
