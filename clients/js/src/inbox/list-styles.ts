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
  .pill {
    inset: var(--tez-2) 0 auto;
    margin: 0 auto;
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
`;
