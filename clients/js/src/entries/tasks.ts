/** The tickets: the frame, the list and one ticket's page. */

import '../ui/page.css';
import { openFrame } from '../shell/frame';
import '../tickets/page';

const frame = openFrame('tasks');
const page = document.querySelector('nav-tickets');
if (frame && page) {
  const { shell, session } = frame;
  page.say = (toast) => shell.say(toast);
  page.addEventListener('place', (event) => {
    shell.place = (event as CustomEvent<string | null>).detail ?? '';
  });
  page.session = session;
}
