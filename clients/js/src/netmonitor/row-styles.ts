import { css } from 'lit';

/** The rows. Each has one height and cells of their own widths, so that a text that changes moves nothing. */
export const rowStyles = css`
  .row {
    display: flex;
    align-items: center;
    gap: var(--tez-3);
    height: var(--row);
    padding: 0 var(--tez-2) 0 calc(var(--tez-4) + var(--indent, 0px));
    border-bottom: 1px solid var(--tez-line);
    background: var(--tez-surface);
    contain: layout paint style;
  }
  .row.host {
    position: relative;
    cursor: pointer;
  }
  .row.group {
    height: var(--group);
    background: var(--tez-bg);
    cursor: pointer;
    user-select: none;
  }
  .row[data-depth='1'] {
    --indent: 20px;
  }
  .row[data-depth='2'] {
    --indent: 40px;
  }
  .row[data-depth='3'] {
    --indent: 60px;
  }
  .row:is([data-depth='4'], [data-depth='5'], [data-depth='6']) {
    --indent: 80px;
  }
  .row:hover {
    background: var(--tez-hover);
  }
  .row:focus-visible {
    outline-offset: -2px;
  }
  .row.host.trouble.down {
    background: color-mix(in oklab, var(--tez-bad-soft) 75%, var(--tez-surface));
    box-shadow: inset 4px 0 0 var(--net-bad);
  }
  .row.host.trouble.degraded {
    background: color-mix(in oklab, var(--tez-warn-soft) 65%, var(--tez-surface));
    box-shadow: inset 4px 0 0 var(--net-warn);
  }
  .row.host.trouble:hover {
    background: var(--tez-active);
  }
  .stale .row,
  .stale .row.host.trouble {
    background: var(--tez-sunken);
  }
  .row.gone > * {
    visibility: hidden;
  }
  .cell {
    flex: none;
    min-width: 0;
    overflow: hidden;
    color: var(--tez-text-2);
    font-size: var(--tez-s);
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .cell.state {
    display: flex;
    gap: 9px;
    width: calc(var(--tez-rem) * 15.5 - var(--indent, 0px));
  }
  .words {
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .word {
    font-weight: 500;
  }
  .down .word,
  .degraded .word {
    font-weight: 650;
  }
  .down:not(.group) .word {
    color: var(--tez-bad);
  }
  .degraded:not(.group) .word {
    color: var(--tez-warn);
  }
  .why:not(:empty)::before {
    content: ' · ';
  }
  .row.host:not(.trouble):is(.down, .degraded) .word {
    font-weight: 550;
  }
  .cell.who {
    display: flex;
    flex: 1 1 0;
    align-items: baseline;
    gap: 10px;
    min-width: 14ch;
    font-size: var(--tez-m);
  }
  .name {
    flex: none;
    max-width: 100%;
    overflow: hidden;
    color: var(--tez-text);
    font-weight: 550;
    text-decoration: none;
    text-overflow: ellipsis;
  }
  a.name:hover {
    text-decoration: underline;
  }
  .address {
    flex: 0 1 auto; /* gives way, the name does not */
    min-width: 0;
    overflow: hidden;
    color: var(--tez-text-3);
    font-size: var(--tez-s);
    font-variant-numeric: tabular-nums;
    text-overflow: ellipsis;
  }
  .cell.tags {
    display: flex;
    gap: 6px;
    align-items: center;
    justify-content: flex-end;
    max-width: calc(var(--tez-rem) * 18);
  }
  .tag {
    flex: none;
    max-width: calc(var(--tez-rem) * 9);
    padding: 0 7px;
    overflow: hidden;
    border-radius: 9px;
    background: var(--tez-sunken);
    color: var(--tez-text-2);
    font-size: var(--tez-xs);
    font-weight: 600;
    line-height: 18px;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .tag.critical {
    align-self: center;
    border: 1px solid var(--tez-line-strong);
    background: none;
    color: var(--tez-text-2);
    line-height: 16px;
  }
  .tag.ack,
  .tag.works {
    background: var(--tez-accent-soft);
    color: var(--tez-accent-text);
  }
  .tag.flapping {
    background: var(--tez-warn-soft);
    color: var(--tez-warn);
  }
  .take {
    flex: none;
  }
  .cell.num {
    text-align: end;
    font-variant-numeric: tabular-nums;
  }
  .cell.since {
    width: calc(var(--tez-rem) * 5.5);
  }
  .cell.loss {
    width: calc(var(--tez-rem) * 4);
  }
  .cell.loss.some {
    color: var(--tez-text);
    font-weight: 650;
  }
  .cell.p50,
  .cell.p95 {
    width: calc(var(--tez-rem) * 4.75);
  }
  .cell.p50 {
    color: var(--tez-text);
  }
  .cell.curve {
    width: calc(var(--tez-rem) * 7);
  }
  .cell.acts {
    width: calc(var(--tez-rem) * 1.75);
    overflow: visible;
  }
  .spark {
    width: 100%;
    height: calc(var(--row) - 12px);
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
  .spark .lost {
    stroke: var(--net-bad);
    stroke-width: 2;
  }
  .stale .spark .line {
    stroke: var(--tez-text-3);
  }
  .whole {
    display: flex;
    flex: 1;
    align-items: center;
    gap: 9px;
  }
  .group .name {
    color: var(--tez-text);
    font-size: var(--tez-m);
    font-weight: 620;
  }
  .rule {
    color: var(--tez-text-3);
    font-size: var(--tez-s);
  }
  .chevron {
    flex: none;
    margin-inline: -4px -3px;
    color: var(--tez-text-3);
  }
  [aria-expanded='true'] .chevron {
    transform: rotate(90deg);
  }
  .counts {
    display: flex;
    gap: var(--tez-3);
    align-items: center;
    margin-inline-start: auto;
    padding-inline-end: var(--tez-2);
    font-variant-numeric: tabular-nums;
  }
  .count {
    display: inline-flex;
    gap: 5px;
    align-items: center;
    color: var(--tez-text);
    font-weight: 600;
  }
  .counts .all {
    min-width: 9ch;
    color: var(--tez-text-3);
    text-align: end;
  }
  .row.head {
    position: sticky;
    inset-block-start: 0;
    z-index: 2;
    height: 32px;
    background: var(--tez-surface);
    cursor: default;
  }
  .stale .row.head {
    background: var(--tez-sunken);
  }
  .head .cell {
    color: var(--tez-text-3);
    font-size: var(--tez-s);
    font-weight: 550;
  }
  @container (max-width: 1120px) {
    .cell.p95 {
      display: none;
    }
    .cell.state {
      width: calc(var(--tez-rem) * 12 - var(--indent, 0px));
    }
  }
  @container (max-width: 940px) {
    .cell.since {
      display: none;
    }
    .cell.curve {
      width: calc(var(--tez-rem) * 5);
    }
  }
  @container (max-width: 780px) {
    .row:not([data-depth='0']) {
      --indent: 12px;
    }
    .cell.loss,
    .cell.tags .tag,
    .address,
    .why {
      display: none;
    }
    .cell.state {
      width: calc(var(--tez-rem) * 9 - var(--indent, 0px));
    }
    .cell.who {
      min-width: 8ch;
    }
  }
  /* A card of two lines: what it is and how it is, then where, how fast and the curve. */
  @container (max-width: 620px) {
    .row.head {
      display: none;
    }
    .row {
      padding-inline: calc(var(--tez-3) + var(--indent, 0px)) var(--tez-1);
    }
    .row.host {
      display: grid;
      grid-template: auto auto / minmax(0, 1fr) auto calc(var(--tez-rem) * 4) auto;
      align-content: center;
      gap: 2px var(--tez-2);
    }
    .cell.who {
      grid-area: 1 / 1;
      min-width: 0;
    }
    .cell.state {
      grid-area: 2 / 1;
      width: auto;
      font-size: var(--tez-xs);
    }
    .cell.p50 {
      grid-area: 1 / 2;
      width: auto;
    }
    .cell.tags {
      grid-area: 2 / 2 / 3 / 4;
    }
    .cell.curve {
      grid-area: 1 / 3;
      width: auto;
    }
    .cell.acts {
      grid-area: 1 / 4 / 3 / 5;
    }
    .spark {
      height: 24px;
    }
    .rule,
    .tag.critical {
      display: none;
    }
  }
  @media (forced-colors: active) {
    .row.host.trouble {
      outline: 1px solid Highlight;
      outline-offset: -1px;
    }
    .spark .line,
    .spark .lost {
      stroke: CanvasText;
    }
    .tag {
      border: 1px solid CanvasText;
    }
  }
`;
