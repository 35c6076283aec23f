import { css } from 'lit';

export const cardStyles = css`
  :host {
    display: block;
    border: 1px solid var(--tez-line);
    border-radius: var(--tez-radius-l);
    background: var(--tez-surface);
    box-shadow: var(--tez-shadow);
  }
  :host([tone='rings']) {
    border: 2px solid var(--tez-call);
  }
  :host([tone='held']) {
    background: var(--tez-bg);
    box-shadow: none;
  }
  :host([tone='bad']) {
    border-color: var(--tez-bad);
  }
  article {
    display: grid;
    grid-template-columns: minmax(0, 1fr); /* or a long word makes it wider than the panel */
    gap: var(--tez-3);
    padding: var(--tez-3);
  }
  .head {
    display: flex;
    align-items: center;
    gap: 8px;
    color: var(--tez-text-2);
    font-size: var(--tez-s);
  }
  .head .leg {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    font-weight: 600;
  }
  :host([tone='rings']) .leg,
  :host([tone='live']) .leg {
    color: var(--tez-call);
  }
  :host([tone='bad']) .leg {
    color: var(--tez-bad);
  }
  .head .queue {
    flex: 1;
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .head tez-calls-timer {
    margin-inline-start: auto;
    color: var(--tez-text);
    font-weight: 600;
  }
  .who h2 {
    font-size: var(--tez-xl);
    font-weight: 680;
    letter-spacing: -0.01em;
    line-height: 1.2;
    overflow-wrap: anywhere;
  }
  .who p {
    margin: 2px 0 0;
    color: var(--tez-text-2);
    font-variant-numeric: tabular-nums;
    overflow-wrap: anywhere;
  }
  :host([tone='held']) .who h2 {
    font-size: var(--tez-l);
  }
  .parties li {
    display: flex;
    align-items: center;
    gap: 8px;
    min-height: 34px;
    font-size: var(--tez-s);
  }
  .parties span {
    flex: 1;
    min-width: 0;
    overflow-wrap: anywhere;
  }
  .sheet {
    padding-top: var(--tez-3);
    border-top: 1px solid var(--tez-line);
  }
  .cause {
    margin: 0;
    color: var(--tez-bad);
  }
  @media (forced-colors: active) {
    :host([tone='rings']) {
      border-color: Highlight;
    }
  }
`;
