/** Colours for canvases: those that the style sheet gives hidden marks, as the theme of the moment resolves them. */

import { css, html } from 'lit';

const names = [
  'text',
  'grid',
  'line',
  'band',
  'loss',
  'down',
  'downSoft',
  'warn',
  'warnSoft',
  'quiet',
  'quietSoft',
  'ground',
] as const;
export type Ink = Readonly<Record<(typeof names)[number], string>>;

export const inkStyles = css`
  .ink {
    position: absolute;
    visibility: hidden;
  }
  .ink .text {
    color: var(--tez-text-3);
  }
  .ink .grid {
    color: var(--tez-line);
  }
  .ink .line {
    color: var(--tez-accent);
  }
  .ink .band {
    color: color-mix(in oklab, var(--tez-accent) 24%, transparent);
  }
  .ink .loss,
  .ink .down {
    color: var(--tez-bad);
  }
  .ink .downSoft {
    color: color-mix(in oklab, var(--tez-bad) 16%, transparent);
  }
  .ink .warn {
    color: var(--tez-warn);
  }
  .ink .warnSoft {
    color: color-mix(in oklab, var(--tez-warn) 15%, transparent);
  }
  .ink .quiet {
    color: var(--tez-text-3);
  }
  .ink .quietSoft {
    color: color-mix(in oklab, var(--tez-text-3) 13%, transparent);
  }
  .ink .ground {
    color: var(--tez-surface);
  }
`;

/** The marks; they stand in the shadow root of whoever draws. */
export const inkMarks = () =>
  html`<span class="ink" aria-hidden="true">${names.map((name) => html`<i class=${name}></i>`)}</span>`;

/** What the marks' colours are now. */
export function readInk(root: ParentNode): Ink {
  const colour = (name: string) => {
    const mark = root.querySelector(`.ink .${name}`);
    return (mark && getComputedStyle(mark).color) || 'currentColor';
  };
  return Object.fromEntries(names.map((name) => [name, colour(name)])) as Ink;
}

/** Calls `changed` when the theme may be another one; returns its own undo. */
export function onTheme(changed: () => void): () => void {
  const queries = ['(prefers-color-scheme: dark)', '(forced-colors: active)'].map((query) => matchMedia(query));
  for (const query of queries) query.addEventListener('change', changed);
  const watch = new MutationObserver(changed);
  watch.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return () => {
    for (const query of queries) query.removeEventListener('change', changed);
    watch.disconnect();
  };
}
