import { css, html, nothing, type TemplateResult } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import { base, define, TezElement } from './element';
import './states';
import { t } from './strings';

export interface Column<Row> {
  readonly key: string;
  readonly label: string;
  /** What stands in the cell; plain `row[key]` if not given. */
  readonly cell?: (row: Row) => TemplateResult | string | number;
  readonly align?: 'start' | 'end';
}

const SPARE = 8; // rows drawn beyond each edge, so that a quick wheel shows no white

/** Which rows to draw: `from` and `to` (not included), with `spare` more on both sides. */
export function windowOf(
  scroll: number,
  height: number,
  rowHeight: number,
  count: number,
  spare = SPARE,
): { from: number; to: number } {
  const first = Math.floor(scroll / rowHeight);
  const seen = Math.ceil(height / rowHeight);
  return { from: Math.max(0, Math.min(first, count) - spare), to: Math.min(count, first + seen + spare) };
}

/**
 * <tez-table .columns .rows state="ready|loading|error" label>: a table with a standing head that draws only the rows in view,
 * 10,000 of one height without a stutter. Fires `retry` from its error and slow-loading states. Slot `empty`.
 */
export class TezTable<Row extends object = Record<string, unknown>> extends TezElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        min-height: 0;
      }
      .scroll {
        max-height: var(--tez-table-height, calc(var(--tez-rem) * 26));
        overflow: auto;
        overscroll-behavior: contain;
      }
      .scroll:focus-visible {
        outline-offset: -2px;
      }
      table {
        width: 100%;
        border-collapse: separate;
        border-spacing: 0;
        font-size: var(--tez-m);
      }
      th {
        position: sticky;
        top: 0;
        z-index: 1;
        height: 34px;
        padding: 0 var(--tez-3);
        border-bottom: 1px solid var(--tez-line);
        background: var(--tez-surface);
        color: var(--tez-text-3);
        font-size: var(--tez-s);
        font-weight: 550;
        text-align: start;
        white-space: nowrap;
      }
      td {
        height: 36px;
        max-width: 40ch;
        padding: 0 var(--tez-3);
        overflow: hidden;
        border-bottom: 1px solid var(--tez-line);
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      tbody tr:hover td {
        background: var(--tez-hover);
      }
      .end {
        text-align: end;
        font-variant-numeric: tabular-nums;
      }
      .space td {
        height: auto;
        padding: 0;
        border: 0;
      }
    `,
  ];

  @property({ attribute: false }) columns: readonly Column<Row>[] = [];
  @property({ attribute: false }) rows: readonly Row[] = [];
  @property() state: 'ready' | 'loading' | 'error' = 'ready';
  @property() label = '';
  /** Why loading failed. */
  @property() reason = '';
  @property({ type: Number, attribute: 'row-height' }) rowHeight = 36;
  @state() private from = 0;
  @state() private to = 40;
  @query('.scroll') private scroller!: HTMLElement | null;

  #look = (): void => {
    const at = this.scroller;
    if (!at) return;
    const { from, to } = windowOf(at.scrollTop, at.clientHeight, this.rowHeight, this.rows.length);
    this.from = from;
    this.to = to;
  };

  protected override updated(): void {
    // By CSSOM: the pages' policy forbids style attributes.
    for (const cell of this.renderRoot.querySelectorAll<HTMLElement>('.space td'))
      cell.style.height = `${cell.dataset.height}px`;
    this.#look();
  }

  override render() {
    if (this.state === 'loading') return html`<tez-loading rows="5"></tez-loading>`;
    if (this.state === 'error') return html`<tez-error .text=${this.reason}></tez-error>`;
    if (!this.rows.length) return html`<slot name="empty"><tez-empty></tez-empty></slot>`;
    const { columns, rows, rowHeight } = this;
    const to = Math.min(this.to, rows.length);
    const from = Math.min(this.from, to);
    const space = (count: number) =>
      count > 0
        ? html`<tr class="space" aria-hidden="true"><td colspan=${columns.length} data-height=${count * rowHeight}></td></tr>`
        : nothing;
    return html`<div class="scroll" tabindex="0" role="group" aria-label=${this.label} @scroll=${this.#look}>
      <table aria-rowcount=${rows.length + 1}>
        <caption class="sr">
          ${this.label}: ${t('tableRows', { n: rows.length })}
        </caption>
        <thead>
          <tr aria-rowindex="1">
            ${columns.map((column) => html`<th scope="col" class=${column.align ?? ''}>${column.label}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${space(from)}
          ${rows.slice(from, to).map(
            (row, i) =>
              html`<tr aria-rowindex=${from + i + 2}>
                ${columns.map(
                  (column) =>
                    html`<td class=${column.align ?? ''}>${column.cell ? column.cell(row) : (row as Record<string, unknown>)[column.key]}</td>`,
                )}
              </tr>`,
          )}
          ${space(rows.length - to)}
        </tbody>
      </table>
    </div>`;
  }
}
define('tez-table', TezTable);

declare global {
  interface HTMLElementTagNameMap {
    'tez-table': TezTable;
  }
}
