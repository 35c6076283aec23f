/** The network monitor: the frame, the dashboard, one host's page and the setup. */

import '../ui/page.css';
import '../netmonitor/page';
import { openFrame } from '../shell/frame';

const frame = openFrame('network');
const page = document.querySelector('nav-network');
if (frame && page) {
  const { shell, session } = frame;
  page.say = (toast) => shell.say(toast);
  page.addEventListener('place', (event) => {
    shell.place = (event as CustomEvent<string | null>).detail ?? '';
  });
  page.session = session;
}
