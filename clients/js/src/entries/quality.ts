/** The quality section: the frame, figures, issues and reviews. */

import '../ui/page.css';
import { Drafts } from '../quality/draft';
import { Live } from '../quality/live';
import '../quality/page';
import { webApi } from '../quality/api';
import { openFrame } from '../shell/frame';

const frame = openFrame('quality');
const page = document.querySelector('tez-quality');
if (frame && page) {
  const { boot, base, hub } = frame.session;
  page.zone = boot.user.zone;
  page.drafts = new Drafts(boot.user.id);
  page.hub = hub;
  page.live = new Live(hub);
  page.api = webApi(base, boot.csrf);
}
