/** Versions of a ticket, `{lock_version}-{last journal}`: which of two is newer, and up to where somebody has read. */

function parts(version: string): readonly [lock: number, journal: number] | null {
  const found = /^(\d{1,15})-(\d{1,15})$/.exec(version);
  return found ? [Number(found[1]), Number(found[2])] : null;
}

/** `a` is surely from before `b`. Both numbers only rise, so what has either of them lower is older. */
export function isOlder(a: string, b: string): boolean {
  const one = parts(a);
  const other = parts(b);
  return one !== null && other !== null && (one[0] < other[0] || (one[0] === other[0] && one[1] < other[1]));
}

/** The number of the last journal that a version knows of; 0 for what is no version. */
export function lastJournal(version: string): number {
  return parts(version)?.[1] ?? 0;
}

const MOST = 500; // tickets; beyond that the longest unread are forgotten, and show no marks

type Kept = Pick<Storage, 'getItem' | 'setItem'>;

/** Up to which journal each ticket was read in this browser, for the marks of what is new. */
export class Looked {
  readonly #key: string;
  readonly #store: Kept | null;

  constructor(userId: number, store: Kept | null = local()) {
    this.#key = `tez.ticket.looked.${userId}`;
    this.#store = store;
  }

  /** Null: never opened here. */
  get(ticket: number): number | null {
    return this.#read().find(([id]) => id === ticket)?.[1] ?? null;
  }

  put(ticket: number, journal: number): void {
    const all = this.#read().filter(([id]) => id !== ticket);
    all.push([ticket, journal]);
    try {
      this.#store?.setItem(this.#key, JSON.stringify(all.slice(-MOST)));
    } catch {
      // no room: no marks next time
    }
  }

  #read(): (readonly [number, number])[] {
    try {
      const value: unknown = JSON.parse(this.#store?.getItem(this.#key) ?? '[]');
      return Array.isArray(value)
        ? value.filter((one): one is [number, number] => Array.isArray(one) && one.every(Number.isSafeInteger))
        : [];
    } catch {
      return [];
    }
  }
}

function local(): Kept | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
