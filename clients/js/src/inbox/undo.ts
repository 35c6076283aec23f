import { css, html, nothing, type ReactiveController, type ReactiveControllerHost } from 'lit';
import { createRef, ref } from 'lit/directives/ref.js';
import { icon } from '../ui/icons';
import { t } from './strings';

const UNDO_MS = 10_000;

interface Offer {
  readonly text: string;
  /** Null: there is only something to say, nothing to take back. */
  readonly run: (() => void) | null;
}

/** The bar that says what was done and takes it back. It goes by itself after ten seconds, but not while somebody is on it. */
export class Undo implements ReactiveController {
  #host: ReactiveControllerHost;
  #leave: () => void;
  #bar = createRef<HTMLElement>();
  #offer: Offer | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `leave` is called once the bar is gone, if the focus was in it. */
  constructor(host: ReactiveControllerHost, leave: () => void) {
    this.#host = host;
    this.#leave = leave;
    host.addController(this);
  }

  hostDisconnected(): void {
    this.#hold();
  }

  /** There is something to take back. */
  get ready(): boolean {
    return Boolean(this.#offer?.run);
  }

  /** Takes the place of what was offered before. */
  offer(text: string, run: Offer['run'] = null): void {
    this.#show({ text, run });
    this.#arm();
  }

  run(): void {
    const run = this.#offer?.run;
    if (!run) return;
    this.#hold();
    run();
    this.#drop();
  }

  #arm(): void {
    this.#hold();
    this.#timer = setTimeout(() => this.#drop(), UNDO_MS);
  }

  #hold(): void {
    clearTimeout(this.#timer);
  }

  #drop(): void {
    const bar = this.#bar.value;
    const inside = bar?.contains((bar.getRootNode() as ShadowRoot).activeElement);
    this.#show(null);
    if (inside) void this.#host.updateComplete.then(this.#leave);
  }

  #show(offer: Offer | null): void {
    this.#offer = offer;
    this.#host.requestUpdate();
  }

  render() {
    const it = this.#offer;
    return html`<div
      ${ref(this.#bar)}
      class="bar ${it ? 'on' : ''}"
      @pointerenter=${() => this.#hold()}
      @pointerleave=${() => it && this.#arm()}
      @focusin=${() => this.#hold()}
      @focusout=${() => it && this.#arm()}
    >
      <div role="status"><span>${it?.text ?? ''}</span></div>
      ${it?.run ? html`<button class="btn small" @click=${() => this.run()}>${icon('undo', 16)}${t('undo')}</button>` : nothing}
    </div>`;
  }
}

export const undoStyles = css`
  .bar {
    display: flex;
    align-items: center;
    gap: var(--tez-3);
    border-top: 1px solid var(--tez-line);
    background: var(--tez-raised);
    font-size: var(--tez-s);
  }
  .bar > div {
    display: contents;
  }
  .bar.on {
    min-height: 44px;
    padding: 0 var(--tez-2) 0 var(--tez-4);
  }
  .bar:not(.on) {
    border: 0;
  }
  .bar span {
    flex: 1;
  }
`;
