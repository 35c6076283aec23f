import { css } from 'lit';

/** For tables wider than their page: a shade at the edge where there is more. The covers scroll with the table and hide it at its ends. */
export const edges = css`
  .scroll {
    --cover: var(--tez-surface), transparent;
    --shade: color-mix(in oklab, var(--tez-text) 22%, transparent), transparent;
    background:
      linear-gradient(to right, var(--cover)) 0 0 / 40px 100% no-repeat local,
      linear-gradient(to left, var(--cover)) 100% 0 / 40px 100% no-repeat local,
      linear-gradient(to right, var(--shade)) 0 0 / 14px 100% no-repeat,
      linear-gradient(to left, var(--shade)) 100% 0 / 14px 100% no-repeat;
  }
`;
