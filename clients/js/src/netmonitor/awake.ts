/** Keeps the screen from going dark while the page is looked at, where the browser lets it (Screen Wake Lock API); says honestly when not. */

export type Awake = 'kept' | 'refused' | 'unknown' | 'insecure';

interface Lock {
  readonly released: boolean;
  release(): Promise<void>;
  addEventListener(type: 'release', fn: () => void): void;
}

type Locks = { readonly wakeLock?: { request(type: 'screen'): Promise<Lock> } };

/** `changed` is told how it stands; the lock goes with the page's being hidden and is asked for again when it is back. Returns its own undo. */
export function keepAwake(changed: (awake: Awake) => void): () => void {
  const locks = (navigator as Locks).wakeLock;
  if (!locks) {
    changed(globalThis.isSecureContext ? 'unknown' : 'insecure');
    return () => undefined;
  }
  let lock: Lock | null = null;
  let ended = false;
  let asking = false;
  const ask = async (): Promise<void> => {
    if (ended || asking || document.visibilityState !== 'visible' || (lock && !lock.released)) return;
    asking = true;
    try {
      const got = await locks.request('screen');
      if (ended) return void got.release();
      lock = got;
      got.addEventListener('release', () => {
        if (!ended) setTimeout(() => void ask(), 1000); // the battery, or the system; while hidden `ask` waits
      });
      changed('kept');
    } catch {
      changed('refused');
    } finally {
      asking = false;
    }
  };
  const seen = () => void ask();
  document.addEventListener('visibilitychange', seen);
  document.addEventListener('pointerdown', seen); // some browsers want a gesture first
  void ask();
  return () => {
    ended = true;
    document.removeEventListener('visibilitychange', seen);
    document.removeEventListener('pointerdown', seen);
    void lock?.release();
  };
}
