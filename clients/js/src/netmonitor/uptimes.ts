import { css, html, nothing } from 'lit';
import '../ui/panel';
import { rangeWords } from './history';
import { t } from './host-strings';
import { type HostAnswer, spans } from './types';
import { uptime } from './units';

export const uptimesStyles = css`
  .uptimes {
    display: grid;
    gap: 2px;
    margin: 0;
  }
  .uptimes div {
    display: grid;
    grid-template-columns: 5rem minmax(0, 1fr) 5rem;
    align-items: center;
    gap: var(--tez-3);
    min-height: 28px;
  }
  .uptimes dt {
    color: var(--tez-text-2);
  }
  .uptimes dd {
    margin: 0;
    font-weight: 620;
    font-variant-numeric: tabular-nums;
    text-align: end;
  }
  .meter {
    width: 100%;
    height: 6px;
    border-radius: 3px;
    background: var(--tez-sunken);
    overflow: hidden;
  }
  .meter rect {
    fill: var(--net-up);
  }
  .meter.low rect {
    fill: var(--tez-bad);
  }
  @media (forced-colors: active) {
    .meter {
      border: 1px solid CanvasText;
    }
    .meter rect {
      fill: CanvasText;
    }
  }
`;

/** How much of each time the host was up; `failure` is why that is not known. */
export function uptimesView(value: HostAnswer | null, failure: string) {
  if (!value)
    return failure ? html`<tez-panel .heading=${t('uptime')}><p class="fault">${failure}</p></tez-panel>` : nothing;
  return html`<tez-panel .heading=${t('uptime')}>
    <dl class="uptimes">
      ${spans.map((span) => {
        const percent = value.uptime[span] ?? null;
        // From 95 % on: below that it is bad enough to be read off the number.
        const width = percent === null ? 0 : Math.max(0, (percent - 95) * 20);
        return html`<div>
          <dt>${t(rangeWords[span])}</dt>
          <dd>
            <svg class="meter ${percent !== null && percent < 99 ? 'low' : ''}" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect width=${width} height="6" /></svg>
          </dd>
          <dd>${uptime(percent)}</dd>
        </div>`;
      })}
    </dl>
  </tez-panel>`;
}
