import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { onLocale } from './index';

/** Re-renders its host when the language changes, so a switch needs no reload. */
export class LocaleController implements ReactiveController {
  #host: ReactiveControllerHost;
  #undo: (() => void) | undefined;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  hostConnected(): void {
    this.#undo = onLocale(() => this.#host.requestUpdate());
  }

  hostDisconnected(): void {
    this.#undo?.();
  }
}
