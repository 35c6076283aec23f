/** Whether somebody is at the rows: then nothing may move under their pointer, nor what they are on by keyboard. */
export class Presence {
  hovered = false;
  focused = false;
  /** The focus was among the rows when another page took their place. */
  #left = false;

  get here(): boolean {
    return this.hovered || this.focused;
  }

  /** The focus goes to `to`; within the rows it stays. */
  leave(rows: Element | null, to: EventTarget | null): void {
    this.focused = to instanceof Node && rows?.contains(to) === true;
  }

  /** Another page takes their place: nothing tells of leaving what is hidden. */
  hide(): void {
    this.#left ||= this.focused;
    this.hovered = this.focused = false;
  }

  /** The rows are shown again; true: give them the focus that they had. */
  back(): boolean {
    const left = this.#left;
    this.#left = false;
    return left;
  }
}
