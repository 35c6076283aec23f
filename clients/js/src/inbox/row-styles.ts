import { css } from 'lit';

/** The look of a row, also in a list whose data is stale. */
export const rowStyles = css`
  .row {
    position: relative;
    display: grid;
    grid-template-columns: 28px minmax(0, 1fr) auto;
    gap: 0 var(--tez-3);
    padding: 10px var(--tez-4) 10px 22px;
    border-bottom: 1px solid var(--tez-line);
    background: var(--tez-surface);
    transition: background var(--tez-quick);
  }
  .row.fresh {
    animation: enter var(--tez-calm) var(--tez-ease);
  }
  @keyframes enter {
    from {
      opacity: 0;
      transform: translateY(-8px);
    }
  }
  .row:hover,
  .row:focus-within {
    background: var(--tez-hover);
  }
  .row:has(.main:focus-visible) {
    outline: var(--tez-focus-width) solid var(--tez-focus);
    outline-offset: -2px;
  }
  .mark {
    position: absolute;
    top: 20px;
    left: 8px;
    width: 8px;
    height: 8px;
    border-radius: 50%;
    background: var(--tez-accent);
  }
  .kind {
    display: grid;
    place-items: center;
    width: 28px;
    height: 28px;
    border-radius: var(--tez-radius);
    background: var(--tez-sunken);
    color: var(--tez-text-2);
  }
  .kind.ticket {
    background: var(--tez-accent-soft);
    color: var(--tez-accent-text);
  }
  .kind.call {
    background: var(--tez-call-soft);
    color: var(--tez-call);
  }
  .kind.erp {
    background: var(--tez-warn-soft);
    color: var(--tez-warn);
  }
  .kind.ok {
    background: var(--tez-ok-soft);
    color: var(--tez-ok);
  }
  .kind.warn {
    background: var(--tez-warn-soft);
    color: var(--tez-warn);
  }
  .kind.bad {
    background: var(--tez-bad-soft);
    color: var(--tez-bad);
  }
  .main {
    display: block;
    overflow: hidden;
    width: 100%;
    padding: 0;
    border: 0;
    background: none;
    color: var(--tez-text-2);
    font: inherit;
    line-height: 1.4;
    text-align: start;
    text-decoration: none;
    cursor: pointer;
  }
  .main:focus-visible {
    outline: none;
  }
  .main::after {
    position: absolute;
    inset: 0;
    content: '';
  }
  .unread .main {
    color: var(--tez-text);
    font-weight: 600;
  }
  .title {
    display: -webkit-box;
    overflow: hidden;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 2;
    line-clamp: 2;
    overflow-wrap: anywhere;
  }
  .critical {
    margin-inline-end: 6px;
    padding: 0 6px;
    border-radius: var(--tez-radius-s);
    background: var(--tez-bad-soft);
    color: var(--tez-bad);
    font-size: var(--tez-xs);
    font-weight: 600;
  }
  .body,
  .changes {
    margin: 2px 0 0;
    overflow: hidden;
    color: var(--tez-text-2);
    font-size: var(--tez-s);
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .changes {
    display: flex;
    flex-wrap: wrap;
    gap: 0 var(--tez-3);
    color: var(--tez-text-3);
    white-space: normal;
  }
  .changes del {
    text-decoration: none;
  }
  .changes ins {
    color: var(--tez-text);
    font-weight: 550;
    text-decoration: none;
  }
  .open .body {
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .side {
    display: flex;
    flex-direction: row-reverse;
    align-items: flex-start;
    gap: var(--tez-2);
    color: var(--tez-text-3);
    font-size: var(--tez-s);
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .plus {
    position: relative;
    z-index: 1;
    min-width: 30px;
    min-height: 24px;
    margin-top: -2px;
    padding: 0 8px;
    border: 0;
    border-radius: 12px;
    background: var(--tez-sunken);
    color: var(--tez-text-2);
    font: inherit;
    font-size: var(--tez-xs);
    font-weight: 600;
    cursor: pointer;
  }
  .plus:hover {
    background: var(--tez-active);
  }
  .acts {
    position: absolute; /* never over the time and "+4" */
    bottom: 5px;
    right: var(--tez-3);
    z-index: 2;
    display: flex;
    gap: 1px;
    padding: 1px;
    border-radius: var(--tez-radius);
    background: var(--tez-raised);
    box-shadow: var(--tez-shadow-l);
    opacity: 0;
  }
  .row:hover .acts,
  .row:focus-within .acts {
    opacity: 1;
  }
  .row:not(:hover):not(:focus-within) .acts {
    pointer-events: none;
  }
  .earlier {
    grid-column: 2 / -1;
    margin: var(--tez-2) 0 0;
    padding: 0 0 0 var(--tez-3);
    border-inline-start: 2px solid var(--tez-line);
    color: var(--tez-text-2);
    font-size: var(--tez-s);
  }
  .earlier li {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    gap: 0 var(--tez-3);
    padding: 3px 0;
    overflow-wrap: anywhere;
  }
  .earlier time {
    color: var(--tez-text-3);
  }
  .earlier .body,
  .earlier .changes {
    grid-column: 1;
  }
  .gone .main,
  .gone .body {
    color: var(--tez-text-3);
    font-weight: 400;
    text-decoration: line-through;
  }
  .stale .main,
  .stale .unread .main,
  .stale .body,
  .stale .changes ins {
    color: var(--tez-text-3);
  }
  .stale .kind {
    background: var(--tez-sunken);
    color: var(--tez-text-3);
  }
  .stale .mark {
    background: var(--tez-line-strong);
  }
  @container (min-width: 680px) {
    .row {
      grid-template-columns: 28px minmax(0, 1fr) auto;
      padding-block: 12px;
    }
    .title {
      -webkit-line-clamp: 1;
      line-clamp: 1;
    }
    .mark {
      top: 22px;
    }
    .acts {
      top: 50%;
      right: 0;
      grid-column: 1 / 3;
      bottom: auto;
      transform: translateY(-50%);
    }
  }
  @container (max-width: 480px) {
    .row {
      grid-template-columns: 28px minmax(0, 1fr);
      padding-inline-end: var(--tez-3);
    }
    .side {
      flex-direction: row;
      grid-column: 2;
      margin-top: 3px;
    }
  }
  @media (hover: none) {
    .acts {
      position: static;
      grid-column: 2 / -1;
      width: fit-content;
      margin-top: var(--tez-1);
      background: none;
      box-shadow: none;
      opacity: 1;
      transform: none;
      pointer-events: auto !important;
    }
  }
  @media (forced-colors: active) {
    .mark {
      background: Highlight;
      forced-color-adjust: none;
    }
    .plus,
    .kind,
    .acts {
      border: 1px solid CanvasText;
    }
    .gone .main {
      color: GrayText;
    }
  }
`;
