import { css } from 'lit';

/** One sample: its list on the left, the work on the right. */
export const sampleStyles = css`
  .progress {
    display: flex;
    flex-wrap: wrap;
    gap: var(--tez-1) var(--tez-2);
    margin: 0;
    padding: var(--tez-2) var(--tez-4);
    border-bottom: 1px solid var(--tez-line);
    color: var(--tez-text-2);
    font-size: var(--tez-s);
  }
  .progress b {
    display: inline-flex;
    gap: 4px;
    color: var(--tez-ok);
  }
  .two {
    display: grid;
    grid-template-columns: minmax(200px, 1fr) minmax(0, 3fr);
  }
  nav {
    border-inline-end: 1px solid var(--tez-line);
  }
  nav ol {
    margin: 0;
    padding: var(--tez-2);
    list-style: none;
  }
  nav button {
    display: flex;
    align-items: center;
    gap: var(--tez-2);
    width: 100%;
    min-height: calc(var(--tez-rem) * 2.25);
    padding: 2px var(--tez-2);
    border: 0;
    border-radius: var(--tez-radius);
    background: transparent;
    color: inherit;
    font: inherit;
    text-align: start;
    cursor: pointer;
  }
  nav button:hover {
    background: var(--tez-hover);
  }
  nav button[aria-current] {
    background: var(--tez-accent-soft);
    color: var(--tez-accent-text);
  }
  .text {
    flex: 1;
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .mark {
    display: inline-grid;
    flex: none;
    place-items: center;
    width: 22px;
    height: 22px;
    border: 1px solid var(--tez-line-strong);
    border-radius: 50%;
    font-size: var(--tez-xs);
  }
  .mark.done {
    border-color: var(--tez-ok);
    background: var(--tez-ok-soft);
    color: var(--tez-ok);
  }
  .work {
    display: grid;
    gap: var(--tez-4);
    min-width: 0;
    padding: var(--tez-4);
  }
  .title {
    margin: 0 0 var(--tez-2);
    font-size: var(--tez-l);
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  dl {
    display: grid;
    grid-template-columns: repeat(4, minmax(0, 1fr));
    gap: var(--tez-2) var(--tez-4);
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
  .next {
    justify-self: start;
  }
  @container (max-width: 900px) {
    .two {
      grid-template-columns: minmax(0, 1fr);
    }
    nav {
      max-height: 190px;
      overflow: auto;
      border-inline-end: 0;
      border-bottom: 1px solid var(--tez-line);
    }
    dl {
      grid-template-columns: repeat(2, minmax(0, 1fr));
    }
  }
`;
