/** The last rounds of a host, as they come: a column each, from its lowest to its p95, the median marked, losses in their own colour. */

import { css, html, svg } from 'lit';
import { formatDate, formatNumber } from '../i18n/index';
import { t } from './host-strings';
import { ROUNDS } from './model';
import type { Round } from './types';
import { millis, share } from './units';

const WIDTH = 600;
const HEIGHT = 84;
const COLUMN = WIDTH / ROUNDS;
const FOOT = 6;

/** Of `roundsView`; `roundStyles` go with it. */
export const roundsStyles = css`
  .rounds {
    width: 100%;
    height: 84px;
  }
  .rounds .range {
    fill: color-mix(in oklab, var(--tez-accent) 32%, transparent);
  }
  .rounds .middle {
    fill: var(--tez-accent);
  }
  .rounds .lost {
    fill: var(--tez-bad);
  }
  .rounds .floor {
    stroke: var(--tez-line-strong);
    vector-effect: non-scaling-stroke;
  }
  @media (forced-colors: active) {
    .rounds rect {
      fill: CanvasText;
    }
    .rounds .range {
      fill: GrayText;
    }
  }
`;

/** Of `roundFacts`. */
export const roundStyles = css`
  .facts {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(4.6rem, 1fr));
    gap: var(--tez-2) var(--tez-3);
    margin: var(--tez-3) 0 0;
  }
  .facts dt {
    color: var(--tez-text-3);
    font-size: var(--tez-s);
  }
  .facts dd {
    margin: 0;
    font-weight: 550;
    font-variant-numeric: tabular-nums;
    overflow-wrap: anywhere;
  }
`;

/** Columns of the picture; pure, for its tests. */
export function columnsOf(
  rounds: readonly Round[],
): { x: number; low: number; high: number; middle: number | null; loss: number }[] {
  const top = Math.max(...rounds.map((round) => round.p95 ?? 0), 1e-9) * 1.1;
  const y = (value: number) => (HEIGHT - FOOT) * (1 - value / top);
  return rounds.map((round, i) => ({
    x: (ROUNDS - rounds.length + i) * COLUMN,
    low: y(round.min ?? round.p50 ?? 0),
    high: y(round.p95 ?? round.p50 ?? 0),
    middle: round.p50 === null ? null : y(round.p50),
    loss: round.loss ?? 0,
  }));
}

export function roundsView(rounds: readonly Round[]) {
  const last = rounds[rounds.length - 1];
  if (!last) return html`<p class="quiet">${t('noRounds')}</p>`;
  return html`<svg class="rounds" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${t('roundsLabel', { n: rounds.length })}>
      <path class="floor" d="M0 ${HEIGHT - FOOT + 0.5}H${WIDTH}" />
      ${columnsOf(rounds).map(
        (one) =>
          svg`${
            one.middle === null
              ? null
              : svg`<rect class="range" x=${one.x + 1.5} y=${one.high} width=${COLUMN - 3} height=${Math.max(2, one.low - one.high)} /><rect class="middle" x=${one.x + 1.5} y=${one.middle - 1} width=${COLUMN - 3} height="2" />`
          }${one.loss ? svg`<rect class="lost" x=${one.x + 1.5} y=${(HEIGHT - FOOT) * (1 - one.loss)} width=${COLUMN - 3} height=${(HEIGHT - FOOT) * one.loss + FOOT} />` : null}`,
      )}
    </svg>
    ${roundFacts(last)}`;
}

/** The numbers of one round. */
export function roundFacts(round: Round) {
  const fact = (name: string, value: string) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  return html`<dl class="facts">
    ${fact(t('sent'), formatNumber(round.sent))} ${fact(t('loss'), share(round.loss))} ${fact(t('least'), millis(round.min))}
    ${fact(t('median'), millis(round.p50))} ${fact(t('p95'), millis(round.p95))} ${fact(t('jitter'), millis(round.jitter))}
    ${fact(t('at'), formatDate(Date.parse(round.at), { hour: '2-digit', minute: '2-digit', second: '2-digit' }))}
  </dl>`;
}
