import { css } from 'lit';

/** The dashboard's frame: heading, counts, filters, what has to be said above the rows. */
export const boardStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-height: 0;
    overflow: auto; /* where the window is too low for all of it */
    container-type: inline-size;
    border: 1px solid var(--tez-line);
    border-radius: var(--tez-radius-l);
    background: var(--tez-surface);
    color: var(--tez-text);
    font-size: var(--tez-m);
    line-height: var(--tez-leading);
    box-shadow: var(--tez-shadow);
  }
  .top,
  .bar,
  .say {
    flex: none;
  }
  .top {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-1) var(--tez-4);
    min-height: calc(var(--tez-rem) * 3);
    padding: var(--tez-2) var(--tez-3) 0 var(--tez-4);
  }
  ::slotted(h1) {
    margin: 0;
  }
  /* Takes what is left: a longer verdict must not move the rows below it. */
  .verdict {
    flex: 1 1 calc(var(--tez-rem) * 14);
    min-width: 0;
    overflow: hidden;
    font-weight: 550;
  }
  .verdict .state {
    display: flex;
  }
  .verdict .state span {
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .verdict .state {
    font-weight: 600;
  }
  .verdict .state.up {
    color: var(--tez-ok);
  }
  .age {
    display: inline-flex;
    align-items: center;
    gap: var(--tez-1);
    min-width: calc(var(--tez-rem) * 8.5);
    margin: 0;
    color: var(--tez-text-3);
    font-size: var(--tez-s);
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .age.old {
    color: var(--tez-warn);
    font-weight: 600;
  }
  .links {
    display: flex;
    gap: var(--tez-1);
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-1) var(--tez-2);
    padding: var(--tez-2) var(--tez-3) var(--tez-2) var(--tez-4);
  }
  .find {
    flex: 0 1 calc(var(--tez-rem) * 14);
    min-width: calc(var(--tez-rem) * 9);
  }
  .views {
    display: flex;
    gap: var(--tez-1);
    margin-inline-start: auto;
  }
  .say {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-1) var(--tez-2);
    margin: 0;
    padding: var(--tez-2) var(--tez-4);
    border-top: 1px solid var(--tez-line);
    background: var(--tez-warn-soft);
    color: var(--tez-warn);
    font-weight: 550;
  }
  .rows {
    --row: calc(var(--tez-rem) * 2.5);
    --group: calc(var(--tez-rem) * 2.375);
    position: relative;
    display: flex;
    flex: 1 0 calc(var(--tez-rem) * 12);
    flex-direction: column;
    min-width: 0;
    height: 0;
    border-top: 1px solid var(--tez-line);
  }
  .probe {
    position: absolute;
    height: 0;
    overflow: hidden;
    visibility: hidden;
  }
  .probe i {
    display: block;
    height: var(--row);
  }
  .probe i.group {
    height: var(--group);
  }
  .pill {
    inset: 3px 0 auto;
    min-height: 28px;
    margin-inline: auto;
  }
  /* What may be old is dimmed by its ground and its colours, not by opacity: it is still to be read. */
  .stale {
    --net-up: var(--tez-text-3);
    --net-bad: var(--tez-text-2);
    --net-warn: var(--tez-text-2);
    --tez-bad: var(--tez-text-2);
    --tez-warn: var(--tez-text-2);
    --tez-bad-soft: var(--tez-sunken);
    --tez-warn-soft: var(--tez-sunken);
    background: var(--tez-sunken);
  }
  /* Beside the telephone: the links are their icons, and the two views stand beside the filters. */
  @container (min-width: 621px) and (max-width: 900px) {
    .links span {
      position: absolute;
      width: 1px;
      height: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }
    .verdict {
      flex-basis: calc(var(--tez-rem) * 9);
    }
    .bar {
      flex-wrap: nowrap;
      align-items: flex-start;
    }
    .chips {
      flex: 1;
      min-width: 0;
    }
    .views {
      flex: none;
    }
  }
  @container (max-width: 620px) {
    .rows {
      --row: calc(var(--tez-rem) * 3.75);
    }
    .top,
    .bar {
      padding-inline: var(--tez-3);
    }
    .find {
      flex: 1 1 100%;
    }
    .verdict {
      flex-basis: 60%;
    }
    .verdict .state {
      white-space: normal;
    }
    .views,
    .links {
      margin-inline-start: auto;
    }
  }
  @media (max-height: 520px) {
    .bar {
      padding-block: var(--tez-1);
    }
  }
`;
