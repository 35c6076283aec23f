/** What a person does with many tickets: choosing them, changing them, taking it back. One run at a time. */

import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { nothing } from 'lit';
import { BulkRun } from './bulk';
import { chosenBar, runBar } from './bulk-bar';
import type { Field } from './change';
import { asked } from './place';
import { add, isChosen, isEmpty, none, type Selection, sizeOf, toggle, whichOf } from './selection';
import type { TicketStore } from './store';
import type { Change, Which } from './types';

export interface ManyHost extends ReactiveControllerHost {
  readonly store: TicketStore | null;
  /** Opens the dialog that asks for the change. */
  askChange(field: Field, count: number, sample: number): void;
  /** The selection is empty again, or the bar went away with the focus in it. */
  afterChoice(): void;
}

export class Many implements ReactiveController {
  selection: Selection = none;
  run: BulkRun | null = null;
  #target: Which | null = null;
  #anchor: number | null = null;

  constructor(readonly host: ManyHost) {
    host.addController(this);
  }

  hostDisconnected(): void {
    this.run?.stop();
  }

  get empty(): boolean {
    return isEmpty(this.selection);
  }

  has(id: number): boolean {
    return isChosen(this.selection, id);
  }

  /** Rows may not move: something is chosen, or being changed. */
  get busy(): boolean {
    return !this.empty || (this.run?.running ?? false);
  }

  get canUndo(): boolean {
    return this.run?.canUndo ?? false;
  }

  set(selection: Selection): void {
    const was = this.empty;
    this.selection = selection;
    if (this.run && !this.run.running && !this.empty) this.run = null; // a new choice, the old result is read
    this.host.requestUpdate();
    if (!was && this.empty) this.host.afterChoice();
  }

  /** Chooses one row, or with `range` every row between the last choice and this one. */
  choose(index: number, range: boolean): void {
    const rows = this.host.store?.rows;
    const row = rows?.row(index);
    if (!rows || !row) return;
    const anchor = range && this.#anchor !== null ? rows.indexOf(this.#anchor) : -1;
    this.#anchor = row.id;
    if (anchor < 0) {
      this.set(toggle(this.selection, row.id));
      return;
    }
    const [from, to] = anchor < index ? [anchor, index] : [index, anchor];
    this.set(add(this.selection, this.#ids(from, to)));
  }

  /** Adds rows `from`..`to`, both included, as far as they are loaded. */
  extend(from: number, to: number): void {
    this.set(add(this.selection, this.#ids(Math.min(from, to), Math.max(from, to))));
  }

  chooseAll(): void {
    this.set({ ids: new Set(), all: true });
  }

  chooseShown(): void {
    this.set(
      add(
        this.selection,
        [...(this.host.store?.rows.all() ?? [])].map((row) => row.id),
      ),
    );
  }

  clear(): void {
    this.#anchor = null;
    this.set(none);
  }

  #ids(from: number, to: number): number[] {
    const rows = this.host.store?.rows;
    return Array.from({ length: to - from + 1 }, (_, i) => rows?.row(from + i)?.id ?? 0).filter(Boolean);
  }

  /** Asks what to change in what is chosen, or in the row `index` when nothing is. */
  ask(field: Field, index: number): void {
    const store = this.host.store;
    const row = store?.rows.row(index);
    if (!store || this.run?.running) return;
    if (this.empty) {
      if (!row) return;
      this.#target = { ids: [row.id] };
      this.host.askChange(field, 1, row.id);
      return;
    }
    this.#target = whichOf(this.selection, asked(store.place));
    const [first = row?.id ?? 0] = this.selection.ids;
    this.host.askChange(field, sizeOf(this.selection, store.rows.total), first);
  }

  /** Sends what the dialog was answered with. */
  send(change: Change): void {
    const store = this.host.store;
    if (!store || !this.#target) return;
    this.#begin(BulkRun.start(store.api, store.hub, this.#target, change, this.#changed));
    this.#target = null;
    this.clear();
  }

  undo(): void {
    if (this.canUndo && this.run) this.#begin(this.run.undo(this.#changed));
  }

  #begin(run: BulkRun): void {
    this.run?.stop();
    this.run = run;
    this.#changed();
  }

  readonly #changed = (): void => {
    this.host.requestUpdate();
    // The hub tells of each ticket as well; this is for rows that nobody told of.
    if (this.run?.state === 'done') void this.host.store?.compare();
  };

  render(index: number) {
    const { run } = this;
    if (!this.empty && !run?.running)
      return chosenBar(this.selection, this.host.store?.rows.total ?? 0, {
        ask: (field) => this.ask(field, index),
        all: () => this.chooseAll(),
        clear: () => this.clear(),
      });
    if (!run) return nothing;
    return runBar(run, {
      again: () => void run.again(),
      retry: () => this.#begin(run.retry(this.#changed)),
      undo: () => this.undo(),
      close: () => {
        this.run = null;
        this.host.requestUpdate();
        this.host.afterChoice();
      },
    });
  }
}
