/** Whether the panel was left open or folded, in this browser. */

const KEY = 'tez.calls.open';

/** As it was left; where there is no room beside the page, folded. */
export function recall(): 'side' | 'bar' {
  let kept: string | null = null;
  try {
    kept = localStorage.getItem(KEY);
  } catch {
    // then it is as if for the first time
  }
  if (kept) return kept === 'no' ? 'bar' : 'side';
  return matchMedia('(max-width: 860px)').matches ? 'bar' : 'side';
}

export function keep(folded: boolean): void {
  try {
    localStorage.setItem(KEY, folded ? 'no' : 'yes');
  } catch {
    // then it holds as long as the page
  }
}
