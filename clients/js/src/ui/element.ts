/** What every element of the house shares: the language controller, the base styles, registration that tolerates a second copy. */

import { adoptStyles, type CSSResultOrNative, css, LitElement } from 'lit';
import { LocaleController } from '../i18n/controller';

/** Reset, focus ring, the one look of buttons, and text for screen readers only. */
export const base = css`
  :host {
    box-sizing: border-box;
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  :focus-visible {
    outline: var(--tez-focus-width) solid var(--tez-focus);
    outline-offset: 1px;
  }
  svg {
    display: block;
    flex: none;
  }
  .sr {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .btn {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 6px;
    min-width: 24px;
    min-height: var(--tez-control);
    padding: 0 var(--tez-3);
    border: 1px solid var(--tez-line-strong);
    border-radius: var(--tez-radius);
    background: var(--tez-surface);
    color: var(--tez-text);
    font: inherit;
    font-size: var(--tez-m);
    font-weight: 550;
    line-height: 1.2;
    text-decoration: none;
    cursor: pointer;
    transition:
      background var(--tez-quick),
      border-color var(--tez-quick);
  }
  .btn:hover {
    background: var(--tez-hover);
  }
  .btn:active {
    background: var(--tez-active);
  }
  .btn.primary {
    border-color: transparent;
    background: var(--tez-accent);
    color: var(--tez-on-accent);
  }
  .btn.primary:hover {
    background: var(--tez-accent-strong);
  }
  .btn.danger {
    border-color: transparent;
    background: var(--tez-bad);
    color: var(--tez-on-bad);
  }
  .btn.ghost {
    border-color: transparent;
    background: transparent;
    color: var(--tez-text-2);
  }
  .btn.ghost:hover {
    background: var(--tez-hover);
    color: var(--tez-text);
  }
  .btn.small {
    min-height: calc(var(--tez-rem) * 1.625);
    padding: 0 var(--tez-2);
    font-size: var(--tez-s);
  }
  .btn.icon {
    width: var(--tez-control);
    padding: 0;
  }
  .btn.icon.small {
    width: calc(var(--tez-rem) * 1.75);
    min-height: calc(var(--tez-rem) * 1.75);
  }
  .btn[aria-pressed='true'] {
    background: var(--tez-accent-soft);
    color: var(--tez-accent-text);
  }
  .btn[aria-disabled='true'] {
    opacity: 0.55;
    cursor: default;
  }
  @media (forced-colors: active) {
    .btn,
    .btn.primary,
    .btn.danger,
    .btn.ghost {
      border-color: ButtonBorder;
    }
    .btn.primary,
    .btn.danger {
      forced-color-adjust: none; /* or the plate behind the text has the colour of the text */
    }
    .btn[aria-pressed='true'] {
      border-width: 3px;
    }
    .btn[aria-disabled='true'] {
      opacity: 1;
      border-color: GrayText;
      background: Canvas;
      color: GrayText;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation: none !important;
      transition: none !important;
    }
  }
`;

export class TezElement extends LitElement {
  constructor() {
    super();
    new LocaleController(this);
  }

  /** A window of its own (`calls/window.ts`) is another document, and takes none of the style sheets that were made in this one. */
  protected override createRenderRoot(): HTMLElement | DocumentFragment {
    if (this.ownerDocument === document) return super.createRenderRoot();
    const made = this.constructor as typeof LitElement;
    const root = this.shadowRoot ?? this.attachShadow(made.shadowRootOptions);
    dress(root, made.elementStyles);
    return root;
  }

  /** The browser has taken the style sheets away with the move. */
  adoptedCallback(): void {
    if (this.shadowRoot) dress(this.shadowRoot, (this.constructor as typeof LitElement).elementStyles);
  }

  /** Fires `name` up through shadow roots. False when a listener prevented it. */
  protected emit<T>(name: string, detail?: T): boolean {
    return this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable: true }));
  }
}

const sheets = new WeakMap<Document, Map<CSSResultOrNative, CSSStyleSheet>>();

function dress(root: ShadowRoot, styles: readonly CSSResultOrNative[]): void {
  const page = root.ownerDocument;
  const view = page.defaultView;
  if (page === document || !view) {
    adoptStyles(root, [...styles]);
    return;
  }
  const made = sheets.get(page) ?? new Map<CSSResultOrNative, CSSStyleSheet>();
  sheets.set(page, made);
  root.adoptedStyleSheets = styles.map((style) => {
    const known = made.get(style);
    if (known) return known;
    const sheet = new view.CSSStyleSheet();
    sheet.replaceSync('cssText' in style ? style.cssText : '');
    made.set(style, sheet);
    return sheet;
  });
}

/** Registers an element once; a second copy of the bundle on the same page keeps the first definition. */
export function define(name: string, element: CustomElementConstructor): void {
  if (!customElements.get(name)) customElements.define(name, element);
}
