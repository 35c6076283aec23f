import { css } from 'lit';

/** The frame of the list: what stands above and below the rows. */
export const listStyles = css`
  :host {
    --row: calc(var(--tez-rem) * 2.75);
    display: flex;
    flex-direction: column;
    min-height: 0;
    overflow: auto; /* where the window is too low for all of it */
    container-type: inline-size;
    background: var(--tez-surface);
    color: var(--tez-text);
    font-size: var(--tez-m);
    line-height: var(--tez-leading);
  }
  :host([dense]) {
    --row: calc(var(--tez-rem) * 2);
  }
  .top,
  .views,
  .filters,
  .bulk {
    flex: none;
  }
  .top {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-1) var(--tez-2);
    padding: 6px var(--tez-2) 2px var(--tez-4);
  }
  .top .heading {
    display: flex;
    flex: 1;
    align-items: baseline;
    gap: var(--tez-2);
    min-width: 0;
  }
  .found {
    color: var(--tez-text-3);
    font-size: var(--tez-s);
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  ::slotted(h1),
  .heading h2 {
    margin: 0;
    font-size: var(--tez-l);
    font-weight: 650;
  }
  .view {
    position: relative;
    display: flex;
    flex: 1 0 calc(var(--tez-rem) * 12);
    height: 0;
    border-top: 1px solid var(--tez-line);
  }
  .rows {
    position: relative;
    display: flex;
    flex: 1;
    flex-direction: column;
    min-width: 0;
    container-type: inline-size;
  }
  .stale .scroll,
  .stale .row {
    background: var(--tez-sunken); /* dimmed by its ground: words that may be old are still to be read */
  }
  .stale .scroll {
    filter: grayscale(0.8);
  }
  .overtaken .scroll {
    opacity: 0.62;
  }
  .pill {
    /* over the head, where the subject's column is empty: never on a row that somebody is about to press */
    inset: calc((var(--row) - 30px) / 2) auto auto calc(var(--tez-rem) * 12);
  }
  @container (max-width: 640px) {
    .top {
      padding-inline-start: var(--tez-3);
    }
    .pill {
      inset: -20px var(--tez-3) auto auto; /* there is no head */
    }
  }
  @media (max-height: 480px) {
    .found {
      display: none;
    }
  }
  @media (forced-colors: active) {
    .overtaken .scroll {
      opacity: 1;
    }
  }
`;
