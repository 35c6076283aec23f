/** What every part of the panel shares: keys of 44 px, the spinner of what is asked for, headings of sections. */

import { css } from 'lit';

export const keyStyles = css`
  .key {
    min-width: var(--tez-touch);
    min-height: var(--tez-touch);
    padding: var(--tez-1) 8px;
  }
  .key.wide {
    width: 100%;
  }
  .key.go {
    border-color: transparent;
    background: var(--tez-ok);
    color: light-dark(#ffffff, #0b2416);
    font-weight: 650;
  }
  .key .name {
    min-width: 0;
    overflow-wrap: break-word;
  }
  .key[aria-expanded='true'] {
    background: var(--tez-accent-soft);
    color: var(--tez-accent-text);
  }
  .key.square {
    width: var(--tez-touch);
    padding: 0;
  }
  .keys {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(calc(var(--tez-rem) * 7.25), 1fr));
    gap: 6px;
  }
  .keys:not(:has(*)) {
    display: none;
  }
  .keys .key {
    gap: 4px;
    padding-inline: 4px;
    font-size: var(--tez-s);
  }
  @media (max-width: 340px) {
    .keys .key svg {
      display: none; /* or the longest word would break in two */
    }
  }
  .keys .key:last-child:nth-child(odd) {
    grid-column: 1 / -1;
  }
  .spin {
    flex: none;
    width: 14px;
    height: 14px;
    border: 2px solid currentColor;
    border-right-color: transparent;
    border-radius: 50%;
    animation: turn 0.8s linear infinite;
  }
  @keyframes turn {
    to {
      transform: rotate(1turn);
    }
  }
  h2,
  h3 {
    margin: 0;
    font-size: var(--tez-s);
    font-weight: 600;
  }
  h3 {
    color: var(--tez-text-3);
    font-weight: 550;
  }
  .fault {
    margin: 0;
    color: var(--tez-bad);
    font-size: var(--tez-s);
    overflow-wrap: anywhere;
  }
  .fault:empty {
    display: none;
  }
  .muted {
    color: var(--tez-text-3);
    font-size: var(--tez-s);
  }
  .plain {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  a {
    color: var(--tez-accent-text);
    text-underline-offset: 0.18em;
  }
  @media (forced-colors: active) {
    .key.go {
      border-color: ButtonBorder;
      background: Highlight;
      color: HighlightText;
      forced-color-adjust: none;
    }
    .key[aria-expanded='true'] {
      border-width: 3px;
    }
  }
`;
