/** The tickets that a person looked at last in this browser, for each person apart. */

export interface Recent {
  readonly id: number;
  readonly subject: string;
}

export const MOST_RECENT = 8;
const key = (user: number): string => `tez.tickets.recent.${user}`;

/** Newest first; anything unusable in the storage is as if it were not there. */
export function recentTickets(user: number, storage: Pick<Storage, 'getItem'> = localStorage): readonly Recent[] {
  try {
    const kept: unknown = JSON.parse(storage.getItem(key(user)) ?? '[]');
    return Array.isArray(kept) ? kept.filter(isRecent).slice(0, MOST_RECENT) : [];
  } catch {
    return [];
  }
}

/** Puts a ticket first. Without storage nothing is kept. */
export function rememberTicket(
  user: number,
  { id, subject }: Recent,
  storage: Pick<Storage, 'getItem' | 'setItem'> = localStorage,
): void {
  const rest = recentTickets(user, storage).filter((one) => one.id !== id);
  try {
    storage.setItem(key(user), JSON.stringify([{ id, subject }, ...rest].slice(0, MOST_RECENT)));
  } catch {
    // full or forbidden: the palette works without
  }
}

function isRecent(value: unknown): value is Recent {
  const one = value as Partial<Recent> | null;
  return Number.isSafeInteger(one?.id) && typeof one?.subject === 'string';
}
