/** What the server wrote into the page. */

import type { Boot } from '../inbox/session';

/** Reads `<script type="application/json" id="boot">`; throws when the page has none. */
export function readBoot(): Boot {
  const text = document.getElementById('boot')?.textContent;
  if (!text) throw new Error('the page carries no boot data');
  return JSON.parse(text) as Boot;
}
