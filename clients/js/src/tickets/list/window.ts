/** The window of rows that are really in the page, as numbers: ten thousand tickets, a few dozen elements. */

export interface Span {
  /** First row in the page. */
  readonly from: number;
  /** One past the last. */
  readonly to: number;
}

/** Rows kept above and below what is in sight, so that a turn of the wheel finds them drawn. */
const MARGIN = 10;
/** Never more rows in the page than so many, however tall the screen is. */
export const MOST_IN_PAGE = 120;

/** Which of `total` rows of `height` px belong into the page when `top` px are scrolled away and `view` px are in sight. */
export function spanOf(top: number, view: number, height: number, total: number): Span {
  const first = Math.floor(Math.max(0, top) / height);
  const seen = Math.ceil(Math.max(view, height) / height) + 1;
  const from = Math.max(0, Math.min(first - MARGIN, total - 1));
  return { from: total ? from : 0, to: Math.min(total, first + seen + MARGIN, from + MOST_IN_PAGE) };
}

/** The pages of `size` rows that a span touches. */
export function pagesOf(span: Span, size: number): number[] {
  if (span.to <= span.from) return [];
  const first = Math.floor(span.from / size);
  const last = Math.floor((span.to - 1) / size);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** How far to scroll so that row `index` is in sight; null when it is. `head` px at the top are covered. */
export function scrollFor(index: number, top: number, view: number, height: number, head = 0): number | null {
  const at = index * height;
  if (at < top) return at;
  const end = at + height + head;
  return end > top + view ? end - view : null;
}
