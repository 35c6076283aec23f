import { css } from 'lit';

export const opsStyles = css`
  :host {
    display: block;
    container-type: inline-size;
  }
  .top {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-1) var(--tez-4);
    min-height: var(--tez-control);
    margin-bottom: var(--tez-3);
  }
  ::slotted(h1) {
    margin: 0;
  }
  .age {
    display: flex;
    align-items: center;
    gap: var(--tez-1);
    margin: 0 0 0 auto;
    color: var(--tez-text-3);
    font-size: var(--tez-s);
    font-variant-numeric: tabular-nums;
  }
  .age.old {
    color: var(--tez-warn);
    font-weight: 550;
  }
  .all {
    display: grid;
    gap: var(--tez-4);
  }
  /* Dimmed by colour, not by opacity: the text must stay readable. Also in the parts, which take their colours from here. */
  .dim {
    --tez-ok: var(--tez-text-3);
    --tez-warn: var(--tez-text-3);
    --tez-bad: var(--tez-text-3);
    --tez-accent: var(--tez-text-3);
  }
  .dim strong,
  .dim td {
    color: var(--tez-text-2);
  }
  .tiles strong {
    font-size: var(--tez-2xl);
    letter-spacing: -0.01em;
    line-height: 1.25;
  }
  tez-state-dot.note {
    align-items: first baseline;
    white-space: normal;
  }
  .spark {
    width: 100%;
    height: 36px;
    margin-top: auto;
    padding-top: var(--tez-2);
    box-sizing: content-box;
    overflow: visible;
  }
  .spark path {
    fill: none;
    vector-effect: non-scaling-stroke;
  }
  .spark .line {
    stroke: var(--tez-accent);
    stroke-width: 1.5;
    stroke-linejoin: round;
  }
  .spark .floor {
    stroke: var(--tez-line);
    stroke-width: 1;
  }
  .troubles {
    display: grid;
    gap: var(--tez-2);
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .troubles li {
    display: flex;
    gap: var(--tez-2);
    overflow-wrap: anywhere;
  }
  .pair {
    display: grid;
    grid-template-columns: minmax(0, 3fr) minmax(0, 2fr);
    gap: var(--tez-4);
    align-items: start;
  }
  .stale td {
    color: var(--tez-text-3);
  }
  td .tag {
    display: inline-block;
    padding: 1px 6px;
    border-radius: 9px;
    background: var(--tez-accent-soft);
    color: var(--tez-accent-text);
    font-size: var(--tez-xs);
    font-weight: 600;
  }
  @container (max-width: 900px) {
    .pair {
      grid-template-columns: minmax(0, 1fr);
    }
  }
  @container (max-width: 620px) {
    .top {
      padding: var(--tez-3) var(--tez-3) 0;
    }
    .age {
      margin-inline-start: 0;
    }
    .notice {
      margin-inline: var(--tez-3);
    }
    .all {
      gap: var(--tez-3);
      padding: 0 var(--tez-2) var(--tez-3);
    }
    .tiles strong {
      font-size: var(--tez-xl);
    }
  }
  @media (forced-colors: active) {
    .spark .line {
      stroke: CanvasText;
    }
  }
`;
