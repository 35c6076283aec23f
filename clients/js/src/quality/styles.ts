import { css } from 'lit';

/** What every part of the section shares. */
export const qualityStyles = css`
  :host {
    display: block;
    min-width: 0;
  }
  .top {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-2) var(--tez-5);
    min-height: var(--tez-control);
    margin-bottom: var(--tez-3);
  }
  ::slotted(h1) {
    margin: 0;
  }
  [role='tablist'] {
    display: flex;
    gap: var(--tez-1);
  }
  [role='tab'] {
    min-height: var(--tez-control);
    padding: 0 var(--tez-3);
    border: 0;
    border-bottom: 2px solid transparent;
    background: transparent;
    color: var(--tez-text-2);
    font: inherit;
    font-weight: 550;
    cursor: pointer;
  }
  [role='tab']:hover {
    color: var(--tez-text);
  }
  [role='tab'][aria-selected='true'] {
    border-bottom-color: var(--tez-accent);
    color: var(--tez-accent-text);
  }
  .notice {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-2);
    margin: 0 0 var(--tez-3);
    padding: var(--tez-2) var(--tez-3);
    border-radius: var(--tez-radius);
    background: var(--tez-warn-soft);
    color: var(--tez-warn);
  }
  .all {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--tez-4);
  }
  .bar-top {
    margin-bottom: var(--tez-3);
  }
  .fields {
    display: flex;
    flex-wrap: wrap;
    align-items: flex-end;
    gap: var(--tez-2) var(--tez-3);
  }
  .drawing {
    margin-top: var(--tez-3);
  }
  .field {
    display: grid;
    gap: var(--tez-1);
    min-width: 0;
  }
  .field > span {
    color: var(--tez-text-2);
    font-size: var(--tez-s);
    font-weight: 550;
  }
  .field.grow {
    flex: 1 1 220px;
    max-width: 360px;
  }
  .field.short input {
    width: calc(var(--tez-rem) * 7);
  }
  input,
  select,
  textarea {
    min-height: var(--tez-control);
    max-width: 100%;
    padding: 0 var(--tez-2);
    border: 1px solid var(--tez-line-strong);
    border-radius: var(--tez-radius);
    background: var(--tez-surface);
    color: var(--tez-text);
    font: inherit;
    font-size: var(--tez-m);
  }
  input::placeholder,
  textarea::placeholder {
    color: var(--tez-text-3);
    opacity: 1;
  }
  .presets,
  .switch,
  .acts {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-1) var(--tez-2);
  }
  .presets {
    min-height: var(--tez-control);
  }
  .acts {
    justify-content: flex-end;
  }
  .age {
    color: var(--tez-text-3);
    font-size: var(--tez-s);
    font-variant-numeric: tabular-nums;
  }
  .pill {
    border-radius: 999px;
    border-color: var(--tez-accent);
    color: var(--tez-accent-text);
  }
  .fault {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    color: var(--tez-bad);
  }
  .tiles {
    display: grid;
    grid-template-columns: repeat(5, minmax(0, 1fr));
    gap: var(--tez-3);
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .tiles li {
    display: flex;
    flex-direction: column;
    min-width: 0;
    padding: var(--tez-3) var(--tez-4);
    border: 1px solid var(--tez-line);
    border-radius: var(--tez-radius-l);
    background: var(--tez-surface);
    box-shadow: var(--tez-shadow);
  }
  .name {
    color: var(--tez-text-2);
    font-size: var(--tez-s);
  }
  .tiles strong {
    font-size: var(--tez-xl);
    font-weight: 650;
    font-variant-numeric: tabular-nums;
    line-height: 1.35;
  }
  .note {
    color: var(--tez-text-3);
    font-size: var(--tez-s);
  }
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
  .scroll {
    overflow-x: auto;
    overscroll-behavior-x: contain;
  }
  .scroll:focus-visible {
    outline-offset: -2px;
  }
  table {
    width: 100%;
    border-collapse: collapse;
    font-size: var(--tez-m);
  }
  th,
  td {
    height: 36px;
    padding: 6px var(--tez-2);
    border-bottom: 1px solid var(--tez-line);
    text-align: start;
  }
  th:first-child,
  td:first-child {
    padding-inline-start: var(--tez-4);
  }
  th:last-child,
  td:last-child {
    padding-inline-end: var(--tez-4);
  }
  tbody tr:last-child td {
    border-bottom: 0;
  }
  th {
    color: var(--tez-text-3);
    font-size: var(--tez-s);
    font-weight: 550;
    line-height: 1.25;
    vertical-align: bottom;
  }
  td {
    white-space: nowrap;
  }
  td.wrap {
    min-width: calc(var(--tez-rem) * 11);
    white-space: normal;
    overflow-wrap: break-word;
  }
  td.soft {
    white-space: normal;
  }
  .list td.wrap {
    min-width: calc(var(--tez-rem) * 18);
  }
  .end {
    text-align: end;
    font-variant-numeric: tabular-nums;
  }
  b {
    font-weight: 600;
  }
  .sum td {
    border-top: 1px solid var(--tez-line-strong);
    font-weight: 600;
  }
  .fresh td {
    background: var(--tez-accent-soft);
  }
  .tag {
    display: inline-flex;
    align-items: center;
    gap: 2px;
    padding: 1px 6px;
    border-radius: 9px;
    background: var(--tez-accent-soft);
    color: var(--tez-accent-text);
    font-size: var(--tez-xs);
    font-weight: 600;
  }
  .fresh .tag {
    background: var(--tez-surface);
  }
  .tag.warn {
    background: var(--tez-warn-soft);
    color: var(--tez-warn);
  }
  a:not(.btn) {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    min-height: 24px;
    color: var(--tez-accent-text);
  }
  .no {
    font-variant-numeric: tabular-nums;
  }
  .of {
    display: none;
  }
  .pager {
    display: flex;
    align-items: center;
    justify-content: flex-end;
    gap: var(--tez-2);
    padding: var(--tez-2) var(--tez-4);
    border-top: 1px solid var(--tez-line);
  }
  .progress {
    display: flex;
    flex-wrap: wrap;
    gap: var(--tez-1) var(--tez-2);
    margin: 0;
    padding: var(--tez-2) var(--tez-4);
    border-bottom: 1px solid var(--tez-line);
    color: var(--tez-text-2);
    font-size: var(--tez-s);
  }
  .progress b {
    display: inline-flex;
    gap: 4px;
    color: var(--tez-ok);
  }
  .samples {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .samples li + li {
    border-top: 1px solid var(--tez-line);
  }
  .samples button {
    display: grid;
    grid-template-columns: 9em minmax(0, 2fr) minmax(0, 2fr) minmax(0, 12em);
    align-items: center;
    gap: var(--tez-1) var(--tez-3);
    width: 100%;
    min-height: var(--tez-touch);
    padding: var(--tez-2) var(--tez-4);
    border: 0;
    background: transparent;
    color: inherit;
    font: inherit;
    text-align: start;
    cursor: pointer;
  }
  .samples button:hover {
    background: var(--tez-hover);
  }
  .samples button:focus-visible {
    outline-offset: -2px;
  }
  .meter {
    font-size: var(--tez-s);
  }
  @container (max-width: 900px) {
    .tiles {
      grid-template-columns: repeat(6, minmax(0, 1fr));
    }
    .tiles li {
      grid-column: span 2;
    }
    .tiles li:nth-child(n + 4) {
      grid-column: span 3;
    }
    .charts {
      grid-template-columns: repeat(2, minmax(0, 1fr));
    }
    .samples button {
      grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
    }
  }
  @container (max-width: 620px) {
    .top,
    .bar-top {
      padding: var(--tez-2) var(--tez-3) 0;
    }
    .all {
      gap: var(--tez-3);
    }
    .tiles {
      grid-template-columns: repeat(2, minmax(0, 1fr));
      gap: var(--tez-2);
      padding: 0 var(--tez-2);
    }
    .tiles li,
    .tiles li:nth-child(n + 4) {
      grid-column: auto;
      padding: var(--tez-2) var(--tez-3);
    }
    .tiles li:nth-child(5) {
      grid-column: 1 / -1;
    }
    .charts {
      grid-template-columns: minmax(0, 1fr);
    }
    .how {
      padding: 0 var(--tez-3) var(--tez-3);
    }
    .samples button {
      grid-template-columns: minmax(0, 1fr);
    }
    table,
    tbody,
    tr,
    td {
      display: block;
    }
    thead {
      position: absolute;
      width: 1px;
      height: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }
    tr {
      padding: var(--tez-2) var(--tez-4);
      border-bottom: 1px solid var(--tez-line);
    }
    tbody tr:last-child {
      border-bottom: 0;
    }
    td,
    td.wrap,
    .list td.wrap,
    td:first-child,
    td:last-child {
      display: flex;
      justify-content: space-between;
      gap: var(--tez-3);
      height: auto;
      min-height: 28px;
      min-width: 0;
      align-items: center;
      padding: 2px 0;
      border: 0;
      text-align: end;
      white-space: normal;
      overflow-wrap: anywhere;
    }
    td .of {
      display: inline;
      flex: none;
      max-width: 50%;
      color: var(--tez-text-3);
      font-size: var(--tez-s);
      text-align: start;
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
    .tiles li {
      border-color: CanvasText;
    }
    [role='tab'][aria-selected='true'] {
      border-bottom-color: Highlight;
    }
  }
`;

