import { css } from 'lit';

/** The filters by state, with how many hosts are in each. */
export const chipStyles = css`
  .chips {
    display: flex;
    flex-wrap: wrap;
    gap: 4px;
    margin: 0;
    padding: 0;
    border: 0;
  }
  .chip {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    min-height: calc(var(--tez-rem) * 1.75);
    padding: 0 8px 0 7px;
    border: 1px solid var(--tez-line);
    border-radius: 999px;
    background: var(--tez-surface);
    color: var(--tez-text-2);
    font: inherit;
    font-size: var(--tez-xs);
    white-space: nowrap;
    cursor: pointer;
  }
  .chip b {
    color: var(--tez-text);
    font-weight: 650;
    font-variant-numeric: tabular-nums;
  }
  .chip:hover {
    background: var(--tez-hover);
  }
  .chip.down:not(.none) {
    border-color: color-mix(in oklab, var(--tez-bad) 40%, transparent);
    background: var(--tez-bad-soft);
    color: var(--tez-bad);
  }
  .chip.degraded:not(.none) {
    border-color: color-mix(in oklab, var(--tez-warn) 40%, transparent);
    background: var(--tez-warn-soft);
    color: var(--tez-warn);
  }
  .chip:is(.down, .degraded):not(.none) b {
    color: inherit;
  }
  .chip[aria-pressed='true'] {
    border-color: var(--tez-accent);
    background: var(--tez-accent-soft);
    color: var(--tez-accent-text);
    box-shadow: inset 0 0 0 1px var(--tez-accent);
  }
  .chip[aria-pressed='true'] b {
    color: inherit;
  }
  .chip.none {
    color: var(--tez-text-3);
  }
  .chip.none .shape {
    color: var(--net-quiet);
  }
  .chip.none b {
    color: var(--tez-text-3);
  }
  @container (max-width: 620px) {
    .chips {
      flex: 1 1 100%;
      flex-wrap: nowrap;
      padding-block: 3px;
      overflow-x: auto;
      scrollbar-width: none;
    }
    .chip {
      flex: none;
    }
  }
  @media (forced-colors: active) {
    .chip[aria-pressed='true'] {
      border-width: 3px;
    }
  }
`;
