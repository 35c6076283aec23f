/** One key of the telephone, at least 44 px high: the same look and the same manners everywhere. */

import { html, nothing, type TemplateResult } from 'lit';
import { type GlyphName, glyph } from './icons';
import { type KeyAct, keyName } from './keys';
import type { Barred } from './store';
import { barredText } from './words';

export interface KeyOf {
  readonly label: string;
  readonly icon?: GlyphName;
  readonly kind?: 'primary' | 'danger' | 'go' | '';
  readonly run: (event: Event) => void;
  /** Its hotkey, if hotkeys are on. */
  readonly act?: KeyAct | null;
  /** Asked for, not confirmed yet. */
  readonly pending?: boolean;
  /** Why nothing can be sent: the key stays reachable and says so, when it is pressed as well. */
  readonly barred?: Barred;
  readonly pressed?: boolean;
  readonly expanded?: boolean;
  readonly wide?: boolean;
  /** Name for tests and for the focus to come back to. */
  readonly id: string;
}

export function callKey(key: KeyOf): TemplateResult {
  const hot = key.act ? keyName(key.act) : '';
  return html`<button
    type="button"
    class="btn key ${key.kind ?? ''} ${key.wide ? 'wide' : ''}"
    data-key=${key.id}
    aria-disabled=${key.pending || key.barred ? 'true' : 'false'}
    aria-busy=${key.pending ? 'true' : nothing}
    aria-pressed=${key.pressed === undefined ? nothing : String(key.pressed)}
    aria-expanded=${key.expanded === undefined ? nothing : String(key.expanded)}
    aria-keyshortcuts=${hot || nothing}
    title=${key.barred ? barredText(key.barred) : hot ? `${key.label} (${hot})` : key.label}
    @click=${(event: Event) => key.pending || key.run(event)}
  >
    ${key.pending ? html`<span class="spin"></span>` : key.icon ? glyph(key.icon) : nothing}<span class="name">${key.label}</span>
  </button>`;
}
