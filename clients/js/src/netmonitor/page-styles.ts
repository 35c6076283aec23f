import { css } from 'lit';

/** What one host's page and the setup share: a column of panels below a way back and a heading with what can be done. */
export const pageStyles = css`
  :host {
    display: block;
    max-width: calc(var(--tez-rem) * 84);
    margin-inline: auto;
    container-type: inline-size;
    color: var(--tez-text);
    font-size: var(--tez-m);
  }
  .back {
    display: inline-flex;
    align-items: center;
    gap: 2px;
    min-height: 28px;
    margin-inline-start: -6px;
    padding-inline: 2px 8px;
    border-radius: var(--tez-radius);
    color: var(--tez-text-2);
    font-size: var(--tez-s);
    text-decoration: none;
  }
  .back:hover {
    background: var(--tez-hover);
  }
  header {
    display: flex;
    flex-wrap: wrap;
    gap: var(--tez-2) var(--tez-4);
    margin-bottom: var(--tez-4);
  }
  h1 {
    margin: 0;
    font-weight: 650;
  }
  h1:focus {
    outline: none;
  }
  .acts {
    display: flex;
    flex-wrap: wrap;
    gap: var(--tez-2);
  }
  .tag {
    display: inline-block;
    padding: 0 7px;
    border-radius: 9px;
    background: var(--tez-sunken);
    color: var(--tez-text-2);
    font-size: var(--tez-xs);
    font-weight: 600;
    line-height: 18px;
  }
  .quiet {
    margin: 0;
    color: var(--tez-text-3);
    font-size: var(--tez-s);
  }
  .fault {
    margin: 0;
    color: var(--tez-bad);
  }
  @container (max-width: 620px) {
    .back {
      margin: var(--tez-2) 0 0 var(--tez-2);
    }
    header {
      margin-inline: var(--tez-3);
    }
  }
`;
