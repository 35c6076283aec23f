/** One short tone, made on the spot. The browser keeps a page silent until the first click or key: `locked` says so. */

const KEY = 'tez.sound';
const GAP_MS = 1500; // a burst of any size makes one sound

type Listener = () => void;

export class Sound {
  #context: AudioContext | undefined;
  #last = Number.NEGATIVE_INFINITY;
  #listeners = new Set<Listener>();
  #now: () => number;
  #cleanup: (() => void) | undefined;
  /** When the last tone started, ms of this machine; and why the last wish for one was refused. For diagnostics. */
  playedAt: number | null = null;
  refused: 'muted' | 'locked' | 'burst' | null = null;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get muted(): boolean {
    try {
      return localStorage.getItem(KEY) === 'off';
    } catch {
      return false; // storage can be forbidden in a foreign page's frame
    }
  }

  set muted(value: boolean) {
    try {
      localStorage.setItem(KEY, value ? 'off' : 'on');
    } catch {
      // then the choice lasts as long as the page
    }
    this.#tell();
  }

  /** True while the browser would swallow a tone. */
  get locked(): boolean {
    if (typeof AudioContext === 'undefined') return false;
    if (this.#context) return this.#context.state !== 'running';
    return !navigator.userActivation?.hasBeenActive;
  }

  /** Calls `listener` when muted or locked may have changed; returns its own undo. Listens for the first gesture meanwhile. */
  on(listener: Listener): () => void {
    this.#listeners.add(listener);
    if (!this.#cleanup) {
      const gesture = () => void this.unlock();
      const stored = (event: StorageEvent) => event.key === KEY && this.#tell();
      const off = () => {
        removeEventListener('pointerup', gesture);
        removeEventListener('keydown', gesture);
      };
      addEventListener('pointerup', gesture);
      addEventListener('keydown', gesture);
      addEventListener('storage', stored);
      this.#cleanup = () => {
        off();
        removeEventListener('storage', stored);
      };
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size) return;
      this.#cleanup?.();
      this.#cleanup = undefined;
    };
  }

  /** To be called from a click or a key. The context is made only here: made earlier, the browser complains in the console. */
  async unlock(): Promise<void> {
    if (typeof AudioContext === 'undefined' || this.#context?.state === 'running') return;
    if (navigator.userActivation && !navigator.userActivation.hasBeenActive) return;
    this.#context ??= new AudioContext();
    try {
      await this.#context.resume();
    } catch {
      // stays locked and says so
    }
    this.#tell();
  }

  /** Plays, unless muted, locked or just played; says whether it did. */
  play(): boolean {
    const now = this.#now();
    if (!this.#context && !this.locked && typeof AudioContext !== 'undefined') this.#context = new AudioContext();
    this.refused = this.muted
      ? 'muted'
      : this.locked || !this.#context
        ? 'locked'
        : now - this.#last < GAP_MS
          ? 'burst'
          : null;
    if (this.refused || !this.#context) return false;
    this.#last = now;
    this.playedAt = Date.now();
    tone(this.#context);
    return true;
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Two soft notes, a fourth apart, 0.35 s in all, quiet enough for an open-plan office. */
function tone(context: AudioContext): void {
  const at = context.currentTime;
  for (const [hertz, start] of [
    [659.3, 0],
    [880, 0.11],
  ] as const) {
    const wave = context.createOscillator();
    const level = context.createGain();
    wave.type = 'sine';
    wave.frequency.value = hertz;
    level.gain.setValueAtTime(0, at + start);
    level.gain.linearRampToValueAtTime(0.09, at + start + 0.012);
    level.gain.exponentialRampToValueAtTime(0.0001, at + start + 0.24);
    wave.connect(level).connect(context.destination);
    wave.start(at + start);
    wave.stop(at + start + 0.26);
  }
}

/** One for the page, however many inboxes are on it. */
export const sound = new Sound();
