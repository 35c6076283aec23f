/** Short tones, made on the spot. The browser keeps a page silent until the first click or key: `locked` says so. */

import { type QuietHours, silenced } from './quiet';
import { tone } from './tones';

const KEY = 'tez.sound'; // this browser's switch, in the bell: off or on; without it the person's wish counts
const WISHES = 'tez.sounds';
const QUIET = 'tez.quiet';
const GAP_MS = 1500; // a burst of any size makes one sound
const RING_MS = 2200; // from one ring of a telephone to the next

type Listener = () => void;

/** The person's wishes, as the preference `sound`: volumes are 0 to 1, a kind's sound is one of `tones`, or `none`. */
export interface SoundWishes {
  readonly muted?: boolean;
  readonly volume?: number;
  readonly kinds?: Readonly<Record<string, { readonly sound?: string; readonly volume?: number }>>;
}

export class Sound {
  #context: AudioContext | undefined;
  #last = Number.NEGATIVE_INFINITY;
  #listeners = new Set<Listener>();
  #now: () => number;
  #wishes: SoundWishes = {};
  #quiet: QuietHours = { windows: [], zone: 'UTC', pierced: true };
  #cleanup: (() => void) | undefined;
  /** When the last tone started, ms of this machine; and why the last wish for one was refused. For diagnostics. */
  playedAt: number | null = null;
  refused: 'muted' | 'quiet' | 'locked' | 'burst' | null = null;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get wishes(): SoundWishes {
    return this.#wishes;
  }

  /** Takes the wishes over, for this page only. */
  set wishes(value: SoundWishes) {
    this.#wishes = value;
    this.#tell();
  }

  /** Takes the wishes over here and in this browser's other tabs; the bell's switch follows them again. */
  share(value: SoundWishes): void {
    try {
      localStorage.removeItem(KEY);
      localStorage.setItem(WISHES, JSON.stringify(value));
    } catch {
      // then they learn it when they are opened anew
    }
    this.wishes = value;
  }

  get quiet(): QuietHours {
    return this.#quiet;
  }

  /** Takes the quiet hours over, for this page only. */
  set quiet(value: QuietHours) {
    this.#quiet = value;
  }

  /** Takes the quiet hours over here and in this browser's other tabs. */
  shareQuiet(value: QuietHours): void {
    this.quiet = value;
    try {
      localStorage.setItem(QUIET, JSON.stringify(value));
    } catch {
      // then they learn it when they are opened anew
    }
  }

  get muted(): boolean {
    try {
      const own = localStorage.getItem(KEY);
      if (own) return own === 'off';
    } catch {
      // storage can be forbidden in a foreign page's frame
    }
    return this.#wishes.muted ?? false;
  }

  set muted(value: boolean) {
    try {
      localStorage.setItem(KEY, value ? 'off' : 'on');
    } catch {
      this.#wishes = { ...this.#wishes, muted: value }; // then the choice lasts as long as the page
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
      const stored = (event: StorageEvent) => this.#stored(event);
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

  /** Plays what the person wishes for an event of this kind, unless muted, quiet, locked or just played; says whether it did. */
  play(kind = '', critical = false): boolean {
    const { sound, level } = this.#wish(kind);
    const now = this.#now();
    const context = this.#heard(sound, level, critical);
    if (context && now - this.#last < GAP_MS) this.refused = 'burst';
    if (this.refused || !context) return false;
    this.#last = now;
    this.playedAt = Date.now();
    tone(context, sound, level);
    return true;
  }

  /**
   * Plays the sound of this kind again and again, until the undo that it returns is called, which silences it in the
   * middle of a tone. Null when it may not be heard; `refused` says why.
   */
  ring(kind: string): (() => void) | null {
    const { sound, level } = this.#wish(kind);
    const context = this.#heard(sound, level, false);
    if (!context) return null;
    const out = context.createGain();
    out.connect(context.destination);
    const once = () => {
      this.#last = this.#now(); // the notice of the same call need not chime as well
      this.playedAt = Date.now();
      tone(context, sound, level, out);
    };
    once();
    const timer = setInterval(once, RING_MS);
    return () => {
      clearInterval(timer);
      out.disconnect();
    };
  }

  #wish(kind: string): { sound: string | undefined; level: number } {
    const wish = this.#wishes.kinds?.[kind];
    return { sound: wish?.sound, level: (this.#wishes.volume ?? 1) * (wish?.volume ?? 1) };
  }

  /** Where a sound of this kind can be played now; null: it is not to be heard, and `refused` says why. */
  #heard(sound: string | undefined, level: number, critical: boolean): AudioContext | null {
    const context = this.#ready();
    const silent = this.muted || level === 0 || sound === 'none';
    const quiet = silenced(this.#quiet, Date.now(), critical);
    this.refused = silent ? 'muted' : quiet ? 'quiet' : context ? null : 'locked';
    return this.refused ? null : context;
  }

  /** Plays a sound for whoever chooses one, whatever is muted; to be called from a click. */
  async preview(name: string, level: number): Promise<void> {
    await this.unlock();
    const context = this.#ready();
    if (context) tone(context, name, level);
  }

  #ready(): AudioContext | null {
    if (!this.#context && !this.locked && typeof AudioContext !== 'undefined') this.#context = new AudioContext();
    return this.locked ? null : (this.#context ?? null);
  }

  #stored(event: StorageEvent): void {
    if ((event.key === WISHES || event.key === QUIET) && event.newValue) {
      try {
        if (event.key === QUIET) this.#quiet = JSON.parse(event.newValue) as QuietHours;
        else this.#wishes = JSON.parse(event.newValue) as SoundWishes;
      } catch {
        return; // somebody else's key
      }
    } else if (event.key !== KEY) return;
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** One for the page, however many inboxes are on it. */
export const sound = new Sound();
