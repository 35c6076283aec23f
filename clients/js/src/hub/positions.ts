/** Where a reader stands in its streams, and what the next frame means there. Plain functions over values. */
import type { GapFrame, Position } from './messages';

/** `new`: take it. `old`: known already. `hole`: something before it is missing. */
export type Verdict = 'new' | 'old' | 'hole';

/** Positions are contiguous: the next one is the last one plus 1. With none known, everything is a hole. */
export function verdict(last: number | null, next: number): Verdict {
  if (last === null) return 'hole';
  if (next <= last) return 'old';
  return next === last + 1 ? 'new' : 'hole';
}

/** Not on the wire: a position was given up, and everything is to be read anew. */
export const LOST = 'position_lost';

/** The inbox position after a gap; null when the gap itself does not join on to what is known. */
export function afterGap(last: number | null, gap: Pick<GapFrame, 'from' | 'to' | 'reason'>): number | null {
  if (gap.reason === LOST) return gap.to;
  if (last === null || gap.from > last + 1) return null;
  return Math.max(last, gap.to);
}

/** The earlier of two positions in the same stream; null when they are not in the same one. */
export function earlier(a: Position | null, b: Position | null): Position | null {
  if (!a || !b || a.epoch !== b.epoch) return null;
  return a.offset <= b.offset ? a : b;
}
