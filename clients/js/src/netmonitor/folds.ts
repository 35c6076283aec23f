/** Which groups a person has closed, in this browser. A group with new trouble opens itself, until the person closes it again. */

import { callsForHelp, type Group } from './groups';

interface Kept {
  /** Closed groups, and the troubled hosts that were in them when the person closed them: these do not open it again. */
  readonly closed: Record<string, readonly string[]>;
}

const MOST = 2000; // groups remembered

export class Folds {
  readonly #key: string;
  #closed = new Map<string, ReadonlySet<string>>();

  constructor(user: number) {
    this.#key = `tez.net.folds.${user}`;
    try {
      const kept = JSON.parse(localStorage.getItem(this.#key) ?? '{}') as Partial<Kept>;
      for (const [path, ids] of Object.entries(kept.closed ?? {}))
        if (Array.isArray(ids)) this.#closed.set(path, new Set(ids.filter((id) => typeof id === 'string')));
    } catch {
      // then nothing is remembered
    }
  }

  /** Whether its hosts are in sight. */
  isOpen(group: Group): boolean {
    const known = this.#closed.get(group.path);
    return !known || (callsForHelp(group) && group.troubles.some((id) => !known.has(id)));
  }

  set(group: Group, open: boolean): void {
    if (open) this.#closed.delete(group.path);
    else this.#closed.set(group.path, new Set(group.troubles));
    this.#keep();
  }

  /** All below `top`, with their subgroups. */
  setAll(top: Group, open: boolean): void {
    const walk = (group: Group): void => {
      if (open) this.#closed.delete(group.path);
      else this.#closed.set(group.path, new Set(group.troubles));
      group.groups.forEach(walk);
    };
    top.groups.forEach(walk);
    this.#keep();
  }

  /** Any group is closed by the person. */
  get any(): boolean {
    return this.#closed.size > 0;
  }

  #keep(): void {
    const closed = Object.fromEntries([...this.#closed].slice(-MOST).map(([path, ids]) => [path, [...ids]]));
    try {
      localStorage.setItem(this.#key, JSON.stringify({ closed }));
    } catch {
      // it holds for this page then
    }
  }
}
