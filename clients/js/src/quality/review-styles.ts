import { css } from 'lit';

/** Samples: drawing one, and those that were drawn. */
export const reviewStyles = css`
  .drawing {
    margin-top: var(--tez-3);
  }
  .samples {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .samples li + li {
    border-top: 1px solid var(--tez-line);
  }
  .samples button {
    display: grid;
    grid-template-columns: 9em minmax(0, 2fr) minmax(0, 2fr) minmax(0, 12em);
    align-items: center;
    gap: var(--tez-1) var(--tez-3);
    width: 100%;
    min-height: var(--tez-touch);
    padding: var(--tez-2) var(--tez-4);
    border: 0;
    background: transparent;
    color: inherit;
    font: inherit;
    text-align: start;
    cursor: pointer;
  }
  .samples button:hover {
    background: var(--tez-hover);
  }
  .samples button:focus-visible {
    outline-offset: -2px;
  }
  .meter {
    font-size: var(--tez-s);
  }
  @container (max-width: 900px) {
    .samples button {
      grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
    }
  }
  @container (max-width: 620px) {
    .samples button {
      grid-template-columns: minmax(0, 1fr);
    }
  }
`;
