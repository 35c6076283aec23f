import { unsafeCSS } from 'lit';
// Raw: the build would replace light-dark() for older browsers by a trick that needs our own :root, which a foreign page has not.
import sheet from './tokens.css?raw';

/** The tokens for a shadow root: what makes a component at home in a foreign page. */
export const tokens = unsafeCSS(sheet.replace(/\/\*[\s\S]*?\*\/|\n */g, ''));
