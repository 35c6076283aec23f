import { css, html, nothing } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import { base, define, TezElement } from '../../ui/element';
import { type IconName, icon } from '../../ui/icons';
import { place } from '../../ui/place';
import { controls } from '../../ui/sheets';
import { reasonOf } from './api';
import { t } from './strings';

/** One thing to choose; `value` is handed back. */
export interface Choice<T = unknown> {
  readonly id: string;
  readonly label: string;
  readonly hint?: string;
  readonly icon?: IconName;
  readonly current: boolean;
  readonly value: T;
}

export interface Choices {
  readonly choices: readonly Choice[];
  /** There are others: look by name. */
  readonly more?: boolean;
}

const TYPING_MS = 180;

/**
 * <nav-pick label .find ?busy>: a value (slot) that opens a list with a search field. `find` gets what was typed and gives what fits;
 * without `remote` it is asked once and the list is narrowed here. Fires `pick` with the value. Arrows, Enter, Escape; `open()` for a key.
 */
export class NavPick extends TezElement {
  static override shadowRootOptions: ShadowRootInit = { mode: 'open', delegatesFocus: true };
  static override styles = [
    base,
    controls,
    css`
      :host {
        display: inline-block;
        min-width: 0;
        max-width: 100%;
      }
      .face {
        justify-content: flex-start;
        max-width: 100%;
        min-height: var(--tez-control);
        padding: 2px var(--tez-2);
        border-color: transparent;
        background: transparent;
        font-weight: 500;
        text-align: start;
      }
      .face:hover,
      .face[aria-expanded='true'] {
        border-color: var(--tez-line-strong);
      }
      .face > svg {
        color: var(--tez-text-3);
      }
      ::slotted(*) {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .busy {
        width: 12px;
        height: 12px;
        border: 2px solid currentColor;
        border-right-color: transparent;
        border-radius: 50%;
        animation: turn 0.8s linear infinite;
      }
      @keyframes turn {
        to {
          transform: rotate(1turn);
        }
      }
      .box {
        position: fixed;
        inset: auto;
        width: min(calc(var(--tez-rem) * 19), calc(100vw - 16px));
        max-height: min(calc(var(--tez-rem) * 24), calc(100dvh - 16px));
        margin: 0;
        padding: var(--tez-2);
        overflow: hidden;
        border: 0;
        border-radius: var(--tez-radius-l);
        background: var(--tez-raised);
        color: var(--tez-text);
        box-shadow: var(--tez-shadow-l);
      }
      .box:popover-open {
        display: flex;
        flex-direction: column;
        gap: var(--tez-2);
      }
      .box input {
        flex: none;
        width: 100%;
      }
      ul {
        min-height: 0;
        margin: 0;
        padding: 0;
        overflow: auto;
        list-style: none;
      }
      li {
        display: flex;
        align-items: center;
        gap: var(--tez-2);
        min-height: var(--tez-control);
        padding: 2px var(--tez-2);
        border-radius: var(--tez-radius-s);
        font-size: var(--tez-m);
        cursor: pointer;
      }
      li > svg {
        color: var(--tez-text-3);
      }
      li.at {
        outline: 2px solid transparent; /* forced colours show it */
        outline-offset: -2px;
        background: var(--tez-active);
      }
      li span {
        flex: 1;
        min-width: 0;
        overflow-wrap: anywhere;
      }
      li .hint {
        flex: none;
        color: var(--tez-text-3);
        font-size: var(--tez-s);
      }
      p {
        margin: 0;
        padding: var(--tez-1) var(--tez-2);
        color: var(--tez-text-2);
        font-size: var(--tez-s);
      }
      .bad {
        color: var(--tez-bad);
      }
      @media (forced-colors: active) {
        .box {
          border: 1px solid CanvasText;
        }
        .face {
          border-color: ButtonBorder;
        }
      }
    `,
  ];

  @property() label = '';
  @property({ attribute: false }) find: ((q: string, signal: AbortSignal) => Promise<Choices>) | null = null;
  /** Ask `find` again for each thing typed. */
  @property({ type: Boolean }) remote = false;
  @property({ type: Boolean }) busy = false;
  @state() private shown = false;
  @state() private found: Choices | null = null;
  @state() private failure = '';
  @state() private q = '';
  @state() private at = 0;
  @query('.face') private face!: HTMLButtonElement;
  @query('.box') private box!: HTMLElement;
  @query('input') private input!: HTMLInputElement | null;
  #release: (() => void) | undefined;
  #run = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What `found` was asked with. */
  #sought = '';
  /** Enter was pressed before there was anything to choose: it holds as soon as there is. */
  #early = false;

  open(): void {
    if (this.shown) return;
    this.q = '';
    this.#early = false;
    this.found = null;
    this.at = 0;
    this.shown = true;
    this.box.showPopover?.();
    this.#look('', 0);
    void this.updateComplete.then(() => this.input?.focus());
  }

