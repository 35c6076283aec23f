/** The shell's page: frame, hub, inbox. */

import '../ui/page.css';
import { deviceId, SystemStore } from '../hub/index';
import { onLocale } from '../i18n/index';
import { connect, request, watchActivity } from '../inbox/session';
import { labelOf, Push } from '../push/index';
import { readBoot } from '../shell/boot';
import '../shell/shell';
import { t } from '../shell/strings';

const shell = document.querySelector('tez-shell');
if (shell) {
  const boot = readBoot();
  const session = connect(location.origin, boot, 'tez-navigator');
  shell.boot = boot;
  shell.hub = session.hub;
  shell.inbox = session.inbox;
  shell.system = new SystemStore(session.hub);
  const pages = [...shell.querySelectorAll('tez-inbox')];
  const send = (method: string, path: string, body?: unknown) =>
    request(location.origin, path, {
      method,
      csrf: boot.csrf,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const push = new Push({
    vapidPublicKey: boot.push.vapid_public_key,
    device: deviceId(),
    label: labelOf(navigator.userAgent),
    put: (path, body) => send('PUT', path, body),
    remove: (path) => send('DELETE', path),
    changed: () => {
      for (const part of [shell, ...pages]) part.requestUpdate();
    },
  });
  shell.push = push;
  for (const page of pages) {
    page.store = session.inbox;
    page.hub = session.hub;
    page.push = push;
  }
  push.start().catch(() => undefined); // the inbox works without; turning push on tells what is wrong
  session.hub.on('state', (change) => void push.closeSeen(change));
  navigator.serviceWorker?.addEventListener('message', (event: MessageEvent<{ navigate?: string }>) => {
    const to = event.data?.navigate;
    if (typeof to === 'string' && /^\/(?![/\\])/.test(to) && to !== location.pathname + location.search)
      location.assign(to);
  });
  watchActivity(session.hub);
  // The server wrote the heading in the language of the moment.
  onLocale(() => {
    const heading = shell.querySelector('h1');
    if (heading && shell.area === 'inbox') heading.textContent = t('inbox');
  });
}
