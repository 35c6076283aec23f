import { css } from 'lit';

/** The wall screen: read from across a room, without a hand on it. Sizes follow the screen. */
export const wallStyles = css`
  :host {
    --u: clamp(9px, 0.62vw + 0.35vh, 26px); /* one step of size */
    display: grid;
    grid-template-rows: auto auto minmax(0, 1fr) auto;
    height: 100dvh;
    overflow: hidden;
    background: var(--tez-bg);
    color: var(--tez-text);
    font: 400 calc(var(--u) * 1.6) / 1.3 var(--tez-font);
  }
  :host(.idle) {
    cursor: none;
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--u) calc(var(--u) * 3);
    padding: calc(var(--u) * 1.4) calc(var(--u) * 2);
    border-bottom: 1px solid var(--tez-line);
    background: var(--tez-surface);
  }
  h1 {
    margin: 0;
    font-size: calc(var(--u) * 2.6);
    font-weight: 650;
    letter-spacing: -0.015em;
  }
  .counts {
    display: flex;
    flex: 1 1 0;
    flex-wrap: wrap;
    min-width: min(100%, 40vw);
    gap: calc(var(--u) * 0.6) calc(var(--u) * 2.2);
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .counts li {
    display: flex;
    align-items: center;
    gap: calc(var(--u) * 0.8);
    color: var(--tez-text-2);
  }
  .counts b {
    color: var(--tez-text);
    font-size: calc(var(--u) * 2.8);
    font-weight: 680;
    font-variant-numeric: tabular-nums;
    line-height: 1;
  }
  .counts .shape {
    width: calc(var(--u) * 2.2);
    height: calc(var(--u) * 2.2);
  }
  .counts li.down b {
    color: var(--tez-bad);
  }
  .counts li.degraded b {
    color: var(--tez-warn);
  }
  .clock {
    display: grid;
    justify-items: end;
    margin-inline-start: auto;
    font-variant-numeric: tabular-nums;
  }
  .clock b {
    font-size: calc(var(--u) * 3.2);
    font-weight: 650;
    line-height: 1.05;
  }
  .age {
    color: var(--tez-text-2);
    font-size: calc(var(--u) * 2.2);
    font-weight: 550;
  }
  .age.old {
    padding: 0 calc(var(--u) * 0.8);
    border-radius: calc(var(--u) * 0.5);
    background: var(--tez-warn);
    color: var(--tez-surface);
    font-size: calc(var(--u) * 2.6);
    font-weight: 700;
  }
  .say {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--u);
    margin: 0;
    padding: calc(var(--u) * 1.1) calc(var(--u) * 2);
    background: var(--tez-warn-soft);
    color: var(--tez-warn);
    font-size: calc(var(--u) * 2.2);
    font-weight: 650;
  }
  .say.lost {
    background: var(--tez-bad-soft);
    color: var(--tez-bad);
  }
  .say a {
    color: inherit;
  }
  .say svg {
    width: calc(var(--u) * 2.6);
    height: calc(var(--u) * 2.6);
  }
  main {
    display: grid;
    min-height: 0;
    padding: calc(var(--u) * 1.6) calc(var(--u) * 2);
  }
  .tiles {
    display: grid;
    gap: calc(var(--u) * 1.2);
    min-height: 0;
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .tile {
    display: grid;
    grid-template-rows: auto minmax(0, 1fr) auto;
    gap: calc(var(--u) * 0.5);
    min-width: 0;
    min-height: 0;
    padding: calc(var(--u) * 1.6);
    overflow: hidden;
    border: 2px solid var(--tez-line);
    border-inline-start-width: calc(var(--u) * 0.8);
    border-radius: calc(var(--u) * 1);
    background: var(--tez-surface);
  }
  .tile.down {
    border-color: var(--tez-bad);
    background: var(--tez-bad-soft);
  }
  .tile.degraded,
  .tile.flapping {
    border-color: var(--tez-warn);
    background: var(--tez-warn-soft);
  }
  .tile.taken {
    border-style: dashed;
    background: var(--tez-surface);
  }
  .tile .state {
    gap: calc(var(--u) * 0.9);
    font-size: calc(var(--u) * 2);
  }
  .tile .shape {
    width: calc(var(--u) * 2.4);
    height: calc(var(--u) * 2.4);
  }
  .tile h2 {
    display: -webkit-box;
    align-self: center;
    margin: 0;
    overflow: hidden;
    font-size: calc(var(--u) * 3.4);
    font-weight: 680;
    letter-spacing: -0.015em;
    line-height: 1.12;
    overflow-wrap: anywhere;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 2;
  }
  .tiles.many .tile h2 {
    font-size: calc(var(--u) * 2.4);
  }
  .tiles.many .tile {
    padding: var(--u);
  }
  .tiles.many .tile .state {
    font-size: calc(var(--u) * 1.7);
  }
  .below {
    display: flex;
    flex-wrap: wrap;
    gap: 0 calc(var(--u) * 1.4);
    color: var(--tez-text-2);
    font-size: calc(var(--u) * 1.6);
  }
  .below span {
    max-width: 100%;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .below .for {
    color: var(--tez-text);
    font-weight: 650;
    font-variant-numeric: tabular-nums;
  }
  .well {
    display: grid;
    place-content: center;
    justify-items: center;
    gap: calc(var(--u) * 1.5);
    color: var(--tez-text-2);
    font-size: calc(var(--u) * 2.4);
    text-align: center;
  }
  .well .shape {
    width: calc(var(--u) * 14);
    height: calc(var(--u) * 14);
  }
  .well b {
    color: var(--tez-text);
    font-size: calc(var(--u) * 4.6);
    font-weight: 680;
    letter-spacing: -0.02em;
  }
  footer {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: calc(var(--u) * 0.6) calc(var(--u) * 1);
    padding: 0 calc(var(--u) * 2) calc(var(--u) * 1.4);
  }
  .groups {
    display: flex;
    flex: 1;
    flex-wrap: wrap;
    gap: calc(var(--u) * 0.6);
    max-height: calc(var(--u) * 8);
    margin: 0;
    padding: 0;
    overflow: hidden;
    list-style: none;
  }
  .groups li {
    display: inline-flex;
    align-items: center;
    gap: calc(var(--u) * 0.7);
    padding: calc(var(--u) * 0.4) calc(var(--u) * 1);
    border: 1px solid var(--tez-line);
    border-radius: calc(var(--u) * 0.7);
    background: var(--tez-surface);
    color: var(--tez-text-2);
    font-variant-numeric: tabular-nums;
  }
  .groups .shape {
    width: calc(var(--u) * 1.5);
    height: calc(var(--u) * 1.5);
  }
  .groups b {
    color: var(--tez-text);
    font-weight: 600;
  }
  .quiet {
    color: var(--tez-text-2);
    font-size: max(12px, calc(var(--u) * 1.2));
  }
  .btn {
    opacity: 1;
  }
  :host(.idle) .btn {
    visibility: hidden;
  }
  .stale .tile,
  .stale .groups li {
    border-color: var(--tez-line-strong);
    background: var(--tez-sunken);
  }
  .stale {
    --net-up: var(--tez-text-3);
    --net-bad: var(--tez-text-2);
    --net-warn: var(--tez-text-2);
  }
  .stale .state {
    color: var(--tez-text-2);
  }
  @media (max-width: 620px) {
    :host {
      height: auto;
      min-height: 100dvh;
      overflow: visible;
    }
    .groups {
      max-height: none;
    }
  }
`;
