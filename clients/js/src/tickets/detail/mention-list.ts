import { css, html, nothing } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import { base, define, TezElement } from '../../ui/element';
import { icon } from '../../ui/icons';
import { place } from '../../ui/place';
import { t } from './strings';
import type { PersonChoice } from './types';

const TYPING_MS = 150;
const MOST = 8;

/** <nav-mentions .find>: people whose names fit what is typed after `@`. The focus stays in the text: its keys come through `key()`. Fires `named`. */
export class NavMentions extends TezElement {
  static override styles = [
    base,
    css`
      :host {
        display: contents;
      }
      ul {
        position: fixed;
        inset: auto;
        width: calc(var(--tez-rem) * 18);
        max-width: calc(100vw - 16px);
        max-height: calc(100dvh - 16px);
        margin: 0;
        padding: var(--tez-1);
        overflow: auto;
        border: 0;
        border-radius: var(--tez-radius-l);
        background: var(--tez-raised);
        color: var(--tez-text);
        font-size: var(--tez-m);
        list-style: none;
        box-shadow: var(--tez-shadow-l);
      }
      li {
        display: flex;
        align-items: center;
        gap: var(--tez-2);
        min-height: 28px;
        padding: 2px var(--tez-2);
        border-radius: var(--tez-radius-s);
        cursor: pointer;
      }
      li.at {
        outline: 2px solid transparent;
        outline-offset: -2px;
        background: var(--tez-active);
      }
      @media (forced-colors: active) {
        ul {
          border: 1px solid CanvasText;
        }
      }
    `,
  ];

  @property({ attribute: false }) find: ((q: string, signal: AbortSignal) => Promise<readonly PersonChoice[]>) | null =
    null;
  @state() private people: readonly PersonChoice[] = [];
  @state() private at = 0;
  @state() private shown = false;
  @query('ul') private list!: HTMLElement;
  #run = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #release: (() => void) | undefined;

  /** Looks for who fits; opens below `anchor` when somebody does. */
  look(q: string, anchor: Element): void {
    clearTimeout(this.#timer);
    this.#run.abort();
    const run = new AbortController();
    this.#run = run;
    this.#timer = setTimeout(async () => {
      try {
        const found = (await this.find?.(q, run.signal)) ?? [];
        if (run.signal.aborted) return;
        this.people = found.filter((one) => one.login && !one.me).slice(0, MOST);
        this.at = 0;
        if (this.people.length) this.#open(anchor);
        else this.close();
      } catch {
        this.close(); // names are a help, not a must
      }
    }, TYPING_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#run.abort();
    if (!this.shown) return;
    this.shown = false;
    this.list.hidePopover?.();
    this.#release?.();
    this.#release = undefined;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.close();
  }

  /** True: the key was for the list. */
  key(event: KeyboardEvent): boolean {
    if (!this.shown || event.isComposing) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.at = (this.at + step + this.people.length) % this.people.length;
    else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) this.#pick(this.people[this.at]);
    else if (event.key === 'Tab' && !event.shiftKey) this.#pick(this.people[this.at]);
    else if (event.key === 'Escape') this.close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  #open(anchor: Element): void {
    this.shown = true;
    void this.updateComplete.then(() => {
      if (!this.shown) return;
      this.list.showPopover?.();
      this.#release?.();
      this.#release = place(this.list, anchor, 'start');
    });
  }

  #pick(person: PersonChoice | undefined): void {
    this.close();
    if (person) this.emit('named', person);
  }

  override render() {
    const at = this.shown ? this.people[this.at] : undefined;
    return html`<ul popover="manual" role="listbox" aria-label=${t('mentions')}>
        ${this.people.map(
          (one, index) => html`<li
            role="option"
            class=${index === this.at ? 'at' : ''}
            aria-selected=${index === this.at ? 'true' : 'false'}
            @pointerdown=${(event: Event) => event.preventDefault()}
            @click=${() => this.#pick(one)}
          >
            ${icon('user', 16)}<span>${one.name}</span>
          </li>`,
        )}
      </ul>
      <span class="sr" role="status">${at ? t('mentionAt', { name: at.name, n: this.people.length }) : nothing}</span>`;
  }
}
define('nav-mentions', NavMentions);
