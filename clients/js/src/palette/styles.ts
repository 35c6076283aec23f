import { css } from 'lit';

export const paletteStyles = css`
  .field {
    width: 100%;
    min-height: calc(var(--tez-rem) * 2.5);
    font-size: var(--tez-l);
  }
  [role='listbox'] {
    height: min(calc(var(--tez-rem) * 22), calc(100dvh - 240px));
    min-height: calc(var(--tez-rem) * 7);
    margin: var(--tez-2) calc(-1 * var(--tez-3)) 0;
    overflow: auto;
    overscroll-behavior: contain;
    scrollbar-width: thin;
  }
  .name {
    padding: var(--tez-2) var(--tez-3) 2px;
    color: var(--tez-text-3);
    font-size: var(--tez-s);
    font-weight: 550;
  }
  [role='option'] {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr) auto;
    align-items: center;
    gap: 0 var(--tez-2);
    min-height: var(--tez-control);
    padding: 4px var(--tez-3);
    border-radius: var(--tez-radius);
    color: var(--tez-text);
    text-decoration: none;
    cursor: pointer;
  }
  [role='option'] > svg {
    color: var(--tez-text-3);
  }
  [role='option']:hover {
    background: var(--tez-hover);
  }
  [role='option'][aria-selected='true'] {
    background: var(--tez-active);
  }
  .label,
  .snippet {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .hint {
    max-width: 22ch;
    overflow: hidden;
    color: var(--tez-text-3);
    font-size: var(--tez-s);
    font-variant-numeric: tabular-nums;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .snippet {
    grid-column: 2 / -1;
    color: var(--tez-text-2);
    font-size: var(--tez-s);
  }
  mark {
    border-radius: 2px;
    background: var(--tez-warn-soft);
    color: inherit;
    font-weight: 600;
  }
  .say {
    min-height: 1.5em;
    margin: var(--tez-2) 0 0;
    color: var(--tez-text-3);
    font-size: var(--tez-s);
  }
  .say.bad {
    color: var(--tez-bad);
  }
  @media (max-width: 480px) {
    .hint {
      max-width: 10ch;
    }
  }
  @media (forced-colors: active) {
    [role='option'][aria-selected='true'] {
      outline: 2px solid Highlight;
      outline-offset: -2px;
    }
  }
`;
