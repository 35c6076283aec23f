import { css } from 'lit';

/** Forms in the dialogs of the network monitor. */
export const dialogStyles = css`
  :host {
    display: contents;
  }
  form {
    display: grid;
    gap: var(--tez-3);
  }
  p {
    margin: 0;
  }
  .field {
    display: grid;
    gap: var(--tez-1);
    min-width: 0;
  }
  .field > span,
  legend {
    padding: 0;
    color: var(--tez-text-2);
    font-size: var(--tez-s);
    font-weight: 550;
  }
  .field .control {
    width: 100%;
    min-width: 0;
  }
  textarea.control {
    resize: vertical;
  }
  fieldset {
    display: flex;
    flex-wrap: wrap;
    gap: 2px var(--tez-4);
    min-width: 0;
    margin: 0;
    padding: 0;
    border: 0;
  }
  legend {
    margin-bottom: var(--tez-1);
  }
  .choice,
  .day {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    min-height: 28px;
    color: var(--tez-text);
    cursor: pointer;
  }
  .choice input,
  .day input {
    width: 16px;
    height: 16px;
    margin: 0;
    accent-color: var(--tez-accent);
  }
  .days,
  .quick {
    display: flex;
    flex-wrap: wrap;
    gap: var(--tez-1) var(--tez-3);
  }
  .quick {
    gap: var(--tez-1);
  }
  .pair {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr));
    gap: var(--tez-3);
  }
  .hint {
    color: var(--tez-text-3);
    font-size: var(--tez-s);
  }
  .fault {
    color: var(--tez-bad);
  }
  .fault:empty {
    display: none;
  }
`;
