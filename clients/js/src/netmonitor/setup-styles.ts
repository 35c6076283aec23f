import { css } from 'lit';

/** The setup page; after `pageStyles`. */
export const setupStyles = css`
  header {
    align-items: center;
  }
  h1 {
    flex: 1;
    font-size: var(--tez-xl);
  }
  .find {
    min-width: 0;
    width: calc(var(--tez-rem) * 15);
    min-height: 30px;
  }
  td.soft {
    white-space: normal;
  }
  .problems {
    display: grid;
    gap: var(--tez-1);
    margin: 0 0 var(--tez-4);
    padding: var(--tez-3) var(--tez-4);
    border-radius: var(--tez-radius-l);
    background: var(--tez-warn-soft);
    list-style: none;
  }
  .problems b {
    color: var(--tez-warn);
  }
  .rowacts {
    display: inline-flex;
    gap: 2px;
  }
  .more {
    padding: var(--tez-3) var(--tez-4);
    text-align: center;
  }
`;

/** Its dialogs. */
export const setupDialogStyles = css`
  .grid {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(12rem, 1fr));
    align-items: start;
    gap: var(--tez-3);
  }
  .flag {
    align-self: end;
    min-height: var(--tez-control);
  }
  summary {
    min-height: 28px;
    width: fit-content;
    color: var(--tez-text);
    font-weight: 600;
    cursor: pointer;
  }
  details .grid {
    margin-top: var(--tez-2);
  }
  .code {
    font-family: var(--tez-mono);
    font-size: var(--tez-s);
    white-space: pre;
  }
  .tested:empty {
    display: none;
  }
  .tested {
    padding: var(--tez-2) var(--tez-3);
    border-radius: var(--tez-radius);
    background: var(--tez-sunken);
    font-variant-numeric: tabular-nums;
  }
  .tested p:empty {
    display: none;
  }
  .well b {
    color: var(--tez-ok);
  }
  .mistakes {
    max-height: 220px;
    margin: 0;
    padding: var(--tez-2) var(--tez-3);
    overflow: auto;
    border-radius: var(--tez-radius);
    background: var(--tez-bad-soft);
    color: var(--tez-text);
    list-style: none;
  }
  .mistakes b {
    color: var(--tez-bad);
  }
  .plan {
    margin: 0;
  }
  .plan dt {
    color: var(--tez-text);
    font-weight: 600;
  }
  .plan dd {
    margin: 0 0 var(--tez-2);
    color: var(--tez-text-2);
    overflow-wrap: anywhere;
  }
`;
