/** The tickets: the frame, the list and one ticket's page. */

import '../ui/page.css';
import { openArea } from '../shell/area';
import '../tickets/page';

openArea('tasks', document.querySelector('nav-tickets'));
