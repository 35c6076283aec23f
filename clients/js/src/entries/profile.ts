/** The profile: the frame, and what one sees and sets about oneself. */

import '../ui/page.css';
import { request } from '../inbox/session';
import { sound } from '../inbox/sound';
import { ProfileStore } from '../profile/model';
import '../profile/page';
import { openFrame } from '../shell/frame';
import { isTheme, type Theme } from '../shell/theme';

const frame = openFrame('profile');
const page = document.querySelector('tez-profile');
if (frame && page) {
  const { shell, session } = frame;
  const { csrf } = session.boot;
  page.boot = session.boot;
  page.hub = session.hub;
  page.theme = shell.theme;
  page.store = new ProfileStore((method, path, body) =>
    request(location.origin, path, { method, csrf, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
  );
  const { store } = page;
  store.on('change', () => {
    const wishes = store.profile?.preferences;
    if (!wishes) return;
    const quiet = { windows: wishes.quiet ?? [], zone: wishes.zone, pierced: wishes.critical_pierces ?? true };
    if (JSON.stringify(quiet) !== JSON.stringify(sound.quiet)) sound.shareQuiet(quiet);
  });
  page.addEventListener('profile-theme', (event) => {
    const theme = (event as CustomEvent<unknown>).detail;
    if (isTheme(theme)) shell.chooseTheme(theme);
  });
  page.addEventListener('profile-locale', (event) => {
    const next = (event as CustomEvent<'ru' | 'en'>).detail;
    shell.chooseLocale(next);
  });
  page.addEventListener('profile-avatar', (event) => {
    const avatar = (event as CustomEvent<string | null>).detail;
    if (shell.boot) shell.boot = { ...shell.boot, user: { ...shell.boot.user, avatar } };
  });
  shell.addEventListener('tez-theme', (event) => {
    page.theme = (event as CustomEvent<Theme>).detail;
  });
}
