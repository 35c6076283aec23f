/** The seven states: a shape, a word and a colour each, so that they are told apart without colour and without words (UX B2). */

import { css, html, svg } from 'lit';
import { isKey, t } from './strings';
import type { Host, State } from './types';

/** Paths on a grid of 16, filled by even and odd; `unknown` is a dashed line. What is well is small and light, what is not is large and dark. */
export const shapes: Readonly<Record<State, string>> = {
  up: 'M8 3.500a4.500 4.500 0 1 1 0 9a4.500 4.500 0 1 1 0-9Z',
  degraded: 'M8 .9 15.700 14.600H.3ZM7.100 5.600h1.800v4.600H7.100ZM7.100 11.200h1.800v1.700H7.100Z',
  down: 'M3 .8h10a2.200 2.200 0 0 1 2.200 2.200v10a2.200 2.200 0 0 1-2.200 2.200H3A2.200 2.200 0 0 1 .8 13V3A2.200 2.200 0 0 1 3 .8ZM4.500 5.900 6.600 8l-2.100 2.100 1.400 1.400L8 9.400l2.100 2.100 1.400-1.400L9.400 8l2.100-2.100-1.400-1.400L8 6.600 5.900 4.500Z',
  unreachable: 'M8 .5 15.500 8 8 15.500.5 8ZM8 3.400 3.400 8 8 12.600 12.600 8Z',
  unknown: 'M8 2.500a5.500 5.500 0 1 1 0 11a5.500 5.500 0 1 1 0-11Z',
  maintenance:
    'M4.200 1.500h7.600L15.600 8l-3.800 6.500H4.200L.4 8ZM5.300 3.500 2.700 8l2.600 4.500h5.400L13.300 8l-2.600-4.500ZM8 5.900a2.100 2.100 0 1 1 0 4.200a2.100 2.100 0 1 1 0-4.200Z',
  paused: 'M3.700 2.500h3v11h-3ZM9.300 2.500h3v11h-3Z',
};

const words = {
  up: 'up',
  degraded: 'degraded',
  down: 'down',
  unreachable: 'unreachable',
  unknown: 'unknown',
  maintenance: 'maintenance',
  paused: 'paused',
} as const;

/** The state's word. */
export function wordOf(state: State): string {
  return t(words[state]);
}

/** Why it is so, as people say it; empty: there is nothing to say. */
export function reasonOf(reason: string | null | undefined): string {
  if (!reason) return '';
  const key = `why_${reason}`;
  return isKey(key) ? t(key) : reason;
}

/** The reason of a host, unless its state says it already. */
export function whyOf(host: Pick<Host, 'state' | 'reason'>): string {
  return host.state === 'down' && host.reason === 'silent' ? '' : reasonOf(host.reason);
}

/** Somebody should look: it does not answer or answers badly, and nobody has taken it on. */
export function isTrouble(host: Pick<Host, 'state' | 'ack'>): boolean {
  return (host.state === 'down' || host.state === 'degraded') && host.ack === null;
}

/** The state's shape, hidden from screen readers: its word stands beside it. */
export function shape(state: State, size = 16) {
  return html`<svg class="shape ${state}" width=${size} height=${size} viewBox="0 0 16 16" aria-hidden="true">${svg`<path d=${shapes[state]} />`}</svg>`;
}

/** Shape and word. */
export function stateMark(state: State, size = 16) {
  return html`<span class="state ${state}">${shape(state, size)}<span>${wordOf(state)}</span></span>`;
}

/** Colours of shapes and words. They come from the tokens; what is well is mixed towards the ground, so that lightness tells it apart, too. */
export const stateStyles = css`
  :host {
    --net-up: color-mix(in oklab, var(--tez-ok) 80%, var(--tez-surface));
    --net-bad: var(--tez-bad);
    --net-warn: var(--tez-warn);
    --net-quiet: var(--tez-text-3);
  }
  .shape {
    flex: none;
    color: var(--net-quiet);
  }
  .shape path {
    fill: currentColor;
    fill-rule: evenodd;
  }
  .shape.unknown path {
    fill: none;
    stroke: currentColor;
    stroke-width: 2;
    stroke-dasharray: 3.400 2.360;
  }
  .shape.up {
    color: var(--net-up);
  }
  .shape.down {
    color: var(--net-bad);
  }
  .shape.degraded {
    color: var(--net-warn);
  }
  .shape.maintenance {
    color: var(--tez-accent-text);
  }
  .state {
    display: inline-flex;
    align-items: center;
    gap: 7px;
    min-width: 0;
    color: var(--tez-text-2);
    white-space: nowrap;
  }
  .state.down {
    color: var(--tez-bad);
    font-weight: 600;
  }
  .state.degraded {
    color: var(--tez-warn);
    font-weight: 600;
  }
  @media (forced-colors: active) {
    :host {
      --net-up: CanvasText;
    }
    .shape {
      forced-color-adjust: none;
      color: CanvasText;
    }
  }
`;
