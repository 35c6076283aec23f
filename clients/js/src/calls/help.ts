import { define } from '../ui/element';
import { type KeyLine, KeysHelp } from '../ui/keys-help';
import { type KeyAct, keyName } from './keys';
import { type Key, t } from './strings';

const lines: readonly (readonly [KeyAct, Key])[] = [
  ['answer', 'answer'],
  ['hold', 'keyHold'],
  ['drop', 'drop'],
  ['consult', 'consult'],
  ['transfer', 'transfer'],
  ['keypad', 'keypad'],
  ['ready', 'keyReady'],
  ['notReady', 'keyNotReady'],
  ['dial', 'dial'],
  ['panel', 'keyPanel'],
];

/** <tez-calls-help>: the dialog that names the keys of the panel; `show()` opens it. */
export class TezCallsHelp extends KeysHelp {
  protected override get heading(): string {
    return t('keys');
  }

  protected override get lines(): readonly KeyLine[] {
    const named = lines.map(([act, what]): KeyLine => [keyName(act).split('+'), t(what)]);
    return [...named, [['1', '…', '9'], t('keyDigits')], [['Esc'], t('keyEscape')]];
  }
}
define('tez-calls-help', TezCallsHelp);
