/** A row's small curve, as SVG paths: the medians of the last rounds, and a mark for each that was lost. */

import { SPARK } from './model';

export const WIDTH = 96;
export const HEIGHT = 26;
const PAD = 3;
const MARK = 7;

/** `line`: from 0, a steady host's at two thirds of the height, gaps stay gaps; `lost`: marks at the bottom. New rounds come in at the right. */
export function sparkPaths(values: readonly (number | null)[]): { readonly line: string; readonly lost: string } {
  const known = values.filter((value): value is number => value !== null).sort((a, b) => a - b);
  const median = known[known.length >> 1] ?? 0;
  const top = Math.max(known[known.length - 1] ?? 0, median * 1.6, 1e-9);
  const step = WIDTH / (SPARK - 1);
  const first = SPARK - values.length;
  let line = '';
  let lost = '';
  let drawing = false;
  values.forEach((value, i) => {
    const x = ((first + i) * step).toFixed(1);
    if (value === null) {
      lost += `M${x} ${HEIGHT - MARK}v${MARK}`;
      drawing = false;
      return;
    }
    const y = (HEIGHT - PAD - (value / top) * (HEIGHT - 2 * PAD)).toFixed(1);
    const alone = !drawing && (values[i + 1] ?? null) === null;
    line += alone ? `M${x} ${y}h1` : `${drawing ? 'L' : 'M'}${x} ${y}`;
    drawing = true;
  });
  return { line, lost };
}
