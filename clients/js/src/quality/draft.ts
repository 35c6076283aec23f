/** Score cards half filled, kept in this browser for each person and issue: survive a reload, never leak into another issue. */

export interface Draft {
  readonly scores: Readonly<Record<string, number>>;
  readonly comment: string;
}

const PREFIX = 'tez.quality.draft.';
const MOST = 100; // the oldest go first

type Kept = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

export class Drafts {
  readonly #prefix: string;
  readonly #store: Kept | null;

  /** `store` is null where the browser keeps nothing: then drafts live as long as the page. */
  constructor(userId: number, store: Kept | null = local()) {
    this.#prefix = `${PREFIX}${userId}.`;
    this.#store = store;
  }

  get(issue: number): Draft | null {
    try {
      const value: unknown = JSON.parse(this.#store?.getItem(this.#prefix + issue) ?? 'null');
      const { scores, comment } = (value ?? {}) as Partial<Draft>;
      if (typeof comment !== 'string' || typeof scores !== 'object' || scores === null) return null;
      const points = Object.entries(scores).filter(([, one]) => Number.isInteger(one));
      return { scores: Object.fromEntries(points), comment };
    } catch {
      return null; // somebody else's bytes under our name
    }
  }

  /** Keeps it; an empty one is forgotten. False when the browser has no room. */
  put(issue: number, draft: Draft): boolean {
    if (!Object.keys(draft.scores).length && !draft.comment.trim()) {
      this.drop(issue);
      return true;
    }
    try {
      this.#store?.setItem(this.#prefix + issue, JSON.stringify({ ...draft, at: Date.now() }));
      this.#trim();
      return this.#store !== null;
    } catch {
      return false;
    }
  }

  drop(issue: number): void {
    this.#store?.removeItem(this.#prefix + issue);
  }

  #trim(): void {
    const store = this.#store;
    if (!store) return;
    const found: [string, number][] = [];
    for (let i = 0; i < store.length; i++) {
      const key = store.key(i);
      if (key?.startsWith(this.#prefix)) found.push([key, age(store.getItem(key))]);
    }
    found.sort((a, b) => a[1] - b[1]);
    for (const [key] of found.slice(0, Math.max(0, found.length - MOST))) store.removeItem(key);
  }
}

function age(text: string | null): number {
  try {
    return Number((JSON.parse(text ?? '{}') as { at?: number }).at ?? 0);
  } catch {
    return 0;
  }
}

function local(): Kept | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
