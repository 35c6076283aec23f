/** The keyboard map of one ticket. By physical keys, as everywhere, so that the Russian layout works. */

import type { Stroke } from '../../inbox/keys';
import { define } from '../../ui/element';
import { type KeyLine, KeysHelp } from '../../ui/keys-help';
import { t } from './strings';

export type KeyAct = 'help' | 'comment' | 'status' | 'priority' | 'assignee' | 'reply' | 'list';

const plain: Readonly<Record<string, KeyAct>> = {
  KeyC: 'comment',
  KeyS: 'status',
  KeyP: 'priority',
  KeyA: 'assignee',
  KeyR: 'reply',
  KeyU: 'list',
};

/** What the key means here, or null: it is none of the page's business. */
export function keyAct(stroke: Stroke): KeyAct | null {
  if (stroke.ctrlKey || stroke.metaKey || stroke.altKey) return null;
  if (stroke.key === '?' || (stroke.code === 'Slash' && stroke.shiftKey)) return 'help';
  if (stroke.shiftKey) return null;
  return Object.hasOwn(plain, stroke.code) ? (plain[stroke.code] ?? null) : null;
}

const lines = [
  [['C'], 'keyComment'],
  [['R'], 'keyReply'],
  [['S'], 'keyStatus'],
  [['P'], 'keyPriority'],
  [['A'], 'keyAssignee'],
  [['Ctrl', 'Enter'], 'keySend'],
  [['Esc'], 'keyRest'],
  [['@'], 'keyMention'],
  [['U'], 'keyList'],
  [['?'], 'keyHelp'],
] as const;

/** <nav-ticket-help>: the dialog that names the keys of a ticket's page; `show()` opens it. */
export class NavTicketHelp extends KeysHelp {
  protected override get heading(): string {
    return t('help');
  }

  protected override get lines(): readonly KeyLine[] {
    return lines.map(([keys, what]): KeyLine => [keys, t(what)]);
  }
}
define('nav-ticket-help', NavTicketHelp);
