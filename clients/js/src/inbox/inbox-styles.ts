import { css } from 'lit';

/** The bell, its number and its panel. `all: initial` keeps the fonts and colours of a foreign page out. */
export const inboxStyles = css`
  :host {
    all: initial;
    box-sizing: border-box;
    display: inline-block;
    color: var(--tez-text);
    color-scheme: inherit;
    font: 400 var(--tez-m) / var(--tez-leading) var(--tez-font);
  }
  :host([theme='light']) {
    color-scheme: light;
  }
  :host([theme='dark']) {
    color-scheme: dark;
  }
  :host([mode='page']) {
    display: flex;
    flex-direction: column;
    min-height: 0;
    background: var(--tez-surface);
  }
  :host([mode='page']) tez-inbox-list {
    flex: 1;
  }
  /* Again on the inside: a page's own \`* { … }\` reaches the host element and would be inherited from there. */
  .bell,
  .panel,
  .sr,
  tez-inbox-list,
  tez-error {
    color: var(--tez-text);
    font: 400 var(--tez-m) / var(--tez-leading) var(--tez-font);
    letter-spacing: normal;
    text-align: start;
    text-indent: 0;
    text-shadow: none;
    text-transform: none;
    white-space: normal;
    word-spacing: normal;
    visibility: visible;
  }
  .title {
    margin: 0;
    font-size: var(--tez-l);
    font-weight: 650;
  }
  .signin {
    margin: 0;
    text-align: center;
  }
  .signin a {
    color: var(--tez-accent-text);
  }
  .panel:focus {
    outline: none;
  }
  .bell {
    position: relative;
    display: grid;
    place-items: center;
    width: var(--tez-touch);
    height: var(--tez-touch);
    padding: 0;
    border: 0;
    border-radius: var(--tez-radius);
    background: transparent;
    color: var(--tez-text-2);
    cursor: pointer;
  }
  .bell:hover,
  .bell[aria-expanded='true'] {
    background: var(--tez-hover);
    color: var(--tez-text);
  }
  .bell:focus-visible {
    outline-offset: -3px;
  }
  .count {
    position: absolute;
    top: 3px;
    left: 50%;
    box-sizing: border-box;
    min-width: 20px;
    height: 20px;
    padding: 0 4px;
    border: 2px solid var(--tez-surface);
    border-radius: 10px;
    background: var(--tez-count);
    color: var(--tez-on-count);
    font-size: 11px;
    font-weight: 700;
    font-variant-numeric: tabular-nums;
    line-height: 16px;
    text-align: center;
  }
  .panel {
    position: fixed;
    inset: auto;
    width: min(440px, calc(100vw - 16px));
    height: min(660px, calc(100dvh - 76px));
    margin: 0;
    padding: 0;
    overflow: hidden;
    border: 0;
    border-radius: var(--tez-radius-l);
    background: var(--tez-surface);
    box-shadow: var(--tez-shadow-l);
  }
  .panel:popover-open {
    display: flex;
    flex-direction: column;
  }
  .panel tez-inbox-list {
    flex: 1;
  }
  @media (forced-colors: active) {
    .panel {
      border: 1px solid CanvasText;
    }
    .count {
      forced-color-adjust: none;
    }
  }
`;
