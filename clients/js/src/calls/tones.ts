/** Tones of a call, one request at a time: what is pressed while some are on their way follows them, together and in order. */

const MOST = 32; // in one request

export class Tones {
  readonly #send: (dialog: string, digits: string) => Promise<unknown>;
  readonly #waiting = new Map<string, string>();

  /** `send` resolves with something when it failed: what waits is then forgotten, for half a code is worse than none. */
  constructor(send: (dialog: string, digits: string) => Promise<unknown>) {
    this.#send = send;
  }

  press(dialog: string, digit: string): void {
    const waiting = this.#waiting.get(dialog);
    this.#waiting.set(dialog, ((waiting ?? '') + digit).slice(0, MOST));
    if (waiting === undefined) void this.#run(dialog);
  }

  async #run(dialog: string): Promise<void> {
    for (let digits = this.#waiting.get(dialog); digits; digits = this.#waiting.get(dialog)) {
      this.#waiting.set(dialog, '');
      if (await this.#send(dialog, digits)) break;
    }
    this.#waiting.delete(dialog);
  }
}
