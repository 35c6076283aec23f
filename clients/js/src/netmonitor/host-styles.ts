import { css } from 'lit';

/** One host's page; after `pageStyles`. */
export const hostStyles = css`
  header {
    align-items: flex-start;
    gap: var(--tez-3) var(--tez-5);
  }
  .id {
    flex: 1 1 20rem;
    min-width: 0;
  }
  h1 {
    font-size: var(--tez-2xl);
    letter-spacing: -0.015em;
    line-height: 1.2;
    overflow-wrap: anywhere;
  }
  .where {
    display: flex;
    flex-wrap: wrap;
    gap: 2px var(--tez-3);
    margin: var(--tez-1) 0 0;
    color: var(--tez-text-2);
    font-variant-numeric: tabular-nums;
  }
  .now {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-2) var(--tez-5);
    margin: 0 0 var(--tez-4);
    padding: var(--tez-3) var(--tez-4);
    border: 1px solid var(--tez-line);
    border-radius: var(--tez-radius-l);
    background: var(--tez-surface);
    box-shadow: var(--tez-shadow);
  }
  .now.down {
    border-color: color-mix(in oklab, var(--tez-bad) 45%, var(--tez-line));
    background: var(--tez-bad-soft);
  }
  .now.degraded {
    border-color: color-mix(in oklab, var(--tez-warn) 45%, var(--tez-line));
    background: var(--tez-warn-soft);
  }
  .now .state {
    font-size: var(--tez-xl);
    font-weight: 650;
  }
  .now .state.up {
    color: var(--tez-ok);
  }
  .now p {
    margin: 0;
    color: var(--tez-text-2);
  }
  .now .figures {
    display: flex;
    gap: var(--tez-5);
    margin: 0 0 0 auto;
  }
  .figures div {
    text-align: end;
  }
  .figures dt {
    color: var(--tez-text-2);
    font-size: var(--tez-xs);
  }
  .figures dd {
    margin: 0;
    font-size: var(--tez-l);
    font-weight: 650;
    font-variant-numeric: tabular-nums;
  }
  .dim {
    --tez-bad-soft: var(--tez-sunken);
    --tez-warn-soft: var(--tez-sunken);
    --tez-bad: var(--tez-text-2);
    --tez-warn: var(--tez-text-2);
    --tez-ok: var(--tez-text-2);
    --net-up: var(--tez-text-3);
  }
  .now.dim {
    background: var(--tez-sunken);
  }
  .sides {
    display: grid;
    grid-template-columns: minmax(0, 1fr) calc(var(--tez-rem) * 23);
    gap: var(--tez-4);
    align-items: start;
  }
  .side {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--tez-4);
  }
  ul.plain {
    display: grid;
    gap: 6px;
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .plain a {
    color: var(--tez-accent-text);
  }
  .plain li {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px var(--tez-2);
    min-height: 26px;
  }
  .plain li > .btn {
    margin-inline-start: auto;
  }
  .tag.flapping {
    background: var(--tez-warn-soft);
    color: var(--tez-warn);
  }
  @container (max-width: 980px) {
    .sides {
      grid-template-columns: minmax(0, 1fr);
    }
  }
  @container (max-width: 620px) {
    .now {
      margin-inline: var(--tez-3);
    }
    .now .figures {
      margin: 0;
    }
    .sides,
    .side {
      gap: var(--tez-3);
    }
  }
`;
