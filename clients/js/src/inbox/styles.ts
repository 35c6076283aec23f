import { css } from 'lit';

/** The look of the list and its rows. Sizes follow the container, not the window: the same list lives in a panel and on a page. */
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
  .top {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-1) var(--tez-2);
    padding: 6px var(--tez-2) 6px var(--tez-4);
  }
  .head {
    flex: 1 1 auto;
  }
  h2 {
    margin: 0;
    font-size: var(--tez-l);
    font-weight: 650;
    letter-spacing: -0.005em;
  }
  .tools {
    display: flex;
    align-items: center;
    gap: 2px;
  }
  .filters {
    display: flex;
    flex-wrap: wrap;
    gap: 4px;
    padding: 0 var(--tez-3) var(--tez-2);
  }
  .filters .push {
    margin-inline-start: auto;
  }
  .chip {
    min-height: 26px;
    padding: 0 10px;
    border: 1px solid transparent;
    border-radius: 13px;
    background: transparent;
    color: var(--tez-text-2);
    font: inherit;
    font-size: var(--tez-s);
    cursor: pointer;
  }
  .chip:hover {
    background: var(--tez-hover);
  }
  .chip[aria-pressed='true'] {
    background: var(--tez-accent-soft);
    color: var(--tez-accent-text);
    font-weight: 600;
  }
  .chip.box {
    display: inline-flex;
    align-items: center;
    gap: 6px;
  }
  .chip.box i {
    width: 14px;
    height: 14px;
    border: 1.5px solid var(--tez-line-strong);
    border-radius: 4px;
    color: transparent;
  }
  .chip.box[aria-pressed='true'] i {
    border-color: var(--tez-accent);
    background: var(--tez-accent);
    color: var(--tez-on-accent);
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
  .row {
    position: relative;
    display: grid;
    grid-template-columns: 28px minmax(0, 1fr) auto;
    gap: 0 var(--tez-3);
    padding: 10px var(--tez-4) 10px 22px;
    border-bottom: 1px solid var(--tez-line);
    background: var(--tez-surface);
    transition: background var(--tez-quick);
  }
  .row.fresh {
    animation: enter var(--tez-calm) var(--tez-ease);
  }
  @keyframes enter {
    from {
      opacity: 0;
      transform: translateY(-8px);
    }
  }
  .row:hover,
  .row:focus-within {
    background: var(--tez-hover);
  }
  .row:has(.main:focus-visible) {
    outline: var(--tez-focus-width) solid var(--tez-focus);
    outline-offset: -2px;
  }
  .mark {
    position: absolute;
    top: 20px;
    left: 8px;
    width: 8px;
    height: 8px;
    border-radius: 50%;
    background: var(--tez-accent);
  }
  .kind {
    display: grid;
    place-items: center;
    width: 28px;
    height: 28px;
    border-radius: var(--tez-radius);
    background: var(--tez-sunken);
    color: var(--tez-text-2);
  }
  .kind.ticket {
    background: var(--tez-accent-soft);
    color: var(--tez-accent-text);
  }
  .kind.network {
    background: var(--tez-ok-soft);
    color: var(--tez-ok);
  }
  .kind.call {
    background: var(--tez-call-soft);
    color: var(--tez-call);
  }
  .kind.erp {
    background: var(--tez-warn-soft);
    color: var(--tez-warn);
  }
  .main {
    display: block;
    overflow: hidden;
    width: 100%;
    padding: 0;
    border: 0;
    background: none;
    color: var(--tez-text-2);
    font: inherit;
    line-height: 1.4;
    text-align: start;
    text-decoration: none;
    cursor: pointer;
  }
  .main:focus-visible {
    outline: none;
  }
  .main::after {
    position: absolute;
    inset: 0;
    content: '';
  }
  .unread .main {
    color: var(--tez-text);
    font-weight: 600;
  }
  .title {
    display: -webkit-box;
    overflow: hidden;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 2;
    line-clamp: 2;
    overflow-wrap: anywhere;
  }
  .critical {
    margin-inline-end: 6px;
    padding: 0 6px;
    border-radius: var(--tez-radius-s);
    background: var(--tez-bad-soft);
    color: var(--tez-bad);
    font-size: var(--tez-xs);
    font-weight: 600;
  }
  .body,
  .changes {
    margin: 2px 0 0;
    overflow: hidden;
    color: var(--tez-text-2);
    font-size: var(--tez-s);
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .changes {
    display: flex;
    flex-wrap: wrap;
    gap: 0 var(--tez-3);
    color: var(--tez-text-3);
    white-space: normal;
  }
  .changes del {
    text-decoration: none;
  }
  .changes ins {
    color: var(--tez-text);
    font-weight: 550;
    text-decoration: none;
  }
  .open .body {
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .side {
    display: flex;
    flex-direction: row-reverse;
    align-items: flex-start;
    gap: var(--tez-2);
    color: var(--tez-text-3);
    font-size: var(--tez-s);
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .plus {
    position: relative;
    z-index: 1;
    min-width: 30px;
    min-height: 24px;
    margin-top: -2px;
    padding: 0 8px;
    border: 0;
    border-radius: 12px;
    background: var(--tez-sunken);
    color: var(--tez-text-2);
    font: inherit;
    font-size: var(--tez-xs);
    font-weight: 600;
    cursor: pointer;
  }
  .plus:hover {
    background: var(--tez-active);
  }
  .acts {
    position: absolute; /* never over the time and "+4" */
    bottom: 5px;
    right: var(--tez-3);
    z-index: 2;
    display: flex;
    gap: 1px;
    padding: 1px;
    border-radius: var(--tez-radius);
    background: var(--tez-raised);
    box-shadow: var(--tez-shadow-l);
    opacity: 0;
  }
  .row:hover .acts,
  .row:focus-within .acts {
    opacity: 1;
  }
  .row:not(:hover):not(:focus-within) .acts {
    pointer-events: none;
  }
  .earlier {
    grid-column: 2 / -1;
    margin: var(--tez-2) 0 0;
    padding: 0 0 0 var(--tez-3);
    border-inline-start: 2px solid var(--tez-line);
    color: var(--tez-text-2);
    font-size: var(--tez-s);
  }
  .earlier li {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    gap: 0 var(--tez-3);
    padding: 3px 0;
    overflow-wrap: anywhere;
  }
  .earlier time {
    color: var(--tez-text-3);
  }
  .earlier .body,
  .earlier .changes {
    grid-column: 1;
  }
  .gone .main,
  .gone .body {
    color: var(--tez-text-3);
    font-weight: 400;
    text-decoration: line-through;
  }
  .stale .main,
  .stale .unread .main,
  .stale .body,
  .stale .changes ins {
    color: var(--tez-text-3);
  }
  .stale .kind {
    background: var(--tez-sunken);
    color: var(--tez-text-3);
  }
  .stale .mark {
    background: var(--tez-line-strong);
  }
  .foot {
    padding: var(--tez-3) var(--tez-4);
    color: var(--tez-text-3);
    font-size: var(--tez-s);
    text-align: center;
  }
  @container (min-width: 680px) {
    .row {
      grid-template-columns: 28px minmax(0, 1fr) 11rem;
      padding-block: 12px;
    }
    .title {
      -webkit-line-clamp: 1;
      line-clamp: 1;
    }
    .mark {
      top: 22px;
    }
    .acts {
      top: 50%;
      right: calc(11rem + var(--tez-5));
      bottom: auto;
      transform: translateY(-50%);
    }
  }
  @container (max-width: 560px) {
    .filters {
      flex-wrap: nowrap;
      overflow-x: auto;
      scrollbar-width: none;
    }
    .chip {
      flex: none;
    }
    .filters .push {
      order: -1;
      margin-inline-start: 0;
    }
  }
  @container (max-width: 480px) {
    .row {
      grid-template-columns: 28px minmax(0, 1fr);
      padding-inline-end: var(--tez-3);
    }
    .side {
      flex-direction: row;
      grid-column: 2;
      margin-top: 3px;
    }
  }
  @media (hover: none) {
    .acts {
      position: static;
      grid-column: 2 / -1;
      width: fit-content;
      margin-top: var(--tez-1);
      background: none;
      box-shadow: none;
      opacity: 1;
      transform: none;
      pointer-events: auto !important;
    }
  }
  @media (forced-colors: active) {
    .mark,
    .chip.box[aria-pressed='true'] i {
      background: Highlight;
      forced-color-adjust: none;
    }
    .chip[aria-pressed='true'] {
      border-color: Highlight;
    }
    .pill,
    .plus,
    .kind,
    .acts {
      border: 1px solid CanvasText;
    }
    .gone .main {
      color: GrayText;
    }
  }
`;

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
