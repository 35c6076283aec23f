/** The telephone's own icons, on the grid of ui/icons.ts; and the outline of each agent state. */

import { html, type SVGTemplateResult, svg } from 'lit';
import type { Shape } from './look';

const draw = (inner: SVGTemplateResult, size: number) =>
  html`<svg width=${size} height=${size} viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${inner}</svg>`;

const handset = svg`<path d="M7.2 3.4 5 3.3A1.8 1.8 0 0 0 3.2 5.2 12.2 12.2 0 0 0 14.8 16.8a1.8 1.8 0 0 0 1.9-1.8l-.1-2.2-3.5-1.3-1.5 1.5a9.6 9.6 0 0 1-4.6-4.6l1.5-1.500Z"/>`;
const glyphs = {
  call: handset,
  drop: svg`<path d="M2.600 12.400c-.5-3 3-5.200 7.400-5.200s7.900 2.200 7.400 5.200l-.2 1-3.600-.8-.4-2.200a9.600 9.600 0 0 0-6.400 0l-.4 2.200-3.600.8Z"/>`,
  hold: svg`<path d="M7 4.500v11M13 4.500v11" stroke-width="2.600"/>`,
  retrieve: svg`<path d="M6.500 4.200v11.600L15.500 10Z"/>`,
  keypad: svg`<g fill="currentColor" stroke="none"><circle cx="5" cy="4" r="1.500"/><circle cx="10" cy="4" r="1.500"/><circle cx="15" cy="4" r="1.500"/><circle cx="5" cy="9" r="1.500"/><circle cx="10" cy="9" r="1.500"/><circle cx="15" cy="9" r="1.500"/><circle cx="5" cy="14" r="1.500"/><circle cx="10" cy="14" r="1.500"/><circle cx="15" cy="14" r="1.500"/></g>`,
  transfer: svg`<path d="M3 13.500V11a3.500 3.500 0 0 1 3.500-3.500h9.800M13 4l3.500 3.500L13 11"/>`,
  consult: svg`<circle cx="7" cy="7" r="2.600"/><path d="M2.600 16c.4-2.900 2-4.200 4.400-4.200s4 1.300 4.400 4.200M13 5.500h4.500M13 9h4.500M14.500 12.500h3"/>`,
  conference: svg`<circle cx="6" cy="7.500" r="2.200"/><circle cx="14" cy="7.500" r="2.200"/><path d="M2.300 15.500c.3-2.600 1.700-3.800 3.700-3.800s3.400 1.200 3.700 3.800m.6 0c.3-2.600 1.700-3.800 3.700-3.800s3.400 1.200 3.700 3.800"/>`,
  out: svg`<path d="M11 3.500h5.500V9M16.300 3.700 10 10"/><path d="M8 4.500H4.500a1 1 0 0 0-1 1v10a1 1 0 0 0 1 1h10a1 1 0 0 0 1-1V12"/>`,
  back: svg`<rect x="2.800" y="4" width="14.400" height="12" rx="1.400"/><path d="M10.500 10h6.700v6h-6.700Z" fill="currentColor"/>`,
  star: svg`<path d="m10 3 2.100 4.500 4.900.6-3.600 3.400.9 4.900L10 14l-4.300 2.400.9-4.900L3 8.100l4.900-.6Z"/>`,
  starred: svg`<path d="m10 3 2.100 4.500 4.900.6-3.600 3.400.9 4.900L10 14l-4.300 2.400.9-4.900L3 8.100l4.900-.6Z" fill="currentColor"/>`,
  missed: svg`<path d="m4 5 6 5 6-5M4 5v4m0-4h4"/><path d="M3 15c4-2.600 10-2.600 14 0"/>`,
  up: svg`<path d="m5.500 12 4.500-4.500 4.500 4.500"/>`,
  edit: svg`<path d="m4 16 .8-3.400 8.500-8.500 2.600 2.600-8.500 8.500Z"/>`,
} as const;

export type GlyphName = keyof typeof glyphs;

/** An icon of `size` px; hidden from screen readers. */
export const glyph = (name: GlyphName, size = 18) => draw(glyphs[name], size);

const outlines: Readonly<Record<Shape, SVGTemplateResult>> = {
  ready: svg`<circle cx="10" cy="10" r="8" fill="currentColor"/><path d="m6.200 10.300 2.700 2.700 5-5.600" fill="none" stroke="var(--tez-surface)" stroke-width="2"/>`,
  paused: svg`<rect x="2.500" y="2.500" width="15" height="15" rx="2" fill="currentColor"/><path d="M7.800 6.500v7m4.400-7v7" stroke="var(--tez-surface)" stroke-width="2"/>`,
  ring: svg`<path d="M10 1 19 10 10 19 1 10Z" fill="currentColor"/><path d="M10 6v4.500m0 3v.1" stroke="var(--tez-surface)" stroke-width="2"/>`,
  talk: svg`<path d="M3 3.500h14v10H10l-4.500 4v-4H3Z" fill="currentColor"/>`,
  hold: svg`<path d="M3 3.500h14v10H10l-4.500 4v-4H3Z" fill="none" stroke="currentColor" stroke-width="1.800"/><path d="M8 6.500v4m4-4v4" stroke="currentColor" stroke-width="1.800"/>`,
  work: svg`<path d="M10 2a8 8 0 1 0 8 8h-8Z" fill="currentColor"/><path d="M12.500 2.300a8 8 0 0 1 5.200 5.200h-5.200Z" fill="none" stroke="currentColor" stroke-width="1.400"/>`,
  out: svg`<circle cx="10" cy="10" r="7.200" fill="none" stroke="currentColor" stroke-width="1.800"/><path d="m5 5 10 10" stroke="currentColor" stroke-width="1.800"/>`,
  unknown: svg`<circle cx="10" cy="10" r="7.200" fill="none" stroke="currentColor" stroke-width="1.800" stroke-dasharray="3 2.600"/>`,
};

export const outline = (shape: Shape, size = 20) =>
  html`<svg width=${size} height=${size} viewBox="0 0 20 20" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${outlines[shape]}</svg>`;
