import { unsafeCSS } from 'lit';
import sheet from './tokens.css?inline';

/** The tokens for a shadow root: what makes a component at home in a foreign page. */
export const tokens = unsafeCSS(sheet);