  close(back = true): void {
    this.box.hidePopover?.();
    this.shown = false;
    this.#early = false;
    this.#run.abort();
    if (back) this.face.focus();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#release?.();
    this.#run.abort();
    clearTimeout(this.#timer);
    this.shown = false;
  }

  #toggled(event: Event): void {
    const open = (event as ToggleEvent).newState === 'open';
    this.#release?.();
    this.#release = open ? place(this.box, this.face, 'start') : undefined;
    this.shown = open;
    if (!open) this.#run.abort(); // a click beside it closed it
  }

  #look(q: string, wait: number): void {
    clearTimeout(this.#timer);
    this.#run.abort();
    const run = new AbortController();
    this.#run = run;
    this.#timer = setTimeout(() => void this.#ask(q, run.signal), wait);
  }

  async #ask(q: string, signal: AbortSignal): Promise<void> {
    try {
      const found = (await this.find?.(q, signal)) ?? { choices: [] };
      if (signal.aborted) return;
      this.found = found;
      this.#sought = q;
      this.failure = '';
      this.at = Math.max(0, this.q ? 0 : found.choices.findIndex((one) => one.current));
      if (this.#early) this.#enter();
    } catch (error) {
      if (signal.aborted) return;
      this.failure = reasonOf(error);
      this.#early = false;
    }
  }

  /** What is listed answers what is typed. */
  get #current(): boolean {
    return this.found !== null && (!this.remote || this.#sought === this.q.trim());
  }

  #enter(): void {
    this.#early = !this.#current;
    const choice = this.#early ? undefined : this.#fitting[this.at];
    if (choice) this.#pick(choice);
  }

  get #fitting(): readonly Choice[] {
    const all = this.found?.choices ?? [];
    const q = this.q.trim().toLocaleLowerCase();
    return this.remote || !q ? all : all.filter((one) => one.label.toLocaleLowerCase().includes(q));
  }

  #typed(event: Event): void {
    this.q = (event.target as HTMLInputElement).value;
    this.at = 0;
    this.#early = false;
    if (this.remote) this.#look(this.q.trim(), TYPING_MS);
  }

  #keys(event: KeyboardEvent): void {
    event.stopPropagation(); // single keys of the page do not act through an open list
    const last = this.#fitting.length - 1;
    const go = (at: number): void => {
      event.preventDefault();
      this.at = Math.max(0, Math.min(at, last));
      void this.updateComplete.then(() =>
        this.renderRoot.querySelector('li.at')?.scrollIntoView?.({ block: 'nearest' }),
      );
    };
    if (event.isComposing) return;
    if (event.key === 'ArrowDown') go(this.at >= last ? 0 : this.at + 1);
    else if (event.key === 'ArrowUp') go(this.at <= 0 ? last : this.at - 1);
    else if (event.key === 'PageDown') go(this.at + 8);
    else if (event.key === 'PageUp') go(this.at - 8);
    else if (event.key === 'Enter') {
      event.preventDefault();
      this.#enter();
    } else if (event.key === 'Escape') {
      event.preventDefault();
      this.close();
    } else if (event.key === 'Tab') this.close();
  }

  #pick(choice: Choice): void {
    this.close();
    if (!choice.current) this.emit('pick', choice.value);
  }

  override render() {
    return html`<button
        class="btn face"
        aria-haspopup="listbox"
        aria-expanded=${this.shown ? 'true' : 'false'}
        @click=${() => (this.shown ? this.close() : this.open())}
      >
        <span class="sr">${this.label}: </span><slot></slot>${
          this.busy ? html`<span class="busy" role="img" aria-label=${t('sending')}></span>` : icon('down', 14)
        }
      </button>
      <div class="box" popover="auto" @toggle=${this.#toggled} @keydown=${this.#keys}>
        ${this.shown ? this.#list() : nothing}
      </div>`;
  }

  #list() {
    const fitting = this.#fitting;
    const at = fitting.length ? `o${Math.min(this.at, fitting.length - 1)}` : nothing;
    return html`<input
        class="control"
        type="text"
        role="combobox"
        autocomplete="off"
        spellcheck="false"
        aria-label=${t('searchIn', { what: this.label })}
        placeholder=${this.label}
        aria-expanded="true"
        aria-controls="list"
        aria-activedescendant=${at}
        .value=${this.q}
        @input=${this.#typed}
      />
      <ul id="list" role="listbox" aria-label=${this.label}>
        ${fitting.map(
          (one, index) => html`<li
            id=${`o${index}`}
            role="option"
            class=${index === this.at ? 'at' : ''}
            aria-selected=${one.current ? 'true' : 'false'}
            @pointermove=${() => {
              this.at = index;
            }}
            @click=${() => this.#pick(one)}
          >
            ${one.icon ? icon(one.icon, 16) : nothing}<span>${one.label}</span>${
              one.hint ? html`<span class="hint">${one.hint}</span>` : nothing
            }${one.current ? icon('check', 16) : nothing}
          </li>`,
        )}
      </ul>
      <div role="status">${this.#say(fitting.length)}</div>`;
  }

  #say(count: number) {
    if (this.failure) return html`<p class="bad">${this.failure}</p>`;
    if (!this.found) return html`<p>${t('looking')}</p>`;
    if (!count) return html`<p>${t('nothingFits')}</p>`;
    return this.found.more ? html`<p>${t('moreByName')}</p>` : nothing;
  }
}
define('nav-pick', NavPick);
