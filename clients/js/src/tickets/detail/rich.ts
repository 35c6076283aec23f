import { css, html } from 'lit';
import { unsafeHTML } from 'lit/directives/unsafe-html.js';

/** Text that people wrote, as the server made it safe (adapters/redmine/markup, behind an allow-list); nothing else may come here. */
export const rich = (safe: string) => html`<div class="rich">${unsafeHTML(safe)}</div>`;

/** How such text looks; nothing in it may be wider than its frame. */
export const richStyles = css`
  .rich {
    color: var(--tez-text);
    overflow-wrap: anywhere;
    line-height: 1.5;
  }
  .rich > :first-child {
    margin-top: 0;
  }
  .rich > :last-child {
    margin-bottom: 0;
  }
  .rich :is(p, ul, ol, pre, blockquote, table) {
    margin: 0 0 var(--tez-2);
  }
  .rich :is(ul, ol) {
    padding-inline-start: var(--tez-5);
  }
  .rich :is(h3, h4, h5, h6) {
    margin: var(--tez-3) 0 var(--tez-1);
    font-size: var(--tez-m);
    font-weight: 650;
  }
  .rich h3 {
    font-size: var(--tez-l);
  }
  .rich blockquote {
    padding-inline-start: var(--tez-3);
    border-inline-start: 3px solid var(--tez-line-strong);
    color: var(--tez-text-2);
  }
  .rich :is(code, pre, kbd, samp) {
    font-family: var(--tez-mono);
    font-size: 0.92em;
  }
  .rich code {
    padding: 1px 4px;
    border-radius: var(--tez-radius-s);
    background: var(--tez-sunken);
  }
  .rich pre {
    padding: var(--tez-2) var(--tez-3);
    overflow: auto;
    border-radius: var(--tez-radius);
    background: var(--tez-sunken);
    white-space: pre;
  }
  .rich pre code {
    padding: 0;
    background: none;
  }
  .rich table {
    display: block;
    width: fit-content;
    max-width: 100%;
    overflow-x: auto;
    border-collapse: collapse;
  }
  .rich :is(td, th) {
    padding: 4px var(--tez-2);
    border: 1px solid var(--tez-line);
    text-align: start;
    vertical-align: top;
  }
  .rich th {
    background: var(--tez-sunken);
  }
  .rich img {
    max-width: 100%;
    max-height: calc(var(--tez-rem) * 24);
    border-radius: var(--tez-radius-s);
  }
  .rich hr {
    height: 1px;
    margin: var(--tez-3) 0;
    border: 0;
    background: var(--tez-line);
  }
  .rich a {
    color: var(--tez-accent-text);
    text-underline-offset: 0.18em;
  }
  .rich .mention {
    padding: 0 3px;
    border-radius: var(--tez-radius-s);
    background: var(--tez-accent-soft);
    color: var(--tez-accent-text);
    font-weight: 550;
  }
  .rich mark {
    background: var(--tez-warn-soft);
    color: inherit;
  }
`;
