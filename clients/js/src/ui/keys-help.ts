import { css, html } from 'lit';
import { query } from 'lit/decorators.js';
import './dialog';
import type { TezDialog } from './dialog';
import { base, TezElement } from './element';

/** Keys that are pressed together, and what they do. */
export type KeyLine = readonly [keys: readonly string[], what: string];

/** A dialog that names the keys of a part of the page; `show()` opens it. What it lists is its subclass's to say, in the language of the moment. */
export abstract class KeysHelp extends TezElement {
  static override styles = [
    base,
    css`
      :host {
        display: contents;
      }
      kbd {
        display: inline-block;
        min-width: 24px;
        padding: 1px 6px;
        border: 1px solid var(--tez-line-strong);
        border-bottom-width: 2px;
        border-radius: var(--tez-radius-s);
        color: var(--tez-text);
        font-family: var(--tez-mono);
        font-size: var(--tez-s);
        text-align: center;
      }
      dl {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 8px var(--tez-4);
        margin: var(--tez-2) 0 0;
      }
      dd {
        margin: 0;
      }
    `,
  ];

  @query('tez-dialog') private dialog!: TezDialog | null;

  protected abstract get heading(): string;
  protected abstract get lines(): readonly KeyLine[];

  get open(): boolean {
    return this.dialog?.open ?? false;
  }

  show(): void {
    this.dialog?.show();
  }

  override render() {
    return html`<tez-dialog .heading=${this.heading}>
      <dl>
        ${this.lines.map(([names, what]) => html`<dt>${names.map((name) => html`<kbd>${name}</kbd> `)}</dt><dd>${what}</dd>`)}
      </dl>
    </tez-dialog>`;
  }
}
