import { css } from 'lit';

/** The section's frame: heading, tabs, what is above them all. */
export const pageStyles = css`
  .top {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-2) var(--tez-5);
    min-height: var(--tez-control);
    margin-bottom: var(--tez-3);
  }
  ::slotted(h1) {
    margin: 0;
  }
  [role='tablist'] {
    display: flex;
    gap: var(--tez-1);
  }
  [role='tab'] {
    min-height: var(--tez-control);
    padding: 0 var(--tez-3);
    border: 0;
    border-bottom: 2px solid transparent;
    background: transparent;
    color: var(--tez-text-2);
    font: inherit;
    font-weight: 550;
    cursor: pointer;
  }
  [role='tab']:hover {
    color: var(--tez-text);
  }
  [role='tab'][aria-selected='true'] {
    border-bottom-color: var(--tez-accent);
    color: var(--tez-accent-text);
  }
  @container (max-width: 620px) {
    .top {
      padding: var(--tez-2) var(--tez-3) 0;
    }
  }
  @media (forced-colors: active) {
    [role='tab'][aria-selected='true'] {
      border-bottom-color: Highlight;
    }
  }
`;

/** The section's outermost part measures for all: Chromium forgets to lay out new text in a container within a container. */
export const measured = css`
  :host {
    container-type: inline-size;
  }
`;
