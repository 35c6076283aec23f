import { css } from 'lit';

/**
 * Rows are all of one height, or the window over ten thousand of them could not be reckoned; so nothing in a row wraps. Columns give way
 * from the least to the most telling as the list gets narrower; below 640 px a row is a card of two lines.
 */
export const rowStyles = css`
  .row {
    position: relative;
    display: flex;
    align-items: center;
    gap: var(--tez-3);
    height: var(--row);
    padding: 0 var(--tez-4) 0 var(--tez-2);
    border-bottom: 1px solid var(--tez-line);
    background: var(--tez-surface);
  }
  .row:hover,
  .row:focus-within {
    background: var(--tez-hover);
  }
  .row.chosen,
  .row.open {
    background: var(--tez-accent-soft);
  }
  .row:has(.main:focus-visible) {
    outline: var(--tez-focus-width) solid var(--tez-focus);
    outline-offset: -2px;
  }
  .row.gone > .cell:not(.pick) {
    opacity: 0.6;
    text-decoration: line-through;
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
  .cell.pick {
    z-index: 1;
    width: 28px;
    overflow: visible;
  }
  .pick label {
    display: grid;
    place-items: center;
    width: 28px;
    height: calc(var(--row) - 2px);
    cursor: pointer;
  }
  .pick input {
    width: 16px;
    height: 16px;
    margin: 0;
    accent-color: var(--tez-accent);
    cursor: pointer;
  }
  .cell.id {
    width: calc(var(--tez-rem) * 3.25);
    color: var(--tez-text-3);
    font-variant-numeric: tabular-nums;
  }
  .cell.subject {
    position: static;
    display: flex;
    flex: 1 1 0;
    align-items: center;
    gap: 6px;
    min-width: 12ch;
    font-size: var(--tez-m);
  }
  .cell.project,
  .cell.assignee,
  .cell.author {
    width: calc(var(--tez-rem) * 8.5);
  }
  .cell.tracker {
    width: calc(var(--tez-rem) * 6.5);
  }
  .cell.status {
    width: calc(var(--tez-rem) * 9);
  }
  .cell.priority {
    width: calc(var(--tez-rem) * 6.5);
  }
  .cell.comments {
    width: calc(var(--tez-rem) * 3.5);
    text-align: end;
    font-variant-numeric: tabular-nums;
  }
  .cell.created,
  .cell.updated {
    width: calc(var(--tez-rem) * 6.5);
    text-align: end;
    font-variant-numeric: tabular-nums;
  }
  .main {
    flex: 0 1 auto;
    overflow: hidden;
    color: var(--tez-text);
    text-decoration: none;
    text-overflow: ellipsis;
  }
  .main:focus-visible {
    outline: none;
  }
  .main::after {
    position: absolute;
    inset: 0;
    content: '';
  }
  .cell time {
    position: relative; /* above the link's area, for its tooltip; the row passes the click on */
    z-index: 1;
  }
  .unread .main {
    font-weight: 650;
  }
  .mark {
    flex: none;
    width: 8px;
    height: 8px;
    border-radius: 50%;
    background: var(--tez-accent);
  }
  .tag {
    flex: none;
    padding: 0 6px;
    border-radius: var(--tez-radius-s);
    background: var(--tez-warn-soft);
    color: var(--tez-warn);
    font-size: var(--tez-xs);
    font-weight: 600;
  }
  .cell > .status,
  .cell > .priority {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    max-width: 100%;
    vertical-align: middle;
  }
  .cell > .status > span,
  .cell > .priority > span {
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .cell > .status {
    padding: 0 8px;
    border-radius: 10px;
    background: var(--tez-sunken);
    color: var(--tez-text);
    line-height: 20px;
  }
  .cell > .status.closed {
    background: none;
    padding-inline-start: 0;
    color: var(--tez-text-3);
  }
  .cell > .priority.high {
    color: var(--tez-bad);
    font-weight: 600;
  }
  .cell .none {
    color: var(--tez-text-3);
  }
  .cell .me {
    color: var(--tez-text);
    font-weight: 600;
  }
  .empty i {
    display: block;
    width: 40cqw;
    max-width: 100%;
    height: 10px;
    border-radius: 5px;
    background: var(--tez-sunken);
  }
  .empty .cell.subject {
    padding-inline-start: 40px;
  }
  .row.head {
    position: sticky;
    inset-block-start: 0;
    z-index: 2;
    background: var(--tez-surface);
  }
  .head button {
    display: inline-flex;
    align-items: center;
    gap: 2px;
    min-height: 24px;
    max-width: 100%;
    padding: 0;
    border: 0;
    background: none;
    color: inherit;
    font: inherit;
    font-weight: 550;
    cursor: pointer;
  }
  .head button:hover {
    color: var(--tez-text);
  }
  .head .cell,
  .head .cell.id,
  .head .cell.subject {
    color: var(--tez-text-3);
    font-size: var(--tez-s);
    font-weight: 550;
  }
  .head [aria-sort='ascending'] svg {
    transform: rotate(180deg);
  }
  .head .cell:is(.created, .updated, .comments) {
    text-align: end;
  }
  @container (max-width: 1280px) {
    .cell:is(.project, .author, .tracker, .created) {
      display: none;
    }
  }
  @container (max-width: 900px) {
    .cell.comments {
      display: none;
    }
    .cell.priority {
      width: 20px; /* the sign of what is urgent stays; the word is for screen readers */
    }
    .head .cell.priority button {
      min-width: 100%;
      font-size: 0;
    }
    .cell > .priority > span {
      position: absolute;
      width: 1px;
      height: 1px;
      clip-path: inset(50%);
    }
    .cell.assignee {
      width: calc(var(--tez-rem) * 7.5);
    }
    .cell.updated {
      width: calc(var(--tez-rem) * 6.75);
    }
  }
  @container (max-width: 640px) {
    .cell.priority {
      display: none;
    }
    .scroll {
      --row: calc(var(--tez-rem) * 3.75);
    }
    .row:not(.head) {
      display: grid;
      grid-template: auto auto / 28px auto auto minmax(0, 1fr) auto;
      align-content: center;
      gap: 1px var(--tez-2);
      padding-inline-end: var(--tez-3);
    }
    .row.head {
      display: none;
    }
    .cell.pick {
      grid-row: 1 / 3;
    }
    .cell.subject {
      grid-area: 1 / 2 / 2 / -1;
      min-width: 0;
    }
    .cell:is(.id, .status, .assignee, .updated) {
      grid-row: 2;
      width: auto;
      font-size: var(--tez-xs);
    }
    .cell.id {
      grid-column: 2;
    }
    .cell.status {
      grid-column: 3;
      max-width: 17ch;
    }
    .cell.assignee {
      grid-column: 4;
    }
    .cell.updated {
      grid-column: 5;
    }
  }
  @media (forced-colors: active) {
    .mark {
      background: Highlight;
      forced-color-adjust: none;
    }
    .row.chosen,
    .row.open {
      outline: 1px solid Highlight;
      outline-offset: -1px;
    }
    .cell > .status {
      border: 1px solid CanvasText;
    }
    .empty i {
      background: GrayText;
    }
    .row.gone > .cell:not(.pick) {
      opacity: 1;
    }
  }
`;
