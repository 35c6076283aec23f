/** The shell's page: frame, hub, inbox. */

import '../ui/page.css';
import { SystemStore } from '../hub/index';
import { onLocale } from '../i18n/index';
import { connect, watchActivity } from '../inbox/session';
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
  for (const page of shell.querySelectorAll('tez-inbox')) {
    page.store = session.inbox;
    page.hub = session.hub;
  }
  watchActivity(session.hub);
  // The server wrote the heading in the language of the moment.
  onLocale(() => {
    const heading = shell.querySelector('h1');
    if (heading && shell.area === 'inbox') heading.textContent = t('inbox');
  });
}
