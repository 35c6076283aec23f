import { css } from 'lit';

/** One host's page. */
export const hostStyles = css`
  :host {
    display: block;
    max-width: calc(var(--tez-rem) * 84);
    margin-inline: auto;
    container-type: inline-size;
    color: var(--tez-text);
    font-size: var(--tez-m);
  }
  .back {
    display: inline-flex;
    align-items: center;
    gap: 2px;
    min-height: 28px;
    margin-inline-start: -6px;
    padding-inline: 2px 8px;
    border-radius: var(--tez-radius);
    color: var(--tez-text-2);
    font-size: var(--tez-s);
    text-decoration: none;
  }
  .back:hover {
    background: var(--tez-hover);
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: flex-start;
    gap: var(--tez-3) var(--tez-5);
    margin-bottom: var(--tez-4);
  }
  .id {
    flex: 1 1 20rem;
    min-width: 0;
  }
  h1 {
    margin: 0;
    font-size: var(--tez-2xl);
    font-weight: 650;
    letter-spacing: -0.015em;
    line-height: 1.2;
    overflow-wrap: anywhere;
  }
  h1:focus {
    outline: none;
  }
  .where {
    display: flex;
    flex-wrap: wrap;
    gap: 2px var(--tez-3);
    margin: var(--tez-1) 0 0;
    color: var(--tez-text-2);
    font-variant-numeric: tabular-nums;
  }
  .acts {
    display: flex;
    flex-wrap: wrap;
    gap: var(--tez-2);
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
  .ranges {
    display: flex;
    flex-wrap: wrap;
    gap: 2px;
  }
  .ranges button {
    min-width: 40px;
    min-height: 28px;
    padding: 0 var(--tez-2);
    border: 0;
    border-radius: var(--tez-radius);
    background: none;
    color: var(--tez-text-2);
    font: inherit;
    font-size: var(--tez-s);
    font-weight: 550;
    cursor: pointer;
  }
  .ranges button:hover {
    background: var(--tez-hover);
  }
  .ranges button[aria-pressed='true'] {
    background: var(--tez-accent-soft);
    color: var(--tez-accent-text);
  }
  .busy {
    opacity: 0.6;
  }
  .foot {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-1) var(--tez-2);
    margin-top: var(--tez-3);
  }
  .foot .note {
    margin-inline-start: auto;
  }
  tez-table {
    --tez-table-height: 340px;
    border-top: 1px solid var(--tez-line);
    margin: var(--tez-3) calc(-1 * var(--tez-4)) calc(-1 * var(--tez-4));
  }
  .rounds {
    width: 100%;
    height: 84px;
  }
  .rounds .range {
    fill: color-mix(in oklab, var(--tez-accent) 32%, transparent);
  }
  .rounds .middle {
    fill: var(--tez-accent);
  }
  .rounds .lost {
    fill: var(--tez-bad);
  }
  .rounds .floor {
    stroke: var(--tez-line-strong);
    vector-effect: non-scaling-stroke;
  }
  .facts {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(4.6rem, 1fr));
    gap: var(--tez-2) var(--tez-3);
    margin: var(--tez-3) 0 0;
  }
  .facts dt,
  .quiet {
    color: var(--tez-text-3);
    font-size: var(--tez-s);
  }
  .quiet {
    margin: 0;
  }
  .facts dd {
    margin: 0;
    font-weight: 550;
    font-variant-numeric: tabular-nums;
    overflow-wrap: anywhere;
  }
  .facts.wide {
    grid-template-columns: auto minmax(0, 1fr);
    gap: 6px var(--tez-4);
    margin: 0;
  }
  .facts.wide div {
    display: contents;
  }
  .uptimes {
    display: grid;
    gap: 2px;
    margin: 0;
  }
  .uptimes div {
    display: grid;
    grid-template-columns: 5rem minmax(0, 1fr) 5rem;
    align-items: center;
    gap: var(--tez-3);
    min-height: 28px;
  }
  .uptimes dt {
    color: var(--tez-text-2);
  }
  .uptimes dd {
    margin: 0;
    font-weight: 620;
    font-variant-numeric: tabular-nums;
    text-align: end;
  }
  .meter {
    width: 100%;
    height: 6px;
    border-radius: 3px;
    background: var(--tez-sunken);
    overflow: hidden;
  }
  .meter rect {
    fill: var(--net-up);
  }
  .meter.low rect {
    fill: var(--tez-bad);
  }
  ul.plain {
    display: grid;
    gap: 6px;
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .links a,
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
  .tag {
    display: inline-block;
    padding: 0 7px;
    border-radius: 9px;
    background: var(--tez-sunken);
    color: var(--tez-text-2);
    font-size: var(--tez-xs);
    font-weight: 600;
    line-height: 18px;
  }
  .tag.flapping {
    background: var(--tez-warn-soft);
    color: var(--tez-warn);
  }
  .check {
    display: grid;
    gap: var(--tez-2);
  }
  .check + .check {
    margin-top: var(--tez-4);
  }
  .rtts {
    margin: 0;
    font-variant-numeric: tabular-nums;
  }
  .fault {
    margin: 0;
    color: var(--tez-bad);
  }
  .badge {
    display: grid;
    gap: var(--tez-1);
  }
  .badge + .badge {
    margin-top: var(--tez-3);
  }
  .badge img {
    display: block;
    height: 20px;
  }
  .badge .line {
    display: flex;
    gap: var(--tez-1);
  }
  .badge input {
    flex: 1;
    min-width: 0;
    font-family: var(--tez-mono);
    font-size: var(--tez-xs);
  }
  @container (max-width: 980px) {
    .sides {
      grid-template-columns: minmax(0, 1fr);
    }
  }
  @container (max-width: 620px) {
    .back {
      margin: var(--tez-2) 0 0 var(--tez-2);
    }
    header,
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
  @media (forced-colors: active) {
    .rounds rect {
      fill: CanvasText;
    }
    .rounds .range {
      fill: GrayText;
    }
    .meter {
      border: 1px solid CanvasText;
    }
    .meter rect {
      fill: CanvasText;
    }
    .ranges button[aria-pressed='true'] {
      outline: 2px solid Highlight;
    }
  }
`;
