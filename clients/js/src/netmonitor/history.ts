import { css, html, nothing, type TemplateResult } from 'lit';
import { icon } from '../ui/icons';
import '../ui/panel';
import '../ui/states';
import './chart';
import { t } from './host-strings';
import type { Past } from './past';
import { type History, type Range, ranges } from './types';
import { duration } from './units';

export type TableView = (history: History) => TemplateResult;

/** Each time's word. */
export const rangeWords = {
  '1h': 'r1h',
  '6h': 'r6h',
  '24h': 'r24h',
  '7d': 'r7d',
  '30d': 'r30d',
  '90d': 'r90d',
  '1y': 'r1y',
} as const satisfies Record<Range, string>;

export const historyStyles = css`
  .ranges {
    display: flex;
    flex-wrap: wrap;
    gap: 2px;
  }
  .ranges button {
    min-width: 40px;
    min-height: 28px;
    padding: 0 var(--tez-2);
    border: 0;
    border-radius: var(--tez-radius);
    background: none;
    color: var(--tez-text-2);
    font: inherit;
    font-size: var(--tez-s);
    font-weight: 550;
    cursor: pointer;
  }
  .ranges button:hover {
    background: var(--tez-hover);
  }
  .ranges button[aria-pressed='true'] {
    background: var(--tez-accent-soft);
    color: var(--tez-accent-text);
  }
  .busy {
    opacity: 0.6;
  }
  .foot {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-1) var(--tez-2);
    margin-top: var(--tez-3);
  }
  .foot .note {
    margin-inline-start: auto;
  }
  tez-table {
    --tez-table-height: 340px;
    border-top: 1px solid var(--tez-line);
    margin: var(--tez-3) calc(-1 * var(--tez-4)) calc(-1 * var(--tez-4));
  }
  @media (forced-colors: active) {
    .ranges button[aria-pressed='true'] {
      outline: 2px solid Highlight;
    }
  }
`;

/** The panel of a host's history: its chart, over which time, and the same as a table where `table` is given. */
export function historyView(
  past: Past,
  host: string,
  table: { readonly shown: boolean; readonly view: TableView | null; readonly flip: () => void },
) {
  const { value, busy, failure } = past.load;
  const shown = value?.points.at.length ?? 0;
  return html`<tez-panel .heading=${t('history')}>
    <div slot="actions" class="ranges" role="group" aria-label=${t('period')}>
      ${ranges.map(
        (range) =>
          html`<button aria-pressed=${past.range === range ? 'true' : 'false'} @click=${() => past.choose(range)}>${t(rangeWords[range])}</button>`,
      )}
    </div>
    ${
      value
        ? html`${failure ? html`<p class="notice">${icon('warn', 17)}<span>${failure}</span></p>` : nothing}
            ${
              shown
                ? html`<nav-network-chart class=${busy ? 'busy' : ''} .history=${value}></nav-network-chart>`
                : html`<tez-empty icon="network" .heading=${t('noHistory')}></tez-empty>`
            }
            <div class="foot">
              <button class="btn ghost small" aria-pressed=${table.shown ? 'true' : 'false'} @click=${table.flip}>${t('asTable')}</button>
              <a class="btn ghost small" download href=${`/netmonitor/api/hosts/${encodeURIComponent(host)}/history.csv?range=${past.range}`}
                >${icon('download', 16)}${t('csv')}</a
              >
              <span class="note quiet">${
                value.step_s
                  ? t('pointsNote', { step: duration(value.step_s), n: shown })
                  : t('pointsEach', { n: shown })
              }</span>
            </div>
            ${table.shown && table.view ? table.view(value) : nothing}`
        : failure
          ? html`<tez-error .heading=${t('historyFailed')} .text=${failure} ?busy=${busy} @retry=${() => past.read()}></tez-error>`
          : html`<tez-loading rows="4" @retry=${() => past.read()}></tez-loading>`
    }
  </tez-panel>`;
}
