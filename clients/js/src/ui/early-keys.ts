/** What is typed for something whose script is still on its way. */

/** What was typed before there was a field to take it. */
export interface Early {
  readonly text: string;
  /** It ended with Enter. */
  readonly entered: boolean;
}

export const noKeys: Early = { text: '', entered: false };

/** Keeps the keys of a text from the page below with its single keys, from the moment it is made until `end`. */
export class EarlyKeys {
  readonly #lines: boolean;
  #text = '';
  #entered = false;
  #cancelled = false;
  readonly #take = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const { key } = event;
    if (key === 'Enter' && this.#lines) this.#text += '\n';
    else if (key === 'Enter') this.#entered = true;
    else if (key === 'Escape') this.#cancelled = true;
    else if (key === 'Backspace') this.#text = this.#text.slice(0, -1);
    else if (key.length === 1) this.#text += this.#entered ? '' : key;
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (this.#cancelled) this.end();
  };

  /** `lines`: Enter begins another line of the text, and does not end it. */
  constructor({ lines = false } = {}) {
    this.#lines = lines;
    addEventListener('keydown', this.#take, true);
  }

  /** Escape was pressed: what is on its way is no longer wanted. */
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
