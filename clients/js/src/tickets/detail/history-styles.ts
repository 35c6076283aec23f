import { css } from 'lit';

export const historyStyles = css`
  :host {
    display: block;
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-1) var(--tez-3);
    margin-bottom: var(--tez-2);
  }
  h2 {
    flex: 1;
    margin: 0;
    font-size: var(--tez-l);
    font-weight: 650;
  }
  header [role='group'] {
    display: flex;
    gap: 2px;
  }
  .news {
    border-color: transparent;
    background: var(--tez-accent-soft);
    color: var(--tez-accent-text);
  }
  .earlier {
    width: 100%;
    margin-bottom: var(--tez-2);
  }
  ol {
    display: grid;
    gap: var(--tez-2);
    margin: 0;
    padding: 0;
    list-style: none;
  }
  ol > li {
    display: flex;
    gap: var(--tez-3);
    min-width: 0;
    padding: var(--tez-3);
    border: 1px solid var(--tez-line);
    border-radius: var(--tez-radius-l);
    background: var(--tez-surface);
    scroll-margin: 80px;
  }
  ol > li.quiet {
    gap: var(--tez-2);
    padding: 2px var(--tez-3);
    border-color: transparent;
    background: none;
    color: var(--tez-text-2);
    font-size: var(--tez-s);
  }
  ol > li.private {
    border-color: var(--tez-warn);
    background: var(--tez-warn-soft);
  }
  ol > li.fresh {
    box-shadow: inset 3px 0 0 var(--tez-accent);
  }
  ol > li.pointed {
    border-color: var(--tez-focus);
  }
  ol > li.sending {
    border-style: dashed;
    color: var(--tez-text-2);
  }
  ol > li.line {
    align-items: center;
    padding: 0;
    border: 0;
    background: none;
    color: var(--tez-accent-text);
    font-size: var(--tez-xs);
    font-weight: 600;
  }
  .line::before,
  .line::after {
    content: '';
    flex: 1;
    height: 1px;
    background: var(--tez-accent);
  }
  .what {
    flex: 1;
    min-width: 0;
  }
  .by {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0 var(--tez-2);
    min-height: 24px;
    color: var(--tez-text-2);
    font-size: var(--tez-s);
  }
  .quiet .by {
    min-height: 22px;
  }
  .by b {
    color: var(--tez-text);
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  .quiet b {
    font-weight: 550;
  }
  .me {
    color: var(--tez-text-3);
  }
  .space {
    flex: 1;
  }
  .reply {
    width: 26px;
    min-height: 24px;
  }
  .no {
    display: inline-grid;
    place-items: center;
    min-width: 24px;
    min-height: 24px;
    color: var(--tez-text-3);
    font-variant-numeric: tabular-nums;
    text-decoration: none;
  }
  .no:hover {
    text-decoration: underline;
  }
  .changes {
    margin: 0;
    padding: 0;
    color: var(--tez-text-2);
    font-size: var(--tez-s);
    list-style: none;
    overflow-wrap: anywhere;
  }
  .changes + .rich {
    margin-top: var(--tez-2);
  }
  .plain {
    margin: 0;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .none {
    margin: 0;
    padding: var(--tez-4);
    color: var(--tez-text-3);
    text-align: center;
  }
  @media (forced-colors: active) {
    ol > li.fresh {
      border-inline-start: 4px solid Highlight;
    }
  }
  @container (max-width: 480px) {
    ol > li {
      gap: var(--tez-2);
      padding: var(--tez-2);
    }
  }
`;
