/** A page for what went wrong, as the server worded it: the frame, the way back, the search. */

import '../ui/page.css';
import { locale, onLocale } from '../i18n/index';
import { openFrame } from '../shell/frame';

type Words = Readonly<Record<string, string>>;

const frame = openFrame(null);
if (frame) {
  const { shell } = frame;
  const every = JSON.parse(document.getElementById('words')?.textContent ?? '{}') as Readonly<Record<string, Words>>;
  const say = () => {
    const words = every[locale()];
    if (!words) return;
    for (const at of shell.querySelectorAll<HTMLElement>('[data-word]'))
      at.textContent = words[at.dataset.word ?? ''] ?? '';
    shell.place = words.title ?? '';
  };
  onLocale(say);
  say();
  offer('find', true, () => void shell.find());
  offer('back', history.length > 1, () => history.back());
}

/** Shows a button that nothing but a script can make work. */
function offer(id: string, possible: boolean, act: () => void): void {
  const button = document.getElementById(id);
  if (!button || !possible) return;
  button.hidden = false;
  button.addEventListener('click', act);
}
