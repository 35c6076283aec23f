import { css } from 'lit';

export const shellStyles = css`
  :host {
    display: grid;
    grid-template: auto auto minmax(0, 1fr) auto / auto minmax(0, 1fr) auto;
    grid-template-areas: 'top top top' 'banner banner banner' 'nav main calls' 'bar bar bar';
    height: 100dvh;
    background: var(--tez-bg);
    color: var(--tez-text);
    font: 400 var(--tez-m) / var(--tez-leading) var(--tez-font);
  }
  .skip {
    position: fixed;
    inset-block-start: -10em;
    inset-inline-start: var(--tez-2);
    z-index: 50;
    padding: var(--tez-2) var(--tez-3);
    border-radius: var(--tez-radius);
    background: var(--tez-accent);
    color: var(--tez-on-accent);
  }
  .skip:focus {
    inset-block-start: var(--tez-2);
  }
  header {
    grid-area: top;
    display: flex;
    align-items: center;
    gap: var(--tez-1);
    min-height: calc(var(--tez-rem) * 3.25);
    padding: 0 var(--tez-3) 0 var(--tez-4);
    border-bottom: 1px solid var(--tez-line);
    background: var(--tez-surface);
  }
  .brand {
    display: flex;
    align-items: center;
    gap: 10px;
    min-width: 0;
    margin-inline-end: var(--tez-3);
    border-radius: var(--tez-radius);
    color: var(--tez-text);
    font-weight: 650;
    letter-spacing: -0.005em;
    text-decoration: none;
    white-space: nowrap;
  }
  .brand svg {
    width: 26px;
    height: 26px;
  }
  .space {
    flex: 1;
  }
  .demo {
    margin-inline-end: auto;
  }
  .chip {
    margin-inline-end: var(--tez-2);
  }
  .who {
    display: inline-grid;
    place-items: center;
    width: 26px;
    height: 26px;
    border-radius: 50%;
    background: var(--tez-accent-soft);
    color: var(--tez-accent-text);
    font-size: var(--tez-xs);
    font-weight: 650;
  }
  .who img {
    width: 26px;
    height: 26px;
    border-radius: 50%;
    object-fit: cover;
  }
  .link {
    padding: 0 var(--tez-2);
  }
  nav {
    grid-area: nav;
    width: calc(var(--tez-rem) * 12.5);
    padding: var(--tez-3) var(--tez-2);
    overflow: auto;
    border-inline-end: 1px solid var(--tez-line);
    background: var(--tez-surface);
  }
  nav ul {
    display: grid;
    gap: 2px;
    margin: 0;
    padding: 0;
    list-style: none;
  }
  nav a {
    display: flex;
    align-items: center;
    gap: 10px;
    min-height: 34px;
    padding: 0 10px;
    border-radius: var(--tez-radius);
    color: var(--tez-text-2);
    font-weight: 550;
    text-decoration: none;
  }
  nav a:hover {
    background: var(--tez-hover);
    color: var(--tez-text);
  }
  nav a[aria-current] {
    background: var(--tez-accent-soft);
    color: var(--tez-accent-text);
  }
  nav a span {
    flex: 1;
  }
  .notes {
    grid-area: banner;
    min-width: 0;
  }
  .viewing {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-1) var(--tez-3);
    min-height: 40px;
    padding: var(--tez-1) var(--tez-4);
    background: var(--tez-warn-soft);
    color: var(--tez-warn);
    border-bottom: 1px solid var(--tez-line);
  }
  .viewing p {
    margin: 0;
    font-weight: 550;
  }
  .no-longer {
    display: grid;
    gap: var(--tez-2);
    max-width: calc(var(--tez-rem) * 32);
    margin: 10vh auto 0;
    padding: var(--tez-4);
    text-align: center;
    justify-items: center;
  }
  .no-longer h1,
  .no-longer p {
    margin: 0;
  }
  .no-longer h1 {
    font-size: var(--tez-l);
  }
  .banner {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-1) var(--tez-3);
    min-height: 0;
  }
  .banner.on {
    min-height: 40px;
    padding: var(--tez-1) var(--tez-4);
    border-bottom: 1px solid var(--tez-line);
  }
  .banner.lost {
    background: var(--tez-bad-soft);
    color: var(--tez-bad);
  }
  .banner.source {
    background: var(--tez-warn-soft);
    color: var(--tez-warn);
  }
  .banner.back {
    background: var(--tez-ok-soft);
    color: var(--tez-ok);
  }
  .banner p {
    margin: 0;
    font-weight: 550;
  }
  .find kbd {
    padding: 0 5px;
    border: 1px solid var(--tez-line);
    border-radius: var(--tez-radius-s);
    color: var(--tez-text-3);
    font-family: inherit;
    font-size: var(--tez-xs);
  }
  @media (max-width: 1000px) {
    .find kbd {
      display: none;
    }
  }
  main {
    grid-area: main;
    min-width: 0;
    min-height: 0;
    padding: var(--tez-4);
    overflow: auto;
  }
  main:focus {
    outline: none;
  }
  ::slotted(*) {
    box-sizing: border-box;
    max-width: calc(var(--tez-rem) * 72);
    margin-inline: auto;
  }
  ::slotted(tez-inbox[mode='page']) {
    height: 100%;
    overflow: hidden;
    border: 1px solid var(--tez-line);
    border-radius: var(--tez-radius-l);
    box-shadow: var(--tez-shadow);
  }
  ::slotted(tez-calls) {
    grid-area: calls;
    max-width: none;
    margin: 0;
  }
  ::slotted(tez-calls[dock='bar']) {
    grid-area: bar;
  }
  @media (max-width: 860px) {
    ::slotted(tez-calls) {
      grid-area: bar;
    }
  }
  ::slotted(nav-tickets),
  ::slotted(nav-network) {
    max-width: none;
    height: 100%;
  }
  @media (max-width: 1000px) {
    nav {
      width: auto;
    }
    nav tez-badge {
      display: none;
    }
    nav a span {
      position: absolute;
      width: 1px;
      height: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }
    nav a {
      justify-content: center;
      width: 40px;
      padding: 0;
    }
  }
  @media (max-width: 620px) {
    :host {
      grid-template: auto auto auto minmax(0, 1fr) auto / minmax(0, 1fr);
      grid-template-areas: 'top' 'nav' 'banner' 'main' 'bar';
    }
    header {
      gap: 0;
      padding: 0 var(--tez-1) 0 var(--tez-3);
    }
    .brand {
      margin-inline-end: auto;
    }
    .brand span {
      position: absolute;
      width: 1px;
      height: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }
    .demo,
    .link {
      display: none;
    }
    nav {
      padding: var(--tez-1) var(--tez-2);
      border-inline-end: 0;
      border-bottom: 1px solid var(--tez-line);
    }
    nav ul {
      display: flex;
    }
    main {
      padding: 0;
    }
    ::slotted(tez-inbox[mode='page']) {
      border-width: 0;
      border-radius: 0;
    }
  }
`;
