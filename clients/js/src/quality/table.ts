import { html, type TemplateResult } from 'lit';

export interface Column<Row> {
  readonly label: string;
  readonly cell: (row: Row) => TemplateResult | string;
  readonly end?: boolean;
  /** Long text: may take several lines. */
  readonly wrap?: boolean;
  /** Words that may break where the table gets narrow. */
  readonly soft?: boolean;
}

/** A table that becomes cards where it does not fit; the roles are written out, because `display` takes them away. */
export function table<Row>(
  label: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  rowClass: (row: Row) => string = () => '',
) {
  return html`<div class="scroll" role="group" tabindex="0" aria-label=${label}>
    <table role="table" aria-label=${label}>
      <thead role="rowgroup">
        <tr role="row">
          ${columns.map((one) => html`<th role="columnheader" scope="col" class=${one.end ? 'end' : ''}>${one.label}</th>`)}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${rows.map(
          (row) =>
            html`<tr role="row" class=${rowClass(row)}>
              ${columns.map(
                (one) =>
                  html`<td role="cell" class=${one.end ? 'end' : one.wrap ? 'wrap' : one.soft ? 'soft' : ''}><span class="of" aria-hidden="true">${one.label}</span><span class="in">${one.cell(row)}</span></td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
