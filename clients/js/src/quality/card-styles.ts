import { css } from 'lit';

/** The score card with its history. */
export const cardStyles = css`
  :host {
    display: grid;
    grid-template-columns: minmax(0, 3fr) minmax(0, 2fr);
    gap: var(--tez-5);
  }
  h3 {
    margin: 0 0 var(--tez-2);
    font-size: var(--tez-m);
    font-weight: 600;
  }
  .card {
    display: grid;
    gap: var(--tez-3);
    align-content: start;
    min-width: 0;
  }
  .help {
    display: flex;
    gap: var(--tez-2);
    margin: 0;
    color: var(--tez-text-3);
    font-size: var(--tez-s);
  }
  fieldset {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: var(--tez-1) var(--tez-3);
    min-width: 0;
    margin: 0;
    padding: 0;
    border: 0;
  }
  legend {
    float: inline-start;
    padding: 0;
  }
  .points {
    display: flex;
    flex-wrap: wrap;
    gap: var(--tez-1);
  }
  .points label {
    position: relative;
    cursor: pointer;
  }
  .points input {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    margin: 0;
    opacity: 0;
    cursor: pointer;
  }
  .points span {
    display: grid;
    place-items: center;
    width: 34px;
    height: 34px;
    border: 1px solid var(--tez-line-strong);
    border-radius: var(--tez-radius);
    background: var(--tez-surface);
    font-variant-numeric: tabular-nums;
  }
  .points label:hover span {
    background: var(--tez-hover);
  }
  .points input:checked + span {
    border-color: transparent;
    background: var(--tez-accent);
    color: var(--tez-on-accent);
    font-weight: 650;
  }
  .points input:focus-visible + span {
    outline: var(--tez-focus-width) solid var(--tez-focus);
    outline-offset: 2px;
  }
  .field {
    display: grid;
    gap: var(--tez-1);
  }
  .field > span {
    color: var(--tez-text-2);
    font-size: var(--tez-s);
    font-weight: 550;
  }
  textarea {
    width: 100%;
    resize: vertical;
  }
  .acts {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-2) var(--tez-3);
  }
  .said {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    color: var(--tez-text-3);
    font-size: var(--tez-s);
  }
  .fault {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    color: var(--tez-bad);
    font-size: var(--tez-s);
  }
  section {
    min-width: 0;
  }
  ol {
    display: grid;
    gap: var(--tez-3);
    margin: 0;
    padding: 0;
    list-style: none;
  }
  li p {
    margin: 0;
  }
  li.old {
    color: var(--tez-text-3);
  }
  .who tez-time {
    color: var(--tez-text-3);
    font-size: var(--tez-s);
  }
  .marks {
    display: flex;
    flex-wrap: wrap;
    gap: 0 var(--tez-3);
    color: var(--tez-text-2);
    font-size: var(--tez-s);
  }
  .words {
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .tag {
    padding: 1px 6px;
    border-radius: 9px;
    background: var(--tez-sunken);
    color: var(--tez-text-2);
    font-size: var(--tez-xs);
  }
  @media (max-width: 1100px) {
    :host {
      grid-template-columns: minmax(0, 1fr);
      gap: var(--tez-4);
    }
  }
  @media (forced-colors: active) {
    .points input:checked + span {
      forced-color-adjust: none;
      background: Highlight;
      color: HighlightText;
    }
  }
`;
