import { css } from 'lit';

export const composerStyles = css`
  :host {
    display: block;
  }
  form {
    position: relative;
    padding: var(--tez-3);
    border: 1px solid var(--tez-line);
    border-radius: var(--tez-radius-l);
    background: var(--tez-surface);
    box-shadow: var(--tez-shadow);
  }
  form.private {
    border-color: var(--tez-warn);
    background: var(--tez-warn-soft);
  }
  form.over {
    outline: 2px dashed var(--tez-accent);
    outline-offset: -4px;
  }
  textarea.control {
    display: block;
    width: 100%;
    min-height: calc(var(--tez-rem) * 5.5);
    max-height: 60dvh;
    resize: vertical;
    line-height: 1.5;
    field-sizing: content;
  }
  .preview {
    min-height: calc(var(--tez-rem) * 5.5);
    max-height: 60dvh;
    padding: var(--tez-2) 10px;
    overflow: auto;
    border: 1px dashed var(--tez-line-strong);
    border-radius: var(--tez-radius);
    background: var(--tez-surface);
  }
  .preview p {
    margin: 0;
    color: var(--tez-text-3);
  }
  .foot {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-1) var(--tez-2);
    margin-top: var(--tez-2);
  }
  .only {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    min-height: 28px;
    padding: 0 var(--tez-2);
    color: var(--tez-text-2);
    font-size: var(--tez-s);
    font-weight: 550;
    cursor: pointer;
  }
  .only input {
    width: 16px;
    height: 16px;
    margin: 0;
    accent-color: var(--tez-warn);
  }
  .status {
    color: var(--tez-text-2);
    font-size: var(--tez-s);
  }
  .private .only {
    color: var(--tez-warn);
  }
  .safe {
    flex: 1;
    min-width: 0;
    color: var(--tez-text-2);
    font-size: var(--tez-s);
    text-align: end;
  }
  .fault {
    margin: var(--tez-2) 0 0;
    color: var(--tez-bad);
    font-size: var(--tez-s);
  }
  .fault:empty {
    margin: 0;
  }
`;
