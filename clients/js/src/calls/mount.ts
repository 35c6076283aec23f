/** Puts the telephone beside the page: all that is loaded for people with the right `finesse`, and for nobody else. */

import type { Session } from '../inbox/session';
import { sound } from '../inbox/sound';
import { callsApi } from './api';
import { TezCalls } from './panel';
import { CallStore } from './store';

/** Docks a panel as a child of `shell` as soon as the server says that there is a telephone; returns its own undo. */
export function mount(shell: HTMLElement, session: Session, csrf: () => string): () => void {
  const store = new CallStore(session.hub, callsApi(session.base, csrf));
  const panel = new TezCalls();
  panel.slot = 'calls';
  Object.assign(panel, { store, sound });
  const away = (): void => {
    const page = panel.ownerDocument;
    panel.remove();
    if (page !== document) page.defaultView?.close(); // its own window is of no use without it
  };
  const undo = store.on('change', () => {
    const offered = store.state === 'ready';
    if (offered && !panel.isConnected) shell.append(panel);
    else if (!offered && panel.isConnected) away();
  });
  void store.load();
  // Messages stand beside the telephone, not on its keys.
  const size = new ResizeObserver(() => {
    const { width, height } = panel.isConnected ? panel.getBoundingClientRect() : { width: 0, height: 0 };
    const aside = panel.dock === 'side' && width < shell.clientWidth / 2;
    const here = panel.ownerDocument === document && panel.isConnected;
    shell.style.setProperty('--tez-beside', `${here && aside ? width : 0}px`);
    shell.style.setProperty('--tez-below', `${here && !aside ? height : 0}px`);
  });
  size.observe(panel);
  return () => {
    undo();
    size.disconnect();
    away();
    for (const name of ['--tez-beside', '--tez-below']) shell.style.removeProperty(name);
    store.close();
  };
}
