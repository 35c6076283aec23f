/** Where a floating box stands: below its anchor if it fits, above it otherwise, and always inside the viewport. */

const EDGE = 8; // px kept free at every side, so that at 320 px nothing touches the edge

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export function position(
  anchor: Box,
  box: { width: number; height: number },
  view: { width: number; height: number },
  align: 'start' | 'end',
  gap = 6,
): { left: number; top: number } {
  const below = anchor.top + anchor.height + gap;
  const above = anchor.top - gap - box.height;
  const wantedTop = below + box.height <= view.height - EDGE || above < EDGE ? below : above;
  const wantedLeft = align === 'start' ? anchor.left : anchor.left + anchor.width - box.width;
  return {
    left: Math.max(EDGE, Math.min(wantedLeft, view.width - box.width - EDGE)),
    top: Math.max(EDGE, Math.min(wantedTop, view.height - box.height - EDGE)),
  };
}

/** Puts `box` beside `anchor` and keeps it there while the page scrolls or changes size; returns its own undo. Styles go through CSSOM, as the CSP wants. */
export function place(box: HTMLElement, anchor: Element, align: 'start' | 'end' = 'start'): () => void {
  const move = (): void => {
    const at = anchor.getBoundingClientRect();
    const size = box.getBoundingClientRect();
    const root = document.documentElement;
    const { left, top } = position(at, size, { width: root.clientWidth, height: root.clientHeight }, align);
    box.style.left = `${left}px`;
    box.style.top = `${top}px`;
  };
  move();
  const watch = typeof ResizeObserver === 'undefined' ? undefined : new ResizeObserver(move);
  watch?.observe(box);
  addEventListener('resize', move);
  addEventListener('scroll', move, { capture: true, passive: true });
  return () => {
    watch?.disconnect();
    removeEventListener('resize', move);
    removeEventListener('scroll', move, { capture: true });
  };
}
