/** The head of the table: names of the columns, and sorting by those that the server sorts by. */

import { html, nothing, type TemplateResult } from 'lit';
import { icon } from '../../ui/icons';
import type { ColumnKey, Look } from './look';
import { type SortKey, sorting, sortKeys, usualDir } from './place';
import { t } from './strings';
import type { Query } from './types';

export interface HeadActs {
  sort(by: SortKey, dir: 'asc' | 'desc'): void;
  chooseShown(on: boolean): void;
}

/** `chosen`: every loaded row is. */
export function headRow(look: Look, query: Query, chosen: boolean, act: HeadActs): TemplateResult {
  return html`<div role="rowgroup" class="headgroup">
    <div class="row head" role="row" aria-rowindex="1">
      <div role="columnheader" class="cell pick">
        <label
          ><input
            type="checkbox"
            .checked=${chosen}
            aria-label=${t('chooseShown')}
            title=${t('chooseShown')}
            @change=${(event: Event) => act.chooseShown((event.target as HTMLInputElement).checked)}
        /></label>
      </div>
      ${look.columns.map((column) => head(column, query, act))}
    </div>
  </div>`;
}

function head(column: ColumnKey, query: Query, act: HeadActs): TemplateResult {
  const key = sortKeys.find((one) => one === column);
  if (!key) return html`<div role="columnheader" class="cell ${column}">${t(column)}</div>`;
  const { by, dir } = sorting(query);
  const here = by === key;
  return html`<div
    role="columnheader"
    class="cell ${column}"
    aria-sort=${here ? (dir === 'asc' ? 'ascending' : 'descending') : nothing}
  >
    <button @click=${() => act.sort(key, here ? (dir === 'asc' ? 'desc' : 'asc') : usualDir(key))}>
      ${t(column)}${here ? icon('down', 13) : nothing}
    </button>
  </div>`;
}
