import { html } from 'lit';
import '../ui/field';
import { t } from './strings';

/** As web/passwords.py wants it. */
export const PASSWORD_MIN = 8;

/** A field for somebody else's new password: shown as it is typed, because it has to be told to the person. */
export function passwordField(error: string) {
  return html`<tez-field
    name="password"
    .label=${t('password')}
    .hint=${t('passwordHint', { n: PASSWORD_MIN })}
    .error=${error}
  ></tez-field>`;
}
