import { css } from 'lit';

/** The list of issues. */
export const issueStyles = css`
  .field.grow {
    flex: 1 1 220px;
    max-width: 360px;
  }
  .list td.wrap {
    min-width: calc(var(--tez-rem) * 18);
  }
  td.soft {
    white-space: normal;
  }
  .fresh td {
    background: var(--tez-accent-soft);
  }
  .fresh .tag {
    background: var(--tez-surface);
  }
  a:not(.btn) {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    min-height: 24px;
    color: var(--tez-accent-text);
  }
  .no {
    font-variant-numeric: tabular-nums;
  }
  .pager {
    display: flex;
    align-items: center;
    justify-content: flex-end;
    gap: var(--tez-2);
    padding: var(--tez-2) var(--tez-4);
    border-top: 1px solid var(--tez-line);
  }
  @container (max-width: 620px) {
    .list td.wrap {
      min-width: 0;
    }
  }
`;
