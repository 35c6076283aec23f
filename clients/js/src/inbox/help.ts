import { define } from '../ui/element';
import { type KeyLine, KeysHelp } from '../ui/keys-help';
import { t } from './strings';

const keys = [
  [['J', 'K'], 'keyMove'],
  [['Enter'], 'keyOpen'],
  [['E'], 'keyDone'],
  [['U'], 'keyUnread'],
  [['Z'], 'keySnooze'],
  [['Ctrl', 'Z'], 'keyUndo'],
  [['?'], 'keyHelp'],
] as const;

/** <tez-inbox-help>: the dialog that names the keys of the list; `show()` opens it. */
export class TezInboxHelp extends KeysHelp {
  protected override get heading(): string {
    return t('help');
  }

  protected override get lines(): readonly KeyLine[] {
    return keys.map(([names, what]): KeyLine => [names, t(what)]);
  }
}
define('tez-inbox-help', TezInboxHelp);
