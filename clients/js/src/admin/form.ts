import { css } from 'lit';

/** Forms in dialogs. */
export const formStyles = css`
  p {
    margin: 0 0 var(--tez-3);
  }
  form {
    display: grid;
    gap: var(--tez-3);
  }
  .fault {
    margin: 0;
    color: var(--tez-bad);
  }
`;
