/** The wall screen of the network monitor: without the frame, for nobody is there to use it. */

import '../ui/page.css';
import { connect } from '../inbox/session';
import '../netmonitor/wall';
import { readBoot } from '../shell/boot';

const page = document.querySelector('nav-network-wall');
if (page) page.session = connect(location.origin, readBoot(), 'tez-navigator-wall');
