import { define } from '../../ui/element';
import { type KeyLine, KeysHelp } from '../../ui/keys-help';
import { t } from './strings';

const keys = [
  [['J', 'K'], 'keyMove'],
  [['Enter'], 'keyOpen'],
  [['X'], 'keySelect'],
  [['Shift', 'J'], 'keyExtend'],
  [['Ctrl', 'A'], 'keySelectAll'],
  [['Esc'], 'keyClear'],
  [['E'], 'keyEdit'],
  [['S'], 'keyStatus'],
  [['P'], 'keyPriority'],
  [['A'], 'keyAssignee'],
  [['C'], 'keyComment'],
  [['U'], 'keyRead'],
  [['N'], 'keyFresh'],
  [['/'], 'keySearch'],
  [['Ctrl', 'Z'], 'keyUndo'],
  [['Ctrl', 'K'], 'keyPalette'],
  [['?'], 'keyHelp'],
] as const;

/** <nav-ticket-list-help>: the dialog that names the keys of the ticket list; `show()` opens it. */
export class NavTicketListHelp extends KeysHelp {
  protected override get heading(): string {
    return t('help');
  }

  protected override get lines(): readonly KeyLine[] {
    return keys.map(([names, what]): KeyLine => [names, t(what)]);
  }
}
define('nav-ticket-list-help', NavTicketListHelp);
