/** How a person likes the list to look: columns, density, where a ticket opens. Kept in this browser, for each person apart. */

export const columns = [
  'id',
  'subject',
  'project',
  'tracker',
  'status',
  'priority',
  'assignee',
  'author',
  'comments',
  'created',
  'updated',
] as const;
export type ColumnKey = (typeof columns)[number];

/** Number and subject are what a ticket is known by: they stay. */
export const fixed: ReadonlySet<ColumnKey> = new Set(['id', 'subject']);

export interface Look {
  readonly columns: readonly ColumnKey[];
  readonly dense: boolean;
  /** A ticket opens beside the list where there is room. */
  readonly beside: boolean;
}

export const usualLook: Look = {
  columns: ['id', 'subject', 'project', 'status', 'priority', 'assignee', 'author', 'comments', 'updated'],
  dense: false,
  beside: true,
};

const key = (user: number): string => `tez.tickets.look.${user}`;

/** What was kept; anything unusable is as if it were not there. */
export function readLook(user: number, storage: Pick<Storage, 'getItem'> | null = store()): Look {
  try {
    const kept = JSON.parse(storage?.getItem(key(user)) ?? '{}') as Partial<Record<keyof Look, unknown>> | null;
    const named = Array.isArray(kept?.columns) ? (kept.columns as unknown[]) : usualLook.columns;
    return {
      columns: columns.filter((one) => fixed.has(one) || named.includes(one)),
      dense: kept?.dense === true,
      beside: kept?.beside !== false,
    };
  } catch {
    return usualLook;
  }
}

/** Keeps it; without storage it holds as long as the page. */
export function writeLook(user: number, look: Look, storage: Pick<Storage, 'setItem'> | null = store()): void {
  try {
    storage?.setItem(key(user), JSON.stringify(look));
  } catch {
    // full or forbidden: then only this page looks so
  }
}

function store(): Storage | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}
