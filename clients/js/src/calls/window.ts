/** The panel in a small window of its own that stays on top, where the browser has Document Picture-in-Picture. */

import { tokens } from '../ui/tokens';

interface PictureInPicture {
  requestWindow(options: { width: number; height: number }): Promise<Window & typeof globalThis>;
}

const api = (): PictureInPicture | undefined =>
  (globalThis as { documentPictureInPicture?: PictureInPicture }).documentPictureInPicture;

export const canPopOut = (): boolean => api() !== undefined;

const SHEET = `html{background:var(--tez-bg);color:var(--tez-text);font:400 100%/var(--tez-leading) var(--tez-font)}body{margin:0;height:100dvh;display:grid;grid-template:minmax(0,1fr)/minmax(0,1fr)}`;

/** Moves `panel` into its window; `back` is called when it has come home, because the window was closed. To be called from a click. */
export async function popOut(panel: HTMLElement, back: () => void): Promise<Window | null> {
  const pip = await api()?.requestWindow({ width: 380, height: 640 });
  if (!pip) return null;
  const { documentElement, body } = pip.document;
  const sheet = new pip.CSSStyleSheet();
  sheet.replaceSync(tokens.cssText + SHEET);
  pip.document.adoptedStyleSheets = [sheet];
  documentElement.lang = document.documentElement.lang;
  documentElement.dataset.theme = document.documentElement.dataset.theme ?? 'system';
  pip.document.title = document.title;
  const base = pip.document.createElement('base');
  base.target = '_blank'; // this window cannot go anywhere: a ticket opens beside it
  pip.document.head.append(base);
  const theme = new MutationObserver(() => {
    documentElement.lang = document.documentElement.lang;
    documentElement.dataset.theme = document.documentElement.dataset.theme ?? 'system';
  });
  theme.observe(document.documentElement, { attributeFilter: ['data-theme', 'lang'] });
  const home = document.createComment('calls');
  panel.replaceWith(home);
  body.append(panel);
  pip.addEventListener('pagehide', () => {
    theme.disconnect();
    if (panel.isConnected) home.replaceWith(panel);
    else home.remove();
    back();
  });
  return pip;
}
