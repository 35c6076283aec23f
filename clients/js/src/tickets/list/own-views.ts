/** What a person does with views of their own: keeps one, renames it, changes it, takes it away (and back). */

import type { MenuItem } from '../../ui/menu';
import type { ToastOptions } from '../../ui/toasts';
import { reasonOf } from './api';
import { effective } from './place';
import type { TicketStore } from './store';
import { t } from './strings';
import type { View } from './types';

const UNDO_MS = 10_000; // UX A3

export class OwnViews {
  readonly #store: () => TicketStore | null;
  readonly #name: (name?: string) => Promise<string | null>;
  readonly #say: (toast: ToastOptions) => void;

  /** `name` asks the person for a name and answers null when they thought better of it. */
  constructor(
    store: () => TicketStore | null,
    name: (name?: string) => Promise<string | null>,
    say: (toast: ToastOptions) => void,
  ) {
    this.#store = store;
    this.#name = name;
    this.#say = say;
  }

  /** What can be done with the current one; `differs`: the address says other filters than it has. */
  items(differs: boolean): MenuItem[] {
    return [
      ...(differs ? [{ id: 'update', label: t('viewUpdate'), icon: 'check' as const }] : []),
      { id: 'rename', label: t('viewRename') },
      { id: 'remove', label: t('viewRemove'), danger: true, divided: true },
    ];
  }

  async pick(what: string): Promise<void> {
    const view = this.#store()?.view;
    if (!view || view.builtin) return;
    if (what === 'update') await this.#update(view);
    else if (what === 'rename') await this.#rename(view);
    else if (what === 'remove') await this.#remove(view);
  }

  /** Keeps the filters and the order of the moment under a new name, and goes there. */
  async add(): Promise<void> {
    const store = this.#store();
    if (!store) return;
    const query = effective(store.place, store.views);
    const name = await this.#name();
    if (name === null) return;
    await this.#act(store, async () => {
      const view = await store.api.addView(name, query);
      await store.loadViews();
      store.go({ ...store.place, view: view.id, query: {} });
      this.#say({ text: t('viewSaved', { name }), tone: 'ok' });
    });
  }

  #update(view: View): Promise<void> {
    const store = this.#store();
    if (!store) return Promise.resolve();
    return this.#act(store, async () => {
      await store.api.putView(view.id, view.name, effective(store.place, store.views));
      await store.loadViews();
      store.go({ ...store.place, query: {} }, { replace: true });
      this.#say({ text: t('viewSaved', { name: view.name }), tone: 'ok' });
    });
  }

  async #rename(view: View): Promise<void> {
    const store = this.#store();
    const name = await this.#name(view.name);
    if (!store || name === null || name === view.name) return;
    await this.#act(store, async () => {
      await store.api.putView(view.id, name, view.query);
      await store.loadViews();
    });
  }

  #remove(view: View): Promise<void> {
    const store = this.#store();
    if (!store) return Promise.resolve();
    return this.#act(store, async () => {
      await store.api.removeView(view.id);
      await store.loadViews();
      store.go({ view: 'mine', query: {}, ticket: store.place.ticket });
      const back = () =>
        void this.#act(store, async () => {
          const again = await store.api.addView(view.name, view.query);
          await store.loadViews();
          store.go({ ...store.place, view: again.id, query: {} });
        });
      const text = t('viewRemoved', { name: view.name });
      this.#say({ text, tone: 'ok', for: UNDO_MS, action: { label: t('undo'), run: back } });
    });
  }

  async #act(store: TicketStore, what: () => Promise<void>): Promise<void> {
    if (store.offline) {
      this.#say({ text: t('noLinkAct'), tone: 'bad' });
      return;
    }
    try {
      await what();
    } catch (error) {
      this.#say({ text: t('viewFailed', { why: reasonOf(error) }), tone: 'bad' });
    }
  }
}
