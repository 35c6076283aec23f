import { html, nothing, type TemplateResult } from 'lit';
import { icon } from '../ui/icons';
import { repeat } from '../ui/repeat';
import { t } from './strings';

export interface Column<Row> {
  readonly label: string;
  /** Beside the value on a narrow screen. */
  readonly short?: string;
  /** The head is for screen readers only: what stands below speaks for itself. */
  readonly quiet?: boolean;
  readonly cell: (row: Row, index: number) => TemplateResult | string | typeof nothing;
  /** Nothing to show for this row: no line of its own on a narrow screen. */
  readonly blank?: (row: Row) => boolean;
  readonly className?: string;
  /** What the server sorts by, when it can. */
  readonly sort?: string;
}

export interface Sorting {
  readonly by: string;
  readonly descending: boolean;
  readonly choose: (by: string, descending: boolean) => void;
}

export interface TableOptions<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly key: (row: Row) => unknown;
  readonly classOf?: (row: Row) => string;
  /** A click beside the row's links and buttons. */
  readonly open?: (row: Row) => void;
  readonly sorting?: Sorting;
}

/** A table that its styles turn into cards where it does not fit; the roles are written out, because `display` takes them away. */
export function table<Row>(options: TableOptions<Row>): TemplateResult {
  const { columns, rows, open } = options;
  return html`<table role="table" aria-label=${options.label}>
    <thead role="rowgroup">
      <tr role="row">
        ${columns.map((column) => head(column, options.sorting))}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${repeat(
        rows,
        options.key,
        (row, index) => html`<tr
          role="row"
          class="${open ? 'opens' : ''} ${options.classOf?.(row) ?? ''}"
          @click=${open ? (event: MouseEvent) => isFree(event) && open(row) : nothing}
        >
          ${columns.map(
            (column) =>
              html`<td role="cell" class="${column.className ?? ''} ${column.blank?.(row) ? 'blank' : ''}">
                <span class="of" aria-hidden="true">${column.quiet ? nothing : (column.short ?? column.label)}</span>${column.cell(row, index)}
              </td>`,
          )}
        </tr>`,
      )}
    </tbody>
  </table>`;
}

function head<Row>(column: Column<Row>, sorting: Sorting | undefined): TemplateResult {
  const by = column.sort;
  if (!by || !sorting)
    return html`<th role="columnheader" scope="col" class=${column.className ?? ''}><span class=${column.quiet ? 'sr' : ''}>${column.label}</span></th>`;
  const chosen = sorting.by === by;
  const down = chosen && sorting.descending;
  return html`<th
    role="columnheader"
    scope="col"
    class=${column.className ?? ''}
    aria-sort=${chosen ? (down ? 'descending' : 'ascending') : nothing}
  >
    <button class="sort ${chosen && !down ? 'up' : ''}" title=${t('sortBy', { column: column.label })} @click=${() => sorting.choose(by, chosen && !down)}>
      ${column.label}${chosen ? icon('down', 14) : nothing}
    </button>
  </th>`;
}

/** Whether the click hit neither a link nor a control, and ends no selection of text. */
function isFree(event: MouseEvent): boolean {
  const hit = event.composedPath().some((at) => at instanceof Element && at.matches('a, button, input, select, label'));
  return !hit && !getSelection()?.toString();
}
