/** The frame that every area's page opens: the shell with hub, inbox, system and push, and what the page needs of them. */

import { deviceId, SystemStore } from '../hub/index';
import { onLocale } from '../i18n/index';
import { connect, request, type Session, watchActivity } from '../inbox/session';
import { labelOf, Push } from '../push/index';
import { readBoot } from './boot';
import { CallsDock } from './calls';
import './shell';
import type { TezShell } from './shell';
import { t } from './strings';

export interface Frame {
  readonly shell: TezShell;
  readonly session: Session;
  readonly push: Push;
}

export type FrameArea = 'inbox' | 'ops' | 'admin' | 'network' | 'quality' | 'profile' | 'tasks';

/**
 * Brings the page's shell to life; null when the page has none. `area` words its heading; null: the page does that itself.
 * `changed` is called when the state of push changes.
 */
export function openFrame(area: FrameArea | null, changed: () => void = () => undefined): Frame | null {
  const shell = document.querySelector('tez-shell');
  if (!shell) return null;
  const boot = readBoot();
  const session = connect(location.origin, boot, 'tez-navigator');
  shell.boot = boot;
  shell.hub = session.hub;
  shell.inbox = session.inbox;
  shell.system = new SystemStore(session.hub);
  const send = (method: string, path: string, body?: unknown) =>
    request(location.origin, path, {
      method,
      csrf: boot.csrf,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const push = new Push({
    // Who looks as somebody has no device of theirs to register.
    vapidPublicKey: boot.viewer ? null : boot.push.vapid_public_key,
    device: deviceId(),
    label: labelOf(navigator.userAgent),
    put: (path, body) => send('PUT', path, body),
    remove: (path) => send('DELETE', path),
    changed: () => {
      shell.requestUpdate();
      changed();
    },
  });
  shell.push = push;
  push.start().catch(() => undefined); // the inbox works without; turning push on tells what is wrong
  session.hub.on('state', (change) => void push.closeSeen(change));
  navigator.serviceWorker?.addEventListener('message', (event: MessageEvent<{ navigate?: string }>) => {
    const to = event.data?.navigate;
    if (typeof to === 'string' && /^\/(?![/\\])/.test(to) && to !== location.pathname + location.search)
      location.assign(to);
  });
  watchActivity(session.hub);
  new CallsDock(shell, session);
  // The server wrote the heading in the language of the moment.
  onLocale(() => {
    const heading = shell.querySelector('h1');
    if (heading && area) heading.textContent = t(area);
  });
  return { shell, session, push };
}
