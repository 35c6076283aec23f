import { css } from 'lit';

/** A list that keeps its place: `.scroll` is what moves, `.pill` lies over it and says what waits. Each list says where its pill lies. */
export const lists = css`
  .scroll {
    flex: 1;
    min-height: 0;
    overflow: auto;
    overscroll-behavior: contain;
    overflow-anchor: none;
    scrollbar-width: thin;
    scrollbar-color: var(--tez-line-strong) transparent;
  }
  .scroll:focus-visible {
    outline-offset: -2px;
  }
  .pill {
    position: absolute;
    z-index: 3;
    width: fit-content;
    min-height: 30px;
    padding: 0 14px;
    border: 0;
    border-radius: 15px;
    background: var(--tez-accent);
    color: var(--tez-on-accent);
    font: inherit;
    font-size: var(--tez-s);
    font-weight: 600;
    font-variant-numeric: tabular-nums;
    box-shadow: var(--tez-shadow-l);
    cursor: pointer;
  }
  @media (forced-colors: active) {
    .pill {
      border: 1px solid CanvasText;
    }
  }
`;
