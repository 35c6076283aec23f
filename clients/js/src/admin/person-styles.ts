import { css } from 'lit';

export const personStyles = css`
  :host {
    display: block;
    min-width: 0;
    overflow: hidden;
    border: 1px solid var(--tez-line);
    border-radius: var(--tez-radius-l);
    background: var(--tez-surface);
    box-shadow: var(--tez-shadow);
  }
  header {
    display: flex;
    align-items: flex-start;
    gap: var(--tez-3);
    padding: var(--tez-4);
    border-bottom: 1px solid var(--tez-line);
    --tez-face: 44px;
  }
  header > div {
    flex: 1;
    min-width: 0;
  }
  h2 {
    width: fit-content;
    margin: 0;
    font-size: var(--tez-l);
    font-weight: 650;
    line-height: 1.3;
    overflow-wrap: anywhere;
  }
  h2:focus {
    outline: none;
  }
  h2:focus-visible {
    outline: var(--tez-focus-width) solid var(--tez-focus);
    outline-offset: 2px;
  }
  .sub {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0 var(--tez-3);
    margin: 2px 0 0;
    color: var(--tez-text-2);
    font-size: var(--tez-s);
  }
  section {
    padding: var(--tez-3) var(--tez-4);
    border-bottom: 1px solid var(--tez-line);
  }
  section:last-child {
    border-bottom: 0;
  }
  h3 {
    display: flex;
    align-items: center;
    gap: var(--tez-2);
    margin: 0 0 var(--tez-2);
    color: var(--tez-text-2);
    font-size: var(--tez-s);
    font-weight: 650;
  }
  h3 .btn {
    margin-inline-start: auto;
    margin-block: -4px;
  }
  .mute {
    margin: 0;
    color: var(--tez-text-3);
    font-size: var(--tez-s);
  }
  .note {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-2);
    padding: var(--tez-2) var(--tez-4);
    background: var(--tez-warn-soft);
    color: var(--tez-warn);
    font-size: var(--tez-s);
  }
  ul {
    display: grid;
    gap: 2px;
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .switch {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    align-items: center;
    gap: 0 var(--tez-3);
    width: calc(100% + 16px);
    min-height: 40px;
    margin-inline: -8px;
    padding: 3px 8px;
    border: 0;
    border-radius: var(--tez-radius);
    background: none;
    color: var(--tez-text);
    font: inherit;
    text-align: start;
    cursor: pointer;
  }
  .switch:hover {
    background: var(--tez-hover);
  }
  .switch small {
    display: block;
    color: var(--tez-text-3);
    font-size: var(--tez-s);
    overflow-wrap: anywhere;
  }
  .track {
    display: flex;
    width: 34px;
    height: 20px;
    padding: 2px;
    border: 1px solid var(--tez-line-strong);
    border-radius: 10px;
    background: var(--tez-sunken);
  }
  .track i {
    width: 14px;
    height: 14px;
    border-radius: 50%;
    background: var(--tez-line-strong);
    transition: transform var(--tez-quick);
  }
  [aria-checked='true'] .track {
    border-color: transparent;
    background: var(--tez-accent);
  }
  [aria-checked='true'] .track i {
    background: var(--tez-on-accent);
    transform: translateX(14px);
  }
  [aria-busy='true'] .track {
    border-style: dashed;
    border-color: var(--tez-focus);
  }
  dl {
    display: grid;
    grid-template-columns: fit-content(40%) minmax(0, 1fr);
    gap: 4px var(--tez-4);
    margin: 0;
  }
  dt {
    color: var(--tez-text-3);
    font-size: var(--tez-s);
  }
  dd {
    margin: 0;
    overflow-wrap: anywhere;
  }
  .item {
    display: flex;
    align-items: center;
    gap: var(--tez-3);
    padding: 5px 0;
    border-top: 1px solid var(--tez-line);
  }
  .item:first-child {
    border-top: 0;
  }
  .item > div {
    flex: 1;
    min-width: 0;
    overflow-wrap: anywhere;
  }
  .item small {
    display: block;
    color: var(--tez-text-3);
    font-size: var(--tez-s);
  }
  .tags {
    display: inline-flex;
    flex-wrap: wrap;
    gap: 4px;
    vertical-align: middle;
  }
  .acts {
    display: flex;
    flex-wrap: wrap;
    gap: var(--tez-2);
  }
  .bad {
    color: var(--tez-bad);
  }
  .dim {
    --tez-ok: var(--tez-text-3);
    --tez-warn: var(--tez-text-3);
    --tez-accent: var(--tez-text-3);
    --tez-accent-text: var(--tez-text-3);
    --tez-accent-soft: var(--tez-sunken);
    --tez-text: var(--tez-text-2);
  }
  @media (forced-colors: active) {
    [aria-checked='true'] .track {
      forced-color-adjust: none;
      background: Highlight;
    }
    [aria-checked='true'] .track i {
      background: HighlightText;
    }
    .track i {
      background: ButtonText;
    }
  }
`;
