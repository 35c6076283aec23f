import { css } from 'lit';

/** The figures: charts, bars in the table, and how it is counted. */
export const figureStyles = css`
  .charts {
    display: grid;
    grid-template-columns: repeat(4, minmax(0, 1fr));
    align-items: end; /* a title of two lines must not put its chart lower than the others */
    gap: var(--tez-4);
    padding: var(--tez-3) var(--tez-4) var(--tez-4);
    border-bottom: 1px solid var(--tez-line);
  }
  figure {
    margin: 0;
    min-width: 0;
  }
  figcaption {
    display: flex;
    justify-content: space-between;
    gap: var(--tez-2);
    margin-bottom: var(--tez-2);
    color: var(--tez-text-2);
    font-size: var(--tez-s);
  }
  .chart svg {
    width: 100%;
    height: 96px;
  }
  .chart rect,
  .bar rect {
    fill: var(--tez-accent);
  }
  .chart .floor {
    stroke: var(--tez-line-strong);
    vector-effect: non-scaling-stroke;
  }
  .ends {
    display: flex;
    justify-content: space-between;
    gap: var(--tez-2);
    margin-top: var(--tez-1);
    color: var(--tez-text-3);
    font-size: var(--tez-xs);
  }
  .bar {
    width: 100%;
    min-width: 60px;
    height: 4px;
    margin-top: 3px;
  }
  .bar .rail {
    fill: var(--tez-sunken);
  }
  .how {
    color: var(--tez-text-2);
    font-size: var(--tez-s);
  }
  .how summary {
    min-height: 24px;
    width: fit-content;
    cursor: pointer;
  }
  .how ul {
    margin: var(--tez-1) 0 0;
    padding-inline-start: var(--tez-4);
  }
  .sum td {
    border-top: 1px solid var(--tez-line-strong);
    font-weight: 600;
  }
  td.soft {
    white-space: normal;
  }
  @container (max-width: 900px) {
    .charts {
      grid-template-columns: repeat(2, minmax(0, 1fr));
    }
  }
  @container (max-width: 620px) {
    .tiles {
      padding: 0 var(--tez-2);
    }
    .charts {
      grid-template-columns: minmax(0, 1fr);
    }
    .how {
      padding: 0 var(--tez-3) var(--tez-3);
    }
  }
  @media (forced-colors: active) {
    .chart rect,
    .bar rect {
      fill: CanvasText;
    }
    .bar .rail {
      fill: Canvas;
    }
  }
`;
