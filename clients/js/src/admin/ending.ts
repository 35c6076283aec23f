/** Sessions and devices, wherever they are listed: the words for them, and the acts that take them away. */

import { html, nothing, type TemplateResult } from 'lit';
import type { Device, UserSession } from '../people/types';
import '../ui/badge';
import { exactTime } from '../ui/clock';
import type { Desk } from './desk';
import { isKey, t } from './strings';
import { nameOf, type Whose } from './types';

type User = Whose['user'];

/** Asks, ends one session of `user`, and takes it off the screen. */
export async function endSession(desk: Desk, user: User, session: UserSession): Promise<void> {
  const words = { name: nameOf(user), browser: browserName(session), address: session.address };
  const sure = await desk.ask({
    heading: t('endSessionTitle'),
    text: session.this ? t('endOwnText') : t('endSessionText', words),
    go: t('endSession'),
    danger: true,
  });
  if (!sure || !(await desk.act(() => desk.api.endSession(user.id, session.id)))) return;
  desk.forget('sessions', user.id, (id) => id === session.id);
  desk.done(t('endedSession', words));
}

/** Ends all sessions of `user`; whoever asks for it types the login name, since nothing brings them back. */
export async function endAll(desk: Desk, user: User, count: number): Promise<void> {
  const name = nameOf(user);
  const sure = await desk.ask({
    heading: t('endAllTitle', { name }),
    text: t('endAllText', { n: count }),
    go: t('endAllGo'),
    danger: true,
    typed: user.name,
  });
  if (!sure || !(await desk.act(() => desk.api.endSession(user.id)))) return;
  // One's own browser stays signed in: the server keeps whoever asks.
  if (user.id === desk.me.id) desk.refresh();
  else desk.forget('sessions', user.id, () => true);
  desk.done(t('endedAll', { name }));
}

export async function removeDevice(desk: Desk, user: User, device: Device): Promise<void> {
  const words = { name: nameOf(user), device: deviceName(device) };
  const sure = await desk.ask({
    heading: t('removeDeviceTitle'),
    text: t('removeDeviceText', words),
    go: t('removeDevice'),
    danger: true,
  });
  if (!sure || !(await desk.act(() => desk.api.removeDevice(user.id, device.id)))) return;
  desk.forget('devices', user.id, (id) => id === device.id);
  desk.done(t('removedDevice', words));
}

/** `Chrome 141, Windows`, or that the line it sent says nothing. */
export function browserName(session: UserSession): string {
  return session.browser || t('unknownBrowser');
}

export function deviceName(device: Device): string {
  return device.label || String(device.id);
}

/** The last failure to reach it; its detail and time are the tooltip. */
export function lastError(device: Device): TemplateResult {
  const error = device.last_error;
  if (!error) return html`<span>${t('noError')}</span>`;
  return html`<span title="${exactTime(Date.parse(error.at))} ${error.detail}">${error.code}</span>`;
}

/** `Web Push`, or that nothing is sent there. */
export function kindsOf(device: Device): string {
  const names = device.kinds.map((kind) => (isKey(`kind_${kind}`) ? t(`kind_${kind}` as 'kind_webpush') : kind));
  return names.join(', ') || t('noKinds');
}

/** What is special about a session. */
export function marks(session: UserSession): TemplateResult | typeof nothing {
  if (!session.this && !session.online && !session.remember) return nothing;
  return html`<span class="tags">
    ${session.this ? html`<tez-badge tone="accent">${t('thisOne')}</tez-badge>` : nothing}
    ${session.online ? html`<tez-badge tone="ok">${t('online')}</tez-badge>` : nothing}
    ${session.remember ? html`<tez-badge>${t('remember')}</tez-badge>` : nothing}
  </span>`;
}
