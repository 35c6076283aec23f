import { css, html, nothing } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import { base, define, TezElement } from './element';
import { type IconName, icon } from './icons';
import { place } from './place';

export interface MenuItem {
  readonly id: string;
  readonly label: string;
  readonly icon?: IconName;
  /** Given: one of a set, true for the chosen one. */
  readonly checked?: boolean;
  readonly href?: string;
  readonly danger?: boolean;
  /** Draws a line above this item. */
  readonly divided?: boolean;
  readonly hint?: string;
  /** A second line under the label. */
  readonly note?: string;
  /** Greyed: cannot be done here; with `href` it can elsewhere. */
  readonly muted?: boolean;
  /** With `href`: another site, opened in a tab of its own. */
  readonly outside?: boolean;
}

/**
 * <tez-menu label .items>: a button (slot `trigger` fills it) with a menu in the top layer. Arrows, Home, End and first letters move,
 * Escape closes and gives the focus back. Fires `pick` with the item's id. `openAt(anchor)` opens it elsewhere than at its own button.
 */
export class TezMenu extends TezElement {
  static override shadowRootOptions: ShadowRootInit = { mode: 'open', delegatesFocus: true };
  static override styles = [
    base,
    css`
      :host {
        display: inline-block;
      }
      [role='menu'] {
        position: fixed;
        inset: auto;
        min-width: calc(var(--tez-rem) * 11);
        max-width: calc(100vw - 16px);
        max-height: calc(100dvh - 16px);
        margin: 0;
        padding: var(--tez-1);
        overflow: auto;
        border: 0;
        border-radius: var(--tez-radius-l);
        background: var(--tez-raised);
        color: var(--tez-text);
        font: inherit;
        font-size: var(--tez-m);
        box-shadow: var(--tez-shadow-l);
      }
      header {
        padding: var(--tez-1) var(--tez-2) var(--tez-2);
        color: var(--tez-text-3);
        font-size: var(--tez-s);
      }
      [role^='menuitem'] {
        display: flex;
        align-items: center;
        gap: var(--tez-2);
        width: 100%;
        min-height: var(--tez-control);
        padding: 2px var(--tez-2);
        border: 0;
        border-radius: var(--tez-radius-s);
        background: none;
        color: inherit;
        font: inherit;
        text-align: start;
        text-decoration: none;
        cursor: pointer;
      }
      [role^='menuitem']:hover,
      [role^='menuitem']:focus {
        background: var(--tez-active);
      }
      [role^='menuitem'] > svg {
        color: var(--tez-text-3);
      }
      .label {
        flex: 1;
      }
      .hint {
        padding-inline-start: var(--tez-3);
        color: var(--tez-text-3);
        font-size: var(--tez-s);
      }
      .note {
        display: block;
        max-width: calc(var(--tez-rem) * 18);
        color: var(--tez-text-3);
        font-size: var(--tez-s);
        white-space: normal;
      }
      .muted {
        color: var(--tez-text-3);
      }
      button.muted {
        cursor: default;
      }
      .danger {
        color: var(--tez-bad);
      }
      hr {
        height: 1px;
        margin: var(--tez-1) 0;
        border: 0;
        background: var(--tez-line);
      }
      @media (forced-colors: active) {
        [role='menu'] {
          border: 1px solid CanvasText;
        }
      }
    `,
  ];

  @property() label = '';
  @property({ attribute: false }) items: readonly MenuItem[] = [];
  @property() align: 'start' | 'end' = 'end';
  @property() variant: 'ghost' | 'default' = 'ghost';
  /** Without a button of its own; opened by `openAt` only. */
  @property({ type: Boolean }) bare = false;
  @state() private shown = false;
  @query('[role=menu]') private menu!: HTMLElement;
  @query('.trigger') private trigger!: HTMLButtonElement | null;
  #anchor: Element | null = null;
  #release: (() => void) | undefined;

  get open(): boolean {
    return this.shown;
  }

