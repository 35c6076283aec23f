/** Ctrl+K, also on the Russian layout: fetches the palette when it is first wanted, and opens it. All that the shell loads of it. */

import type { Action, Target } from './entries';

export interface Offers {
  readonly targets: readonly Target[];
  readonly actions: readonly Action[];
  readonly user: number;
}

export class PaletteOpener {
  readonly #root: () => ParentNode;
  readonly #offers: () => Offers;
  readonly #failed: () => void;
  #loading = false;

  /** `offers` is asked each time it opens; `failed`: its script did not come. The palette becomes a child of `root`. */
  constructor(root: () => ParentNode, offers: () => Offers, failed: () => void) {
    this.#root = root;
    this.#offers = offers;
    this.#failed = failed;
  }

  /** Listens until the undo that it returns is called. */
  listen(): () => void {
    const key = (event: KeyboardEvent) => {
      if (!isPaletteKey(event) || inDialog(event)) return;
      event.preventDefault(); // the browser's own search field
      void this.open();
    };
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  }

  async open(): Promise<void> {
    if (this.#loading) return;
    this.#loading = true;
    const early = new EarlyKeys();
    try {
      await import('./palette');
      const root = this.#root();
      const known = root.querySelector('nav-palette');
      const palette = known ?? document.createElement('nav-palette');
      Object.assign(palette, this.#offers());
      if (!known) root.append(palette);
      if (!early.cancelled) await palette.show(() => early.end());
    } catch {
      this.#failed();
    } finally {
      early.end();
      this.#loading = false;
    }
  }
}

/** What was typed before the palette's field could take it. */
export interface Early {
  readonly text: string;
  /** It ended with Enter: go to what it finds first. */
  readonly entered: boolean;
}

/** What is typed while the palette is on its way: it is meant for the palette, not for the page below with its single keys. */
class EarlyKeys {
  #text = '';
  #entered = false;
  #cancelled = false;
  readonly #take = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const { key } = event;
    if (key === 'Enter') this.#entered = true;
    else if (key === 'Escape') this.#cancelled = true;
    else if (key === 'Backspace') this.#text = this.#text.slice(0, -1);
    else if (key.length === 1) this.#text += this.#entered ? '' : key;
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (this.#cancelled) this.end();
  };

  constructor() {
    addEventListener('keydown', this.#take, true);
  }

  /** Escape was pressed: the palette is no longer wanted. */
  get cancelled(): boolean {
    return this.#cancelled;
  }

  /** Listens no longer; gives what was typed, once. */
  end(): Early {
    removeEventListener('keydown', this.#take, true);
    const early = { text: this.#text, entered: this.#entered };
    this.#text = '';
    this.#entered = false;
    return early;
  }
}

/** By its place on the keyboard, so that the layout does not matter; by its letter, where a keyboard tells no place. */
export function isPaletteKey(
  event: Pick<KeyboardEvent, 'code' | 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>,
): boolean {
  const command = event.ctrlKey !== event.metaKey;
  return (
    command && !event.altKey && !event.shiftKey && (event.code === 'KeyK' || (!event.code && /^[kл]$/i.test(event.key)))
  );
}

/** A dialog lies above the page: what it asks comes first. */
function inDialog(event: Event): boolean {
  return event.composedPath().some((at) => at instanceof HTMLDialogElement);
}
