import { css } from 'lit';

/** The legend above the plots, and what uPlot's own sheet says of the parts that are used here; without its legend, titles and colours. */
export const chartStyles = css`
  :host {
    display: block;
    position: relative;
    min-width: 0;
  }
  .plots {
    overflow: hidden;
  }
  .uplot {
    width: min-content;
    line-height: 1.5;
  }
  .u-wrap {
    position: relative;
    user-select: none;
  }
  .u-over,
  .u-under,
  .u-axis,
  .u-select {
    position: absolute;
  }
  .u-under {
    overflow: hidden;
  }
  .uplot canvas {
    display: block;
    position: relative;
    width: 100%;
    height: 100%;
  }
  .u-select,
  .u-cursor-x,
  .u-cursor-y {
    pointer-events: none;
  }
  .u-select {
    background: color-mix(in oklab, var(--tez-accent) 15%, transparent);
  }
  .u-cursor-x,
  .u-cursor-y {
    position: absolute;
    left: 0;
    top: 0;
    will-change: transform;
  }
  .u-cursor-x {
    height: 100%;
    border-right: 1px solid var(--tez-line-strong);
  }
  .u-off {
    display: none;
  }
  .read {
    display: flex;
    flex-wrap: wrap;
    gap: 2px var(--tez-4);
    min-height: 1.6em;
    margin: 0 0 var(--tez-2);
    color: var(--tez-text-2);
    font-size: var(--tez-s);
    font-variant-numeric: tabular-nums;
  }
  .read b {
    color: var(--tez-text);
    font-weight: 620;
  }
  .key {
    display: inline-flex;
    gap: 6px;
    align-items: center;
  }
  .key i {
    width: 14px;
    height: 3px;
    border-radius: 2px;
    background: var(--tez-accent);
  }
  .key i.band {
    height: 10px;
    background: color-mix(in oklab, var(--tez-accent) 30%, transparent);
  }
  .key i.loss {
    width: 4px;
    height: 10px;
    background: var(--tez-bad);
  }
  .when {
    color: var(--tez-text-3);
  }
  @media (forced-colors: active) {
    .key i {
      background: CanvasText;
      forced-color-adjust: none;
    }
  }
`;