  openAt(anchor: Element): void {
    this.#anchor = anchor;
    this.menu.showPopover?.();
    this.#entries[0]?.focus();
  }

  close(): void {
    this.menu.hidePopover?.();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#release?.();
    this.shown = false;
  }

  get #entries(): HTMLElement[] {
    return [...this.renderRoot.querySelectorAll<HTMLElement>('[role^=menuitem]')];
  }

  #toggled(event: Event): void {
    const open = (event as ToggleEvent).newState === 'open';
    this.#release?.();
    this.#release = undefined;
    const anchor = this.#anchor ?? this.trigger;
    if (open && anchor) this.#release = place(this.menu, anchor, this.align);
    if (!open) this.#anchor = null;
    this.shown = open;
    this.emit(open ? 'menu-open' : 'menu-close');
  }

  #keys(event: KeyboardEvent): void {
    const entries = this.#entries;
    const at = entries.indexOf(this.shadowRoot?.activeElement as HTMLElement);
    const go = (index: number): void => {
      event.preventDefault();
      entries[(index + entries.length) % entries.length]?.focus();
    };
    if (event.key === 'ArrowDown') go(at + 1);
    else if (event.key === 'ArrowUp') go(at - 1);
    else if (event.key === 'Home') go(0);
    else if (event.key === 'End') go(-1);
    else if (event.key === 'Tab') this.close();
    else if (event.key === 'Escape') {
      // The browser would close it too, but leave the focus nowhere.
      event.preventDefault();
      this.#leave();
    } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const found = [...entries.keys()].map((i) => (at + 1 + i) % entries.length);
      const hit = found.find((i) => entries[i]?.textContent?.trim().toLowerCase().startsWith(event.key.toLowerCase()));
      if (hit !== undefined) go(hit);
    }
    event.stopPropagation(); // single-key shortcuts of the page below do not act through an open menu
  }

  #pick(item: MenuItem): void {
    this.#leave();
    this.emit('pick', item.id);
  }

  #leave(): void {
    const back = this.#anchor ?? this.trigger;
    this.close();
    if (back instanceof HTMLElement) back.focus();
  }

  override render() {
    return html`${
      this.bare
        ? nothing
        : html`<button
            class="btn trigger ${this.variant}"
            aria-haspopup="menu"
            aria-expanded=${this.shown ? 'true' : 'false'}
            aria-label=${this.label}
            title=${this.label}
            @click=${() => (this.shown ? this.close() : this.trigger && this.openAt(this.trigger))}
          >
            <slot name="trigger"></slot>
          </button>`
    }
      <div role="menu" popover="auto" aria-label=${this.label} @toggle=${this.#toggled} @keydown=${this.#keys}>
        ${this.items.map((item) => {
          const inner = html`${item.icon ? icon(item.icon) : nothing}<span class="label"
              >${item.label}${item.note ? html`<span class="note">${item.note}</span>` : nothing}</span
            >${
              item.hint ? html`<span class="hint">${item.hint}</span>` : nothing
            }${item.checked ? icon('check', 16) : nothing}`;
          const line = item.divided ? html`<hr aria-hidden="true" />` : nothing;
          return html`${line}${
            item.href
              ? html`<a
                  role="menuitem"
                  tabindex="-1"
                  class=${item.muted ? 'muted' : ''}
                  href=${item.href}
                  target=${item.outside ? '_blank' : nothing}
                  rel=${item.outside ? 'noopener' : nothing}
                  @click=${() => item.outside && this.close()}
                  >${inner}</a
                >`
              : html`<button
                  role=${item.checked === undefined ? 'menuitem' : 'menuitemradio'}
                  tabindex="-1"
                  class=${item.danger ? 'danger' : item.muted ? 'muted' : ''}
                  aria-disabled=${item.muted ? 'true' : nothing}
                  aria-checked=${item.checked === undefined ? nothing : String(item.checked)}
                  @click=${() => item.muted || this.#pick(item)}
                >
                  ${inner}
                </button>`
          }`;
        })}
      </div>`;
  }
}
define('tez-menu', TezMenu);
