/** Our own icons, drawn on a 20-unit grid with a 1.6 line; inline, so no request leaves the page. */

import { html, type SVGTemplateResult, svg } from 'lit';

const draw = (inner: SVGTemplateResult, size = 18) =>
  html`<svg width=${size} height=${size} viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${inner}</svg>`;

const shapes = {
  bell: svg`<path d="M10 3a4.6 4.6 0 0 0-4.6 4.6c0 4-1.9 5.4-1.9 5.4h13s-1.9-1.4-1.9-5.4A4.6 4.6 0 0 0 10 3Z"/><path d="M8.2 15.8a2 2 0 0 0 3.6 0"/>`,
  check: svg`<path d="m4.5 10.5 3.6 3.7 7.4-8"/>`,
  checks: svg`<path d="m2.5 10.6 3.4 3.5 6.6-7.4"/><path d="m9.7 13.2.9.9 6.9-7.6"/>`,
  clock: svg`<circle cx="10" cy="10" r="7"/><path d="M10 6v4.2l2.8 1.7"/>`,
  close: svg`<path d="m5.5 5.5 9 9m0-9-9 9"/>`,
  down: svg`<path d="m5.5 8 4.5 4.5L14.5 8"/>`,
  dots: svg`<g fill="currentColor" stroke="none"><circle cx="4.5" cy="10" r="1.5"/><circle cx="10" cy="10" r="1.5"/><circle cx="15.5" cy="10" r="1.5"/></g>`,
  unread: svg`<path d="M16.8 8.6v5.9a1.5 1.5 0 0 1-1.5 1.5H4.7a1.5 1.5 0 0 1-1.5-1.5V6.7a1.5 1.5 0 0 1 1.5-1.5h6.8"/><path d="m3.6 6.4 6.4 4.4 2.3-1.6"/><circle cx="15.7" cy="5" r="2" fill="currentColor"/>`,
  undo: svg`<path d="M6.5 4.5 3.5 7.5l3 3"/><path d="M3.8 7.5h8a4.4 4.4 0 0 1 0 8.8H7.5"/>`,
  refresh: svg`<path d="M16.2 9.2A6.4 6.4 0 0 0 4.9 6.4L3.3 8.2"/><path d="M3.2 4.3v4h4"/><path d="M3.8 10.8a6.4 6.4 0 0 0 11.3 2.8l1.6-1.8"/><path d="M16.8 15.7v-4h-4"/>`,
  sound: svg`<path d="M3.2 8v4h2.7l4 3.4V4.6L5.9 8Z"/><path d="M12.8 7.6a3.4 3.4 0 0 1 0 4.8M15 5.4a6.5 6.5 0 0 1 0 9.2"/>`,
  mute: svg`<path d="M3.2 8v4h2.7l4 3.4V4.6L5.9 8Z"/><path d="m13 8 4 4m0-4-4 4"/>`,
  ticket: svg`<path d="M3 7.2V5.5A1.2 1.2 0 0 1 4.2 4.3h11.6A1.2 1.2 0 0 1 17 5.5v1.7a2.8 2.8 0 0 0 0 5.6v1.7a1.2 1.2 0 0 1-1.2 1.2H4.2A1.2 1.2 0 0 1 3 14.5v-1.7a2.8 2.8 0 0 0 0-5.6Z"/><path d="M11.7 7.2v1.3m0 3v1.3"/>`,
  network: svg`<rect x="7.4" y="2.8" width="5.2" height="4.2" rx="1"/><rect x="2.4" y="13" width="5.2" height="4.2" rx="1"/><rect x="12.4" y="13" width="5.2" height="4.2" rx="1"/><path d="M10 7v3m-5 3v-3h10v3"/>`,
  call: svg`<path d="M7.2 3.4 5 3.3A1.8 1.8 0 0 0 3.2 5.2 12.2 12.2 0 0 0 14.8 16.8a1.8 1.8 0 0 0 1.9-1.8l-.1-2.2-3.5-1.3-1.5 1.5a9.6 9.6 0 0 1-4.6-4.6l1.5-1.5Z"/>`,
  erp: svg`<path d="M3 17h14M4.5 17V5.2l6-2.2v14"/><path d="M10.5 8h5v9M7.2 7.5v.1m0 3v.1m0 3v.1"/>`,
  system: svg`<circle cx="10" cy="10" r="2.5"/><path d="M10 2.8v2.4m0 9.6v2.4M17.2 10h-2.4M5.2 10H2.8m12.3-5.1-1.7 1.7m-6.8 6.8-1.7 1.7m10.2 0-1.7-1.7M6.6 6.6 4.9 4.9"/>`,
  sun: svg`<circle cx="10" cy="10" r="3.2"/><path d="M10 2.6v1.8m0 11.2v1.8M17.4 10h-1.8M4.4 10H2.6m12.6-5.2L14 6M6 14l-1.2 1.2m10.4 0L14 14M6 6 4.8 4.8"/>`,
  moon: svg`<path d="M16.4 12.2A6.8 6.8 0 0 1 7.8 3.6a6.8 6.8 0 1 0 8.6 8.6Z"/>`,
  screen: svg`<rect x="2.8" y="4" width="14.4" height="9.6" rx="1.4"/><path d="M7 16.8h6m-3-3.2v3.2"/>`,
  globe: svg`<circle cx="10" cy="10" r="7.2"/><path d="M2.8 10h14.4M10 2.8c4 4.2 4 10.2 0 14.4-4-4.2-4-10.2 0-14.4Z"/>`,
  user: svg`<circle cx="10" cy="7" r="3.2"/><path d="M3.8 16.8c.8-3 3.2-4.4 6.2-4.4s5.4 1.4 6.2 4.4"/>`,
  exit: svg`<path d="M8 3.6H5A1.4 1.4 0 0 0 3.6 5v10A1.4 1.4 0 0 0 5 16.4h3"/><path d="M12.6 6.6 16 10l-3.4 3.4M16 10H8"/>`,
  warn: svg`<path d="M10 3.2 2.6 16.2h14.8Z"/><path d="M10 8.2v3.6m0 2.3v.1"/>`,
  info: svg`<circle cx="10" cy="10" r="7.2"/><path d="M10 9.2v4.4m0-7.2v.1"/>`,
  offline: svg`<path d="M3 3l14 14M5.4 9.6a7 7 0 0 1 2-1.3m4.5-.3a7 7 0 0 1 2.7 1.6M2.8 7a10.600 10.600 0 0 1 2.300-1.600m3.700-1.200a10.600 10.600 0 0 1 8.400 2.800M7.700 12.300a3.700 3.700 0 0 1 2.300-.8"/><circle cx="10" cy="15" r="1" fill="currentColor" stroke="none"/>`,
  inbox: svg`<path d="M3 11.300 5 4.900a1.300 1.300 0 0 1 1.200-.9h7.600a1.300 1.300 0 0 1 1.200.9l2 6.400v3.600a1.300 1.300 0 0 1-1.300 1.300H4.300A1.300 1.300 0 0 1 3 14.900Z"/><path d="M3.200 11.300h3.700l1.200 2.200h3.800l1.200-2.200h3.700"/>`,
  gallery: svg`<rect x="3" y="3" width="6" height="6" rx="1.2"/><rect x="11" y="3" width="6" height="6" rx="1.2"/><rect x="3" y="11" width="6" height="6" rx="1.2"/><rect x="11" y="11" width="6" height="6" rx="1.2"/>`,
  keyboard: svg`<rect x="2.400" y="5" width="15.200" height="10" rx="1.500"/><path d="M5.300 8.300h.1m3 0h.1m3 0h.1m3 0h.1M6.500 11.900h7"/>`,
  search: svg`<circle cx="8.8" cy="8.8" r="5.2"/><path d="m12.700 12.700 4 4"/>`,
  open: svg`<path d="M8.500 4.500h-4v11h11v-4"/><path d="M11.500 3.500h5v5M16.300 3.700 9.500 10.500"/>`,
  clip: svg`<path d="m14.800 9.600-5.300 5.300a3.300 3.300 0 0 1-4.700-4.700l5.900-5.900a2.200 2.200 0 0 1 3.100 3.100l-5.800 5.800a1.100 1.100 0 0 1-1.600-1.600l5-5"/>`,
  lock: svg`<rect x="4.500" y="8.800" width="11" height="7.700" rx="1.400"/><path d="M6.800 8.800V6.600a3.200 3.200 0 0 1 6.400 0v2.200"/>`,
  reply: svg`<path d="M7.500 5 3.500 9l4 4"/><path d="M3.800 9H11a5.500 5.500 0 0 1 5.500 5.500v1"/>`,
  file: svg`<path d="M11.500 3H6.200A1.200 1.200 0 0 0 5 4.200v11.600A1.200 1.200 0 0 0 6.200 17h7.600a1.200 1.200 0 0 0 1.200-1.200V6.500Z"/><path d="M11.500 3v3.500H15"/>`,
  back: svg`<path d="M12 5 7 10l5 5"/>`,
  next: svg`<path d="m8 5 5 5-5 5"/>`,
  download: svg`<path d="M10 3.500v9m-3.500-3.500 3.500 3.500 3.500-3.500M4 16.500h12"/>`,
} as const;

export type IconName = keyof typeof shapes;

/** An icon of `size` px; hidden from screen readers, so a word must stand beside it or on its button. */
export const icon = (name: IconName, size?: number) => draw(shapes[name], size);
