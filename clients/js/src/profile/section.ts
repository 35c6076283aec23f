import { html, nothing, type PropertyValues } from 'lit';
import { property } from 'lit/decorators.js';
import type { Undo } from '../hub/index';
import { TezElement } from '../ui/element';
import type { ProfileStore } from './model';
import { t, why } from './strings';

/** A section of the profile: draws itself anew whenever the store changes. */
export class Section extends TezElement {
  @property({ attribute: false }) store: ProfileStore | null = null;
  #undo: Undo | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#listen();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#undo?.();
    this.#undo = undefined;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('store')) this.#listen();
  }

  #listen(): void {
    this.#undo?.();
    this.#undo = this.store?.on('change', () => this.requestUpdate());
  }

  /** How saving these went. Live regions that are always there: a failure interrupts, success waits for a pause. */
  protected saveLine(...names: string[]) {
    const states = names.map((name) => this.store?.saves.get(name));
    const failed = states.find((state) => state?.is === 'failed');
    const is = states.some((state) => state?.is === 'saving')
      ? 'saving'
      : states.some((s) => s?.is === 'saved')
        ? 'saved'
        : null;
    return html`<div class="save ${failed ? 'failed' : ''}">
      <div role="alert">${failed?.is === 'failed' ? t('notSaved', { why: why(failed.fault) }) : nothing}</div>
      <div role="status">${!failed && is ? t(is) : nothing}</div>
    </div>`;
  }
}
