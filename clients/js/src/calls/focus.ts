/** Keeps the focus in the panel: what has it may vanish with what the contact centre says, and the next sensible control takes it then. */

import type { TezCallsCard } from './card';

/** What ends a call is never put under somebody's finger. */
const SAFE = '[data-key]:not([data-key=drop]):not([aria-disabled=true])';

export class FocusKeeper {
  readonly #panel: HTMLElement;
  #had: Element | null = null;
  /** The call whose card had it. */
  #call: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(panel: HTMLElement) {
    this.#panel = panel;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** To be called before the panel is drawn anew; looks when its parts have been drawn as well. Focus events do not tell: between
   * two controls of one shadow tree they stay in there. */
  watch(): void {
    let on = this.#panel.shadowRoot?.activeElement ?? null;
    let call: string | null = null;
    while (on?.shadowRoot?.activeElement) {
      if (on.localName === 'tez-calls-card') call = (on as TezCallsCard).dialog?.id ?? null;
      on = on.shadowRoot.activeElement;
    }
    if (on) {
      this.#had = on;
      this.#call = call;
    } else if (this.#timer === undefined) this.#had = null; // left by the person
    if (this.#had) this.#timer ??= setTimeout(() => this.#look());
  }

  #look(): void {
    this.#timer = undefined;
    const { activeElement, body } = this.#panel.ownerDocument;
    const lost = activeElement === null || activeElement === body;
    if (lost && this.#had && !this.#had.isConnected) this.#next()?.focus();
    this.#had = null; // or a card that is gone would live on until the panel is drawn again
  }

  #next(): HTMLElement | null {
    const inside = (selector: string) => [...(this.#panel.shadowRoot?.querySelectorAll<HTMLElement>(selector) ?? [])];
    const own = (one: HTMLElement) => Number((one as TezCallsCard).dialog?.id === this.#call);
    const cards = inside('tez-calls-card').sort((one, other) => own(other) - own(one));
    for (const { shadowRoot: root } of [...cards, ...inside('tez-calls-state, tez-calls-sign-in')]) {
      const wrap = root?.querySelector('tez-calls-wrap')?.shadowRoot;
      const found = root?.querySelector<HTMLElement>(`${SAFE}, input`) ?? wrap?.querySelector<HTMLElement>('button');
      if (found) return found;
    }
    return inside(SAFE)[0] ?? null;
  }
}
