import { css } from 'lit';

/** Tools above a list, the list itself (a table that becomes cards where it does not fit), and the pager below. */
export const listStyles = css`
  :host {
    display: block;
    container-type: inline-size;
  }
  .tools {
    display: flex;
    flex-wrap: wrap;
    align-items: flex-end;
    gap: var(--tez-2);
    margin-bottom: var(--tez-3);
  }
  .field {
    display: grid;
    gap: var(--tez-1);
    min-width: 0;
    color: var(--tez-text-2);
    font-size: var(--tez-s);
    font-weight: 550;
  }
  .field.search {
    flex: 1 1 calc(var(--tez-rem) * 14);
    max-width: calc(var(--tez-rem) * 26);
  }
  .control {
    width: 100%;
    height: var(--tez-control);
  }
  select.control {
    max-width: calc(var(--tez-rem) * 13);
    padding-inline-end: 4px;
  }
  .control.set {
    border-color: var(--tez-accent);
    background: var(--tez-accent-soft);
    color: var(--tez-accent-text);
  }
  .end-tools {
    display: flex;
    gap: var(--tez-2);
    margin-inline-start: auto;
  }
  .frame {
    overflow: auto hidden; /* only should a word be longer than its column can be */
    border: 1px solid var(--tez-line);
    border-radius: var(--tez-radius-l);
    background: var(--tez-surface);
    box-shadow: var(--tez-shadow);
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-1) var(--tez-3);
    min-height: calc(var(--tez-rem) * 2.5);
    padding: 4px var(--tez-2) 4px var(--tez-4);
    color: var(--tez-text-3);
    font-size: var(--tez-s);
  }
  .bar.top {
    border-bottom: 1px solid var(--tez-line);
  }
  .bar.bottom {
    border-top: 1px solid var(--tez-line);
  }
  .bar p {
    margin: 0;
  }
  .bar .count {
    color: var(--tez-text-2);
    font-weight: 600;
    font-variant-numeric: tabular-nums;
  }
  .bar .push {
    margin-inline-start: auto;
  }
  .note {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-1) var(--tez-2);
    padding: var(--tez-2) var(--tez-4);
    border-bottom: 1px solid var(--tez-line);
    background: var(--tez-warn-soft);
    color: var(--tez-warn);
    font-size: var(--tez-s);
  }
  .late {
    visibility: hidden;
    animation: show 1ms linear 300ms forwards;
  }
  @media (prefers-reduced-motion: reduce) {
    .late {
      visibility: visible;
    }
  }
  @keyframes show {
    to {
      visibility: visible;
    }
  }
  .dim {
    --tez-ok: var(--tez-text-3);
    --tez-warn: var(--tez-text-3);
    --tez-bad: var(--tez-text-3);
    --tez-accent: var(--tez-text-3);
    --tez-accent-text: var(--tez-text-3);
    --tez-accent-soft: var(--tez-sunken);
    --tez-text: var(--tez-text-2);
  }
  table {
    width: 100%;
    border-collapse: collapse;
    font-size: var(--tez-m);
  }
  th {
    height: 34px;
    padding: 0 var(--tez-3);
    border-bottom: 1px solid var(--tez-line);
    color: var(--tez-text-3);
    font-size: var(--tez-s);
    font-weight: 550;
    text-align: start;
    white-space: nowrap;
  }
  th .sort {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    min-height: 24px;
    margin: 0 -6px;
    padding: 0 6px;
    border: 0;
    border-radius: var(--tez-radius-s);
    background: none;
    color: inherit;
    font: inherit;
    cursor: pointer;
  }
  th .sort:hover {
    background: var(--tez-hover);
    color: var(--tez-text);
  }
  th[aria-sort] .sort {
    color: var(--tez-text);
  }
  .up svg {
    transform: rotate(180deg);
  }
  td {
    height: 44px;
    padding: 5px var(--tez-3);
    border-bottom: 1px solid var(--tez-line);
    overflow-wrap: break-word;
  }
  th:first-child,
  td:first-child {
    padding-inline-start: var(--tez-4);
  }
  td:first-child:has(.who) {
    min-width: calc(var(--tez-rem) * 10);
  }
  td:first-child .who {
    overflow-wrap: anywhere;
  }
  tbody tr:last-child td {
    border-bottom: 0;
  }
  tbody tr.opens {
    cursor: pointer;
  }
  tbody tr:hover td {
    background: var(--tez-hover);
  }
  tbody tr.chosen td {
    background: var(--tez-accent-soft);
  }
  tbody tr.chosen td:first-child {
    box-shadow: inset 3px 0 0 var(--tez-accent);
  }
  .end {
    width: 1%;
    text-align: end;
    white-space: nowrap;
  }
  tez-new-account {
    position: absolute;
  }
  .tight {
    white-space: nowrap;
  }
  .of {
    display: none;
  }
  small {
    display: block;
    color: var(--tez-text-3);
    font-size: var(--tez-s);
  }
  .mono {
    font-variant-numeric: tabular-nums;
  }
  .who {
    display: flex;
    align-items: center;
    gap: var(--tez-2);
    min-width: 0;
  }
  .who > span {
    min-width: 0;
  }
  .who a {
    color: var(--tez-text);
    font-weight: 600;
    text-decoration: none;
  }
  .who a:hover {
    text-decoration: underline;
  }
  .off .who a {
    color: var(--tez-text-3);
  }
  .tags {
    display: inline-flex;
    flex-wrap: wrap;
    gap: 4px;
    vertical-align: middle;
  }
  @container (max-width: 820px) {
    .keys,
    .second {
      display: none;
    }
  }
  @media (forced-colors: active) {
    .control.set {
      border-width: 2px;
    }
    tbody tr.chosen td:first-child {
      border-inline-start: 4px solid Highlight;
    }
  }
`;

/** What else is different where the list is one of cards; after `stacked`. */
export const cardStyles = css`
  @container (max-width: 560px) {
    .tools > .field {
      flex: 1 1 40%;
    }
    .tools > .field.search {
      flex-basis: 100%;
      max-width: none;
    }
    select.control {
      max-width: none;
    }
    .frame {
      border-inline: 0;
      border-radius: 0;
      margin-inline: calc(-1 * var(--tez-3));
    }
    .bar.top .btn {
      margin-inline-start: auto;
    }
    .second {
      display: flex;
    }
    tbody tr:hover td {
      background: none;
    }
    tbody tr.chosen {
      background: var(--tez-accent-soft);
    }
    td:first-child,
    td:first-child:has(.who) {
      min-width: 0;
      padding-inline-start: 0;
      text-align: start;
    }
    tbody tr.chosen td:first-child {
      box-shadow: none;
    }
    td.end {
      justify-content: flex-end;
      width: auto;
    }
    td.blank {
      display: none;
    }
    td:first-child .of {
      display: none;
    }
    .tags {
      justify-content: flex-end;
    }
  }
`;
