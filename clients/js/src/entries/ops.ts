/** The operations page: the frame, and how the nodes are. */

import '../ui/page.css';
import { OpsStore } from '../ops/model';
import '../ops/page';
import { openFrame } from '../shell/frame';

const frame = openFrame('ops');
const page = document.querySelector('tez-ops');
if (frame && page) {
  page.hub = frame.session.hub;
  page.store = new OpsStore(frame.session.hub);
}
