import { css } from 'lit';

/** A line between the filters and the rows that says something about the whole list. */
export const noteStyles = css`
  .note {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-1) var(--tez-3);
    padding: var(--tez-2) var(--tez-4);
    border-top: 1px solid var(--tez-line);
    background: var(--tez-sunken);
    color: var(--tez-text-2);
    font-size: var(--tez-s);
  }
  .note > span {
    flex: 1 1 16ch;
  }
  .note b {
    display: block;
    color: var(--tez-text);
    font-weight: 600;
  }
  .note.stale {
    background: var(--tez-warn-soft);
    color: var(--tez-warn);
  }
  @container (max-width: 480px) {
    .note > span {
      flex-basis: 100%;
    }
    .note > svg + span {
      flex-basis: 0;
    }
  }
`;
