import { css } from 'lit';

/** The setup page. */
export const setupStyles = css`
  :host {
    display: block;
    max-width: calc(var(--tez-rem) * 84);
    margin-inline: auto;
    container-type: inline-size;
    color: var(--tez-text);
    font-size: var(--tez-m);
  }
  .back {
    display: inline-flex;
    align-items: center;
    gap: 2px;
    min-height: 28px;
    margin-inline-start: -6px;
    padding-inline: 2px 8px;
    border-radius: var(--tez-radius);
    color: var(--tez-text-2);
    font-size: var(--tez-s);
    text-decoration: none;
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-2) var(--tez-4);
    margin-bottom: var(--tez-4);
  }
  h1 {
    flex: 1;
    margin: 0;
    font-size: var(--tez-xl);
    font-weight: 650;
  }
  h1:focus {
    outline: none;
  }
  .acts {
    display: flex;
    flex-wrap: wrap;
    gap: var(--tez-2);
  }
  .find {
    min-width: 0;
    width: calc(var(--tez-rem) * 15);
    min-height: 30px;
  }
  td .quiet {
    color: var(--tez-text-3);
    font-size: var(--tez-s);
  }
  .tag {
    display: inline-block;
    padding: 0 7px;
    border-radius: 9px;
    background: var(--tez-sunken);
    color: var(--tez-text-2);
    font-size: var(--tez-xs);
    font-weight: 600;
    line-height: 18px;
  }
  .rowacts {
    display: inline-flex;
    gap: 2px;
  }
  .more {
    padding: var(--tez-3) var(--tez-4);
    text-align: center;
  }
  @container (max-width: 620px) {
    .back {
      margin: var(--tez-2) 0 0 var(--tez-2);
    }
    header {
      margin-inline: var(--tez-3);
    }
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
