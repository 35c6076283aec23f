import { define } from '../ui/element';
import { type KeyLine, KeysHelp } from '../ui/keys-help';
import { t } from './board-strings';

const keys = [
  [['J', 'K'], 'keyMove'],
  [['Enter'], 'keyOpen'],
  [['→', '←'], 'keyFold'],
  [['A'], 'keyAck'],
  [['M'], 'keyMaintain'],
  [['P'], 'keyProblems'],
  [['/'], 'keySearch'],
  [['Ctrl', 'K'], 'keyPalette'],
  [['?'], 'keyHelp'],
] as const;

/** <nav-network-help>: the dialog that names the keys of the dashboard; `show()` opens it. */
export class NavNetworkHelp extends KeysHelp {
  protected override get heading(): string {
    return t('help');
  }

  protected override get lines(): readonly KeyLine[] {
    return keys.map(([names, what]): KeyLine => [names, t(what)]);
  }
}
define('nav-network-help', NavNetworkHelp);
