import { css } from 'lit';

export const pageStyles = css`
  :host {
    display: block;
    container-type: inline-size;
    max-width: calc(var(--tez-rem) * 86);
    margin-inline: auto;
  }
  .back {
    margin: 0 0 var(--tez-1) calc(var(--tez-2) * -1);
  }
  .notice > span {
    flex: 1 1 20ch;
    overflow-wrap: anywhere;
  }
  .notice.bad {
    background: var(--tez-bad-soft);
    color: var(--tez-bad);
  }
  .columns {
    display: grid;
    gap: var(--tez-4);
    align-items: start;
  }
  .columns.wide {
    grid-template-columns: minmax(0, 1fr) minmax(calc(var(--tez-rem) * 17), 24%);
  }
  .main {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--tez-4);
    min-width: 0;
  }
  .card {
    min-width: 0;
    padding: var(--tez-4);
    border: 1px solid var(--tez-line);
    border-radius: var(--tez-radius-l);
    background: var(--tez-surface);
    box-shadow: var(--tez-shadow);
  }
  .card > h2 {
    margin: 0 0 var(--tez-2);
    font-size: var(--tez-l);
    font-weight: 650;
  }
  .card nav-attachments {
    display: block;
    margin-top: var(--tez-4);
  }
  nav-history {
    container-type: inline-size;
  }
  .rich img {
    cursor: zoom-in;
  }
  summary {
    min-height: 28px;
    font-weight: 600;
    line-height: 28px;
    cursor: pointer;
  }
  details[open] summary {
    margin-bottom: var(--tez-2);
  }
  details.card {
    padding-block: var(--tez-2);
  }
  .none {
    margin: 0;
    color: var(--tez-text-3);
  }
  @media (max-width: 620px) {
    :host {
      padding: 0 var(--tez-3) var(--tez-4); /* the frame has no margin there, so that lists reach the edges */
    }
  }
  @container (max-width: 480px) {
    .card {
      padding: var(--tez-3);
    }
  }
`;
