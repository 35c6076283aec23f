import type { PropertyValues } from 'lit';
import { property } from 'lit/decorators.js';
import { TezElement } from '../ui/element';
import type { Desk } from './desk';

/** A part of the page: drawn anew whenever something at the desk changes. */
export class DeskElement extends TezElement {
  @property({ attribute: false }) desk: Desk | null = null;
  #undo: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.desk) this.#listen(this.desk);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#undo?.();
    this.#undo = undefined;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('desk') && this.desk) this.#listen(this.desk);
  }

  #listen(desk: Desk): void {
    this.#undo?.();
    this.#undo = desk.onChange(() => this.requestUpdate());
  }
}
