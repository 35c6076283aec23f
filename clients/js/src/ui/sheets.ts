/**
 * Style sheets that several areas' pages share: tables, tiles, the bar that says the link is lost, the look of a native control.
 * An area lists them before its own sheet, which then adds what is different there; `stacked` comes after it.
 */

import { css } from 'lit';

/** Native controls that stand alone, without `<tez-field>`: class `control`. */
export const controls = css`
  .control {
    min-height: var(--tez-control);
    max-width: 100%;
    padding: 0 10px;
    border: 1px solid var(--tez-line-strong);
    border-radius: var(--tez-radius);
    background: var(--tez-surface);
    color: var(--tez-text);
    font: inherit;
    font-size: var(--tez-m);
    font-weight: 400;
  }
  textarea.control {
    padding-block: var(--tez-2);
  }
  .control:focus-visible {
    outline-offset: -1px;
    border-color: var(--tez-focus);
  }
  .control::placeholder {
    color: var(--tez-text-3);
    opacity: 1;
  }
  .control[aria-invalid='true'] {
    border-color: var(--tez-bad);
  }
`;

/** What has to be said above everything, such as a lost link: class `notice`. */
export const notices = css`
  .notice {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-2);
    margin: 0 0 var(--tez-3);
    padding: var(--tez-2) var(--tez-3);
    border-radius: var(--tez-radius);
    background: var(--tez-warn-soft);
    color: var(--tez-warn);
  }
`;

/** Five figures side by side: `<ul class="tiles">` of `.name`, `strong` and `.note`. */
export const tiles = css`
  .tiles {
    display: grid;
    grid-template-columns: repeat(5, minmax(0, 1fr));
    gap: var(--tez-3);
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .tiles li {
    display: flex;
    flex-direction: column;
    min-width: 0;
    padding: var(--tez-3) var(--tez-4);
    border: 1px solid var(--tez-line);
    border-radius: var(--tez-radius-l);
    background: var(--tez-surface);
    box-shadow: var(--tez-shadow);
  }
  .tiles .name {
    color: var(--tez-text-2);
    font-size: var(--tez-s);
  }
  .tiles strong {
    font-size: var(--tez-xl);
    font-weight: 650;
    font-variant-numeric: tabular-nums;
    line-height: 1.35;
  }
  .note {
    color: var(--tez-text-3);
    font-size: var(--tez-s);
  }
  @container (max-width: 900px) {
    .tiles {
      grid-template-columns: repeat(6, minmax(0, 1fr));
    }
    .tiles li {
      grid-column: span 2;
    }
    .tiles li:nth-child(n + 4) {
      grid-column: span 3;
    }
  }
  @container (max-width: 620px) {
    .tiles {
      grid-template-columns: repeat(2, minmax(0, 1fr));
      gap: var(--tez-2);
    }
    .tiles li,
    .tiles li:nth-child(n + 4) {
      grid-column: auto;
      padding: var(--tez-2) var(--tez-3);
    }
    .tiles li:nth-child(5) {
      grid-column: 1 / -1;
    }
  }
  @media (forced-colors: active) {
    .tiles li {
      border-color: CanvasText;
    }
  }
`;

/** A table of an area's own making, in a `.scroll` frame that the keyboard can move; numbers have class `end`, long texts `wrap`. */
export const tables = css`
  .scroll {
    overflow-x: auto;
    overscroll-behavior-x: contain;
  }
  .scroll:focus-visible {
    outline-offset: -2px;
  }
  table {
    width: 100%;
    border-collapse: collapse;
    font-size: var(--tez-m);
  }
  th,
  td {
    height: 36px;
    padding: 6px var(--tez-2);
    border-bottom: 1px solid var(--tez-line);
    text-align: start;
  }
  th:first-child,
  td:first-child {
    padding-inline-start: var(--tez-4);
  }
  th:last-child,
  td:last-child {
    padding-inline-end: var(--tez-4);
  }
  tbody tr:last-child td {
    border-bottom: 0;
  }
  th {
    color: var(--tez-text-3);
    font-size: var(--tez-s);
    font-weight: 550;
    line-height: 1.25;
    vertical-align: bottom;
  }
  td {
    white-space: nowrap;
  }
  td.wrap {
    min-width: calc(var(--tez-rem) * 10);
    white-space: normal;
    overflow-wrap: break-word;
  }
  .end {
    text-align: end;
    font-variant-numeric: tabular-nums;
  }
  b {
    font-weight: 600;
  }
  .of {
    display: none;
  }
`;

/** Below so many pixels each row of a table becomes a card, each cell a line that begins with its column's name (`.of`). */
export function stacked(below: number) {
  return css`
    @container (max-width: ${below}px) {
      table,
      tbody,
      tr,
      td {
        display: block;
      }
      thead {
        position: absolute;
        width: 1px;
        height: 1px;
        overflow: hidden;
        clip-path: inset(50%);
      }
      tr {
        padding: var(--tez-2) var(--tez-4);
        border-bottom: 1px solid var(--tez-line);
      }
      tbody tr:last-child {
        border-bottom: 0;
      }
      td,
      td.wrap,
      td:first-child,
      td:last-child {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: var(--tez-3);
        height: auto;
        min-width: 0;
        min-height: 28px;
        padding: 2px 0;
        border: 0;
        text-align: end;
        white-space: normal;
        overflow-wrap: anywhere;
      }
      td .of {
        display: inline;
        flex: none;
        max-width: 55%;
        color: var(--tez-text-3);
        font-size: var(--tez-s);
        text-align: start;
      }
    }
  `;
}
