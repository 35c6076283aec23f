/** The administrators' page: the frame, and people, rights, sessions, devices and the audit log in it. */

import '../ui/page.css';
import '../admin/page.css';
import { AdminApi } from '../admin/api';
import { Desk } from '../admin/desk';
import '../admin/page';
import { openFrame } from '../shell/frame';

const frame = openFrame('admin');
const page = document.querySelector('tez-admin');
if (frame && page) {
  const { boot, hub } = frame.session;
  const desk = new Desk(new AdminApi(location.origin, boot.csrf), boot.user, hub);
  desk.say = (toast) => frame.shell.say(toast);
  page.desk = desk;
  desk.start();
}
