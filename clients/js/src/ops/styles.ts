import { css } from 'lit';

export const opsStyles = css`
  :host {
    display: block;
    container-type: inline-size;
  }
  .top {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-1) var(--tez-4);
    min-height: var(--tez-control);
    margin-bottom: var(--tez-3);
  }
  ::slotted(h1) {
    margin: 0;
  }
  .age {
    display: flex;
    align-items: center;
    gap: var(--tez-1);
    margin: 0 0 0 auto;
    color: var(--tez-text-3);
    font-size: var(--tez-s);
    font-variant-numeric: tabular-nums;
  }
  .age.old {
    color: var(--tez-warn);
    font-weight: 550;
  }
  .lost {
    display: flex;
    align-items: center;
    gap: var(--tez-2);
    margin: 0 0 var(--tez-3);
    padding: var(--tez-2) var(--tez-3);
    border-radius: var(--tez-radius);
    background: var(--tez-warn-soft);
    color: var(--tez-warn);
  }
  .all {
    display: grid;
    gap: var(--tez-4);
  }
  /* Dimmed by colour, not by opacity: the text must stay readable. Also in the parts, which take their colours from here. */
  .dim {
    --tez-ok: var(--tez-text-3);
    --tez-warn: var(--tez-text-3);
    --tez-bad: var(--tez-text-3);
    --tez-accent: var(--tez-text-3);
  }
  .dim strong,
  .dim td {
    color: var(--tez-text-2);
  }
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
  .name {
    color: var(--tez-text-2);
    font-size: var(--tez-s);
  }
  strong {
    font-size: var(--tez-2xl);
    font-weight: 650;
    font-variant-numeric: tabular-nums;
    letter-spacing: -0.01em;
    line-height: 1.25;
  }
  .note {
    color: var(--tez-text-3);
    font-size: var(--tez-s);
  }
  tez-state-dot.note {
    align-items: first baseline;
    white-space: normal;
  }
  .spark {
    width: 100%;
    height: 36px;
    margin-top: auto;
    padding-top: var(--tez-2);
    box-sizing: content-box;
    overflow: visible;
  }
  .spark path {
    fill: none;
    vector-effect: non-scaling-stroke;
  }
  .spark .line {
    stroke: var(--tez-accent);
    stroke-width: 1.5;
    stroke-linejoin: round;
  }
  .spark .floor {
    stroke: var(--tez-line);
    stroke-width: 1;
  }
  .troubles {
    display: grid;
    gap: var(--tez-2);
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .troubles li {
    display: flex;
    gap: var(--tez-2);
    overflow-wrap: anywhere;
  }
  .pair {
    display: grid;
    grid-template-columns: minmax(0, 3fr) minmax(0, 2fr);
    gap: var(--tez-4);
    align-items: start;
  }
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
    padding-block: var(--tez-2);
  }
  td {
    white-space: nowrap;
  }
  .end {
    text-align: end;
    font-variant-numeric: tabular-nums;
  }
  b {
    font-weight: 600;
  }
  .stale td {
    color: var(--tez-text-3);
  }
  td .tag {
    display: inline-block;
    padding: 1px 6px;
    border-radius: 9px;
    background: var(--tez-accent-soft);
    color: var(--tez-accent-text);
    font-size: var(--tez-xs);
    font-weight: 600;
  }
  .of {
    display: none;
  }
  td.wrap {
    min-width: calc(var(--tez-rem) * 9);
    white-space: normal;
    overflow-wrap: break-word;
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
    .pair {
      grid-template-columns: minmax(0, 1fr);
    }
  }
  @container (max-width: 620px) {
    .top {
      padding: var(--tez-3) var(--tez-3) 0;
    }
    .age {
      margin-inline-start: 0;
    }
    .lost {
      margin-inline: var(--tez-3);
    }
    .all {
      gap: var(--tez-3);
      padding: 0 var(--tez-2) var(--tez-3);
    }
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
    strong {
      font-size: var(--tez-xl);
    }
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
      justify-content: space-between;
      gap: var(--tez-3);
      height: auto;
      min-height: 28px;
      align-items: center;
      min-width: 0;
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
  @media (forced-colors: active) {
    .spark .line {
      stroke: CanvasText;
    }
    .tiles li {
      border-color: CanvasText;
    }
  }
`;
