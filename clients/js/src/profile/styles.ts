import { type CSSResultGroup, css } from 'lit';
import { controls } from '../ui/sheets';

/** What the sections share: rows of a form, notes, and the line that says how saving went. */
export const sectionStyles: CSSResultGroup = [
  controls,
  css`
  :host {
    display: block;
  }
  .stack {
    display: grid;
    gap: var(--tez-3);
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-2);
  }
  p {
    margin: 0;
  }
  .hint {
    color: var(--tez-text-3);
    font-size: var(--tez-s);
  }
  .note {
    display: flex;
    gap: var(--tez-2);
    padding: var(--tez-2) var(--tez-3);
    border-radius: var(--tez-radius);
    background: var(--tez-sunken);
    color: var(--tez-text);
    font-size: var(--tez-s);
    overflow-wrap: anywhere;
  }
  .note.warn {
    background: var(--tez-warn-soft);
    color: var(--tez-warn);
  }
  .note.bad {
    background: var(--tez-bad-soft);
    color: var(--tez-bad);
  }
  .note.ok {
    background: var(--tez-ok-soft);
    color: var(--tez-ok);
  }
  .note > div {
    flex: 1;
    min-width: 0;
  }
  .note > .btn {
    align-self: center;
  }
  .save {
    min-height: 1.45em;
    margin-bottom: -0.5em; /* mostly empty: the space below a section should not look doubled */
    color: var(--tez-text-3);
    font-size: var(--tez-s);
  }
  .save.failed {
    color: var(--tez-bad);
  }
  label,
  legend,
  .label {
    color: var(--tez-text-2);
    font-size: var(--tez-s);
    font-weight: 550;
  }
  fieldset {
    min-width: 0;
    margin: 0;
    padding: 0;
    border: 0;
  }
  legend {
    padding: 0;
    margin-bottom: var(--tez-1);
  }
  input[type='checkbox'] {
    flex: none;
    width: 18px;
    height: 18px;
    margin: 0;
    accent-color: var(--tez-accent);
  }
  input[type='range'] {
    min-width: 0;
    display: block;
    min-height: 24px;
    margin: 0;
    accent-color: var(--tez-accent);
  }
  .check {
    display: flex;
    align-items: center;
    gap: var(--tez-2);
    min-height: 24px;
    color: var(--tez-text);
    font-size: var(--tez-m);
    font-weight: 400;
  }
  .choice {
    display: inline-flex;
    flex-wrap: wrap;
    gap: var(--tez-1);
  }
  @media (forced-colors: active) {
    .note {
      border: 1px solid CanvasText;
    }
  }
`,
];
