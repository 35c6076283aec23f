import { css } from 'lit';

/** What every part of the section shares. */
export const qualityStyles = css`
  :host {
    display: block;
    min-width: 0;
  }
  .all {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--tez-4);
  }
  .fields {
    display: flex;
    flex-wrap: wrap;
    align-items: flex-end;
    gap: var(--tez-2) var(--tez-3);
  }
  .field {
    display: grid;
    gap: var(--tez-1);
    min-width: 0;
  }
  .field > span {
    color: var(--tez-text-2);
    font-size: var(--tez-s);
    font-weight: 550;
  }
  .field.short input {
    width: calc(var(--tez-rem) * 7);
  }
  .age {
    color: var(--tez-text-3);
    font-size: var(--tez-s);
    font-variant-numeric: tabular-nums;
  }
  .fault {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    color: var(--tez-bad);
  }
  .tag {
    display: inline-flex;
    align-items: center;
    gap: 2px;
    padding: 1px 6px;
    border-radius: 9px;
    background: var(--tez-accent-soft);
    color: var(--tez-accent-text);
    font-size: var(--tez-xs);
    font-weight: 600;
  }
  .tag.warn {
    background: var(--tez-warn-soft);
    color: var(--tez-warn);
  }
  @container (max-width: 620px) {
    .bar-top {
      padding: var(--tez-2) var(--tez-3) 0;
    }
    .all {
      gap: var(--tez-3);
    }
  }
`;

/** The buttons in front of and beside a list or a chart. */
export const actStyles = css`
  .bar-top {
    margin-bottom: var(--tez-3);
  }
  .presets,
  .switch,
  .acts {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-1) var(--tez-2);
  }
  .presets {
    min-height: var(--tez-control);
  }
  .acts {
    justify-content: flex-end;
  }
  .pill {
    border-radius: 999px;
    border-color: var(--tez-accent);
    color: var(--tez-accent-text);
  }
`;
