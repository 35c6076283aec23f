/** The network monitor: the frame, the dashboard, one host's page and the setup. */

import '../ui/page.css';
import '../netmonitor/page';
import { openArea } from '../shell/area';

openArea('network', document.querySelector('nav-network'));
