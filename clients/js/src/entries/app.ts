/** The inbox' page: the frame, and the inbox as its content. */

import '../ui/page.css';
import { openFrame } from '../shell/frame';

const pages = [...document.querySelectorAll('tez-shell tez-inbox')] as HTMLElementTagNameMap['tez-inbox'][];
const frame = openFrame('inbox', () => {
  for (const page of pages) page.requestUpdate();
});
if (frame) {
  for (const page of pages) {
    page.store = frame.session.inbox;
    page.hub = frame.session.hub;
    page.push = frame.push;
  }
}
