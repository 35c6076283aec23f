import { css, html } from 'lit';
import { query } from 'lit/decorators.js';
import '../ui/dialog';
import type { TezDialog } from '../ui/dialog';
import { base, define, TezElement } from '../ui/element';
import { t } from './strings';

const keys = [
  [['J', 'K'], 'keyMove'],
  [['Enter'], 'keyOpen'],
  [['E'], 'keyDone'],
  [['U'], 'keyUnread'],
  [['Z'], 'keySnooze'],
  [['Ctrl', 'Z'], 'keyUndo'],
  [['?'], 'keyHelp'],
] as const;

/** <tez-inbox-help>: the dialog that names the keys of the list; `show()` opens it. */
export class TezInboxHelp extends TezElement {
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

  get open(): boolean {
    return this.dialog?.open ?? false;
  }

  show(): void {
    this.dialog?.show();
  }

  override render() {
    return html`<tez-dialog .heading=${t('help')}>
      <dl>
        ${keys.map(([names, what]) => html`<dt>${names.map((name) => html`<kbd>${name}</kbd> `)}</dt><dd>${t(what)}</dd>`)}
      </dl>
    </tez-dialog>`;
  }
}
define('tez-inbox-help', TezInboxHelp);
