import { html, svg } from 'lit';
import { t } from './strings';

const WIDTH = 320;
const HEIGHT = 96;

export interface Point {
  readonly label: string;
  readonly value: number | null;
  /** A mark above the column, for a p90 over its median. */
  readonly mark?: number | null;
}

/** Where each column stands: x, width, height from the floor, and the mark's height; null where there is nothing to draw. */
export function columnsOf(
  points: readonly Point[],
  width = WIDTH,
  height = HEIGHT,
): { x: number; w: number; h: number | null; mark: number | null }[] {
  const top = Math.max(...points.flatMap((one) => [one.value ?? 0, one.mark ?? 0]), 0);
  const step = width / Math.max(points.length, 1);
  const w = Math.max(1, Math.min(28, step * 0.7));
  const scale = (value: number | null | undefined) =>
    value === null || value === undefined || !top ? null : Math.max(value > 0 ? 1.5 : 0, (value / top) * (height - 4));
  return points.map((one, i) => ({ x: i * step + (step - w) / 2, w, h: scale(one.value), mark: scale(one.mark) }));
}

/**
 * Columns over time with their ends named. A picture with a sentence for whoever does not see it;
 * the numbers stand in the table below.
 */
export function columns(what: string, points: readonly Point[], write: (value: number) => string) {
  const known = points.flatMap((one) => (one.value === null ? [] : [one.value]));
  const label = known.length
    ? t('chart', { what, min: write(Math.min(...known)), max: write(Math.max(...known)) })
    : t('chartOf', { what, name: t('noData') });
  return html`<div class="chart">
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${label}>
      ${svg`<path class="floor" d="M0 ${HEIGHT - 0.5}H${WIDTH}"/>`}
      ${columnsOf(points).map((one, i) => {
        const point = points[i];
        if (one.h === null || !point) return svg``;
        const said = `${point.label}: ${write(point.value ?? 0)}`;
        const mark =
          one.mark === null
            ? svg``
            : svg`<path class="mark" d="M${one.x} ${HEIGHT - one.mark}h${one.w}M${one.x + one.w / 2} ${HEIGHT - one.mark}V${HEIGHT - one.h}"/>`;
        return svg`<g><title>${said}</title><rect x=${one.x} y=${HEIGHT - one.h} width=${one.w} height=${one.h} />${mark}</g>`;
      })}
    </svg>
    <div class="ends" aria-hidden="true"><span>${points[0]?.label ?? ''}</span><span>${points.at(-1)?.label ?? ''}</span></div>
  </div>`;
}

/** A lying bar beside its number; decoration, so hidden from whoever has the number read out. */
export function bar(value: number | null, top: number) {
  const width = value === null || top <= 0 ? 0 : Math.max(value > 0 ? 1 : 0, (100 * value) / top);
  return html`<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
    ${svg`<rect class="rail" width="100" height="8" /><rect width=${width} height="8" />`}
  </svg>`;
}