/** The section's outermost part measures for all: Chromium forgets to lay out new text in a container within a container. */
export const measured = css`
  :host {
    container-type: inline-size;
  }
`;

/** One sample: its list on the left, the work on the right. */
export const sampleStyles = css`
  .two {
    display: grid;
    grid-template-columns: minmax(200px, 1fr) minmax(0, 3fr);
  }
  nav {
    border-inline-end: 1px solid var(--tez-line);
  }
  nav ol {
    margin: 0;
    padding: var(--tez-2);
    list-style: none;
  }
  nav button {
    display: flex;
    align-items: center;
    gap: var(--tez-2);
    width: 100%;
    min-height: calc(var(--tez-rem) * 2.25);
    padding: 2px var(--tez-2);
    border: 0;
    border-radius: var(--tez-radius);
    background: transparent;
    color: inherit;
    font: inherit;
    text-align: start;
    cursor: pointer;
  }
  nav button:hover {
    background: var(--tez-hover);
  }
  nav button[aria-current] {
    background: var(--tez-accent-soft);
    color: var(--tez-accent-text);
  }
  .text {
    flex: 1;
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .mark {
    display: inline-grid;
    flex: none;
    place-items: center;
    width: 22px;
    height: 22px;
    border: 1px solid var(--tez-line-strong);
    border-radius: 50%;
    font-size: var(--tez-xs);
  }
  .mark.done {
    border-color: var(--tez-ok);
    background: var(--tez-ok-soft);
    color: var(--tez-ok);
  }
  .work {
    display: grid;
    gap: var(--tez-4);
    min-width: 0;
    padding: var(--tez-4);
  }
  .title {
    margin: 0 0 var(--tez-2);
    font-size: var(--tez-l);
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  dl {
    display: grid;
    grid-template-columns: repeat(4, minmax(0, 1fr));
    gap: var(--tez-2) var(--tez-4);
    margin: 0;
  }
  dt {
    color: var(--tez-text-3);
    font-size: var(--tez-s);
  }
  dd {
    margin: 0;
    overflow-wrap: anywhere;
  }
  .next {
    justify-self: start;
  }
  @container (max-width: 900px) {
    .two {
      grid-template-columns: minmax(0, 1fr);
    }
    nav {
      max-height: 190px;
      overflow: auto;
      border-inline-end: 0;
      border-bottom: 1px solid var(--tez-line);
    }
    dl {
      grid-template-columns: repeat(2, minmax(0, 1fr));
    }
  }
`;

