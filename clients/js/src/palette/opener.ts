/** Ctrl+K, also on the Russian layout: fetches the palette when it is first wanted, and opens it. All that the shell loads of it. */

import { EarlyKeys } from '../ui/early-keys';
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
