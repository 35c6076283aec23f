import type { Session } from '../inbox/session';
import type { ToastOptions } from '../ui/toasts';
import { type FrameArea, openFrame } from './frame';

/** An area's page of several places: it fires `place` with the name of what is open, for the tab's title. */
export interface AreaPage extends HTMLElement {
  session: Session | null;
  /** Shows a message in the one stack of the page. */
  say: (toast: ToastOptions) => void;
}

/** Brings the frame and the area's page in it to life. */
export function openArea(area: FrameArea, page: AreaPage | null): void {
  const frame = openFrame(area);
  if (!frame || !page) return;
  const { shell, session } = frame;
  page.say = (toast) => shell.say(toast);
  page.addEventListener('place', (event) => {
    shell.place = (event as CustomEvent<string | null>).detail ?? '';
  });
  page.session = session;
}
