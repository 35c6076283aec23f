/** The telephone where there is little room: one call in one line of the collapsed bar, and what the command palette offers. */

import { html, nothing, type TemplateResult } from 'lit';
import type { Action } from '../palette/entries';
import { callKey } from './key';
import { keyName } from './keys';
import { can, isSignedIn, offers } from './look';
import type { CallStore, View } from './store';
import { t } from './strings';
import './timer';
import type { Dialog } from './types';
import { numberText } from './words';

/** Who, since when, and the keys that a call needs at once. */
export function shortCall(dialog: Dialog, view: View, store: CallStore | null): TemplateResult {
  const known = dialog.number && view.config?.lookup ? store?.lookup(dialog.number) : null;
  const key = (action: 'answer' | 'hold' | 'retrieve' | 'drop', needs: string, kind: 'go' | 'danger' | '') =>
    can(dialog, needs)
      ? callKey({
          id: action,
          label: t(action),
          icon: action === 'answer' ? 'call' : action,
          kind,
          run: () => void store?.act(dialog.id, action),
          pending: view.pending.some((one) => one.dialog === dialog.id && one.action === action),
          barred: view.barred,
        })
      : nothing;
  return html`<span class="call"
      ><b>${known?.caller?.people[0]?.name ?? numberText(dialog.number)}</b>
      <tez-calls-timer .at=${dialog.leg?.since ?? dialog.started}></tez-calls-timer></span
    >${key('answer', 'ANSWER', 'go')}${key('hold', 'HOLD', '')}${key('retrieve', 'RETRIEVE', '')}${key('drop', 'DROP', 'danger')}`;
}

/** For the command palette. */
export function telephoneActions(
  view: View | null,
  run: { dial: () => void; ready: () => void; notReady: (reason: string) => void },
): Action[] {
  if (!view || !isSignedIn(view.calls)) return [];
  const action = (id: string, label: string, act: () => void): Action => ({ id, label, icon: 'call', run: act });
  const hot = view.config?.hotkeys === false ? {} : { hint: keyName('dial') };
  return [
    { ...action('calls-dial', t('dial'), run.dial), ...hot },
    ...(offers(view.calls).ready ? [action('calls-ready', t('stateTo', { state: t('ready') }), run.ready)] : []),
    ...view.calls.reasons.not_ready.map(({ id, label }) =>
      action(`calls-not-ready-${id}`, t('stateTo', { state: `${t('notReady')} · ${label}` }), () => run.notReady(id)),
    ),
  ];
}