/** The score card with its history. */
export const cardStyles = css`
  :host {
    display: grid;
    grid-template-columns: minmax(0, 3fr) minmax(0, 2fr);
    gap: var(--tez-5);
  }
  h3 {
    margin: 0 0 var(--tez-2);
    font-size: var(--tez-m);
    font-weight: 600;
  }
  .card {
    display: grid;
    gap: var(--tez-3);
    align-content: start;
    min-width: 0;
  }
  .help {
    display: flex;
    gap: var(--tez-2);
    margin: 0;
    color: var(--tez-text-3);
    font-size: var(--tez-s);
  }
  fieldset {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: var(--tez-1) var(--tez-3);
    min-width: 0;
    margin: 0;
    padding: 0;
    border: 0;
  }
  legend {
    float: inline-start;
    padding: 0;
  }
  .points {
    display: flex;
    flex-wrap: wrap;
    gap: var(--tez-1);
  }
  .points label {
    position: relative;
    cursor: pointer;
  }
  .points input {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    margin: 0;
    opacity: 0;
    cursor: pointer;
  }
  .points span {
    display: grid;
    place-items: center;
    width: 34px;
    height: 34px;
    border: 1px solid var(--tez-line-strong);
    border-radius: var(--tez-radius);
    background: var(--tez-surface);
    font-variant-numeric: tabular-nums;
  }
  .points label:hover span {
    background: var(--tez-hover);
  }
  .points input:checked + span {
    border-color: transparent;
    background: var(--tez-accent);
    color: var(--tez-on-accent);
    font-weight: 650;
  }
  .points input:focus-visible + span {
    outline: var(--tez-focus-width) solid var(--tez-focus);
    outline-offset: 2px;
  }
  .field {
    display: grid;
    gap: var(--tez-1);
  }
  .field > span {
    color: var(--tez-text-2);
    font-size: var(--tez-s);
    font-weight: 550;
  }
  textarea {
    width: 100%;
    padding: var(--tez-2);
    border: 1px solid var(--tez-line-strong);
    border-radius: var(--tez-radius);
    background: var(--tez-surface);
    color: var(--tez-text);
    font: inherit;
    resize: vertical;
  }
  textarea::placeholder {
    color: var(--tez-text-3);
    opacity: 1;
  }
  .acts {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-2) var(--tez-3);
  }
  .said {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    color: var(--tez-text-3);
    font-size: var(--tez-s);
  }
  .fault {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    color: var(--tez-bad);
    font-size: var(--tez-s);
  }
  section {
    min-width: 0;
  }
  ol {
    display: grid;
    gap: var(--tez-3);
    margin: 0;
    padding: 0;
    list-style: none;
  }
  li p {
    margin: 0;
  }
  li.old {
    color: var(--tez-text-3);
  }
  .who tez-time {
    color: var(--tez-text-3);
    font-size: var(--tez-s);
  }
  .marks {
    display: flex;
    flex-wrap: wrap;
    gap: 0 var(--tez-3);
    color: var(--tez-text-2);
    font-size: var(--tez-s);
  }
  .words {
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .tag {
    padding: 1px 6px;
    border-radius: 9px;
    background: var(--tez-sunken);
    color: var(--tez-text-2);
    font-size: var(--tez-xs);
  }
  @media (max-width: 1100px) {
    :host {
      grid-template-columns: minmax(0, 1fr);
      gap: var(--tez-4);
    }
  }
  @media (forced-colors: active) {
    .points input:checked + span {
      forced-color-adjust: none;
      background: Highlight;
      color: HighlightText;
    }
  }
`;
