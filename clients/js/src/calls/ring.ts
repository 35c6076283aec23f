/** The ring: sounds while a call waits and this tab leads, and is silent the moment it does not. */

import type { Sound } from '../inbox/sound';

/** A phone that rings longer than this has been forgotten by whoever should have told of its end. */
export const LONGEST_MS = 120_000;

type Bell = Pick<Sound, 'ring' | 'on' | 'muted'>;

export class Ring {
  readonly #sound: Bell;
  readonly #undo: () => void;
  #wanted = false;
  #forgotten = false;
  #hush: (() => void) | null = null;
  #limit: ReturnType<typeof setTimeout> | undefined;

  constructor(sound: Bell) {
    this.#sound = sound;
    // The first click unlocks the sound: what still rings is heard from then on; and muting silences at once.
    this.#undo = sound.on(() => this.#look());
  }

  /** Sounds now. */
  get sounding(): boolean {
    return this.#hush !== null;
  }

  /** Whether it should ring; `anew`: for another call, whatever was forgotten before. */
  set(on: boolean, anew = false): void {
    if (on === this.#wanted && !anew) return;
    this.#wanted = on;
    this.#forgotten = false;
    clearTimeout(this.#limit);
    if (on)
      this.#limit = setTimeout(() => {
        this.#forgotten = true;
        this.#look();
      }, LONGEST_MS);
    this.#look();
  }

  close(): void {
    this.set(false);
    this.#undo();
  }

  #look(): void {
    if (this.#wanted && !this.#forgotten && !this.#sound.muted) this.#hush ??= this.#sound.ring('call');
    else {
      this.#hush?.();
      this.#hush = null;
    }
  }
}
