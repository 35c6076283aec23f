import { css } from 'lit';

export const panelStyles = css`
  :host {
    display: block;
    min-width: 0;
    min-height: 0;
    background: var(--tez-bg);
    color: var(--tez-text);
    font: 400 var(--tez-m) / var(--tez-leading) var(--tez-font);
  }
  :host([dock='side']) {
    width: calc(var(--tez-rem) * 22.5);
    border-inline-start: 1px solid var(--tez-line);
  }
  :host([dock='bar']) {
    border-top: 1px solid var(--tez-line);
  }
  .panel {
    display: flex;
    flex-direction: column;
    height: 100%;
    min-height: 0;
  }
  .top {
    flex: none;
    padding: var(--tez-3);
    border-bottom: 1px solid var(--tez-line);
    background: var(--tez-surface);
  }
  .scroll {
    flex: 1;
    display: flex;
    flex-direction: column;
    gap: var(--tez-3);
    min-height: 0;
    padding: var(--tez-3);
    overflow: auto;
    overscroll-behavior: contain;
  }
  .scroll > * {
    flex: none;
    min-width: 0;
  }
  .notes {
    margin-bottom: calc(-1 * var(--tez-3)); /* empty, it takes no room between the others */
  }
  .notes .note,
  .notes .btn.deaf {
    margin-bottom: var(--tez-3);
  }
  .section {
    padding: var(--tez-3);
    border: 1px solid var(--tez-line);
    border-radius: var(--tez-radius-l);
    background: var(--tez-surface);
  }
  .tools {
    flex: none;
    display: flex;
    gap: 4px;
    padding: 6px var(--tez-2);
    border-top: 1px solid var(--tez-line);
    background: var(--tez-surface);
  }
  .tools .grow {
    flex: 1;
    justify-content: flex-start;
  }
  .note {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 6px var(--tez-2);
    margin: 0;
    padding: var(--tez-2) var(--tez-3);
    border-radius: var(--tez-radius);
    background: var(--tez-warn-soft);
    color: var(--tez-warn);
    font-size: var(--tez-s);
    overflow-wrap: anywhere;
  }
  .note.bad {
    background: var(--tez-bad-soft);
    color: var(--tez-bad);
  }
  .note span {
    flex: 1;
    min-width: 0;
  }
  .old {
    /* Grey all over, and still to be read. */
    --tez-text: var(--tez-text-3);
    --tez-text-2: var(--tez-text-3);
    --tez-call: var(--tez-text-3);
    --tez-ok: var(--tez-text-3);
    --tez-warn: var(--tez-text-3);
    --tez-bad: var(--tez-text-3);
    --tez-accent: var(--tez-text-3);
    --tez-accent-text: var(--tez-text-3);
    color: var(--tez-text-3);
  }
  .idle {
    margin: 0;
    padding: var(--tez-4) var(--tez-2);
    color: var(--tez-text-2);
    text-align: center;
  }
  .together h3 {
    margin-bottom: 6px;
  }
  .bar {
    display: flex;
    align-items: center;
    gap: var(--tez-3);
    min-height: 56px;
    padding: 4px var(--tez-2) 4px var(--tez-3);
    background: var(--tez-surface);
  }
  .bar .now {
    flex: 1;
    display: flex;
    align-items: center;
    justify-content: flex-end;
    gap: var(--tez-2);
    min-width: 0;
  }
  .now .short {
    display: contents;
  }
  .now .call {
    min-width: calc(var(--tez-rem) * 12); /* a number and its time, whatever is said beside them */
    color: var(--tez-text);
    text-align: end;
    line-height: 1.25;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .now .key {
    flex: none;
    white-space: nowrap;
  }
  .now > .muted {
    flex: none;
    white-space: nowrap;
  }
  .now [role='alert'] {
    flex: 0 1 auto;
    min-width: 0;
  }
  .now b {
    font-weight: 650;
  }
  .missed {
    position: relative;
  }
  .n {
    min-width: 18px;
    padding: 0 5px;
    border-radius: 9px;
    background: var(--tez-count);
    color: var(--tez-on-count);
    font-size: var(--tez-xs);
    font-weight: 650;
    line-height: 18px;
    text-align: center;
  }
  @media (forced-colors: active) {
    .n {
      forced-color-adjust: none;
    }
    .old {
      --tez-text-3: GrayText;
    }
  }
  @media (max-width: 860px) {
    :host([dock='side']) {
      width: auto;
      max-height: 68dvh;
      border-inline-start: 0;
      border-top: 1px solid var(--tez-line);
      box-shadow: var(--tez-shadow-l);
    }
    :host([dock='side']) .panel {
      max-height: 68dvh;
    }
    .bar {
      gap: var(--tez-2);
      flex-wrap: wrap;
    }
    .bar .now {
      flex: none;
      flex-wrap: wrap;
    }
    .bar tez-calls-state {
      flex: 1 1 0;
      min-width: 0;
    }
    .now .call {
      flex: 1 1 9rem;
      min-width: 0;
      text-align: start;
    }
    .bar .now:has(.call, p) {
      order: 1;
      flex: 1 0 100%;
    }
  }
  @media (max-width: 620px) {
    .now .key:not(.go) {
      width: var(--tez-touch);
    }
    .now .key:not(.go) .name {
      position: absolute;
      width: 1px;
      height: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }
  }
`;
