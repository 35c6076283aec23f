import { css } from 'lit';

/** The look of the list; its parts bring their own. Sizes follow the container, not the window: the same list lives in a panel and on a page. */
export const listStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-height: 0;
    container-type: inline-size;
    color: var(--tez-text);
    font-size: var(--tez-m);
    line-height: var(--tez-leading);
  }
  .view {
    position: relative;
    display: flex;
    flex: 1;
    flex-direction: column;
    min-height: 0;
    border-top: 1px solid var(--tez-line);
  }
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
    inset: var(--tez-2) 0 auto;
    z-index: 3;
    width: fit-content;
    margin: 0 auto;
    padding: 0 14px;
    min-height: 30px;
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
    animation: drop var(--tez-calm) var(--tez-ease);
  }
  .pill:focus-visible {
    outline-offset: 2px;
  }
  @keyframes drop {
    from {
      opacity: 0;
      transform: translateY(-6px);
    }
  }
  ul {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  @media (forced-colors: active) {
    .pill {
      border: 1px solid CanvasText;
    }
  }
`;
