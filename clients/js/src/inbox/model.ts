/** The inbox list as pure functions over items: what is shown, how rows are grouped, what waits behind the pill. No DOM, no clock. */

import type { InboxItem, Kind } from '../hub/index';

export const kinds: readonly Kind[] = ['ticket', 'network', 'call', 'erp', 'system'];

export interface Filter {
  readonly kind: Kind | null;
  readonly unread: boolean;
}

export const everything: Filter = { kind: null, unread: false };

/** One line of the list: all events of one matter, newest first; never empty. */
export interface Row {
  readonly key: string;
  readonly newest: InboxItem;
  readonly items: readonly InboxItem[];
  readonly unread: boolean;
  /** True when every item is done; such a row stays only until the list may move again. */
  readonly done: boolean;
}

export function isUnread(item: InboxItem): boolean {
  return item.level !== 'read' && item.level !== 'done';
}

export function isUnseen(item: InboxItem): boolean {
  return item.level === 'new' || item.level === 'received';
}

export function matches(item: InboxItem, filter: Filter): boolean {
  return (
    item.level !== 'done' && (!filter.kind || item.data.kind === filter.kind) && (!filter.unread || isUnread(item))
  );
}

/** Rows in the order of their newest event. `items` are newest first. */
export function group(items: readonly InboxItem[]): Row[] {
  const found = new Map<string, InboxItem[]>();
  for (const item of items) {
    const key = item.data.group || item.id;
    const row = found.get(key);
    if (row) row.push(item);
    else found.set(key, [item]);
  }
  const rows: Row[] = [];
  for (const [key, of] of found) {
    const [newest] = of;
    if (!newest) continue;
    rows.push({ key, newest, items: of, unread: of.some(isUnread), done: of.every((item) => item.level === 'done') });
  }
  return rows;
}

export interface Arranged {
  readonly rows: readonly Row[];
  /** Events that wait behind the pill. */
  readonly pending: number;
}

/**
 * Decides what may enter. While the list is busy (scrolled, hovered or focused) nothing enters at the top and nothing leaves by
 * itself: newcomers wait, and rows that another device finished or that fell out of the filter stay where they are, dimmed.
 */
export class LiveList {
  #top = 0;
  #held = new Set<string>();
  #own = new Set<string>();

  /** This person sent these away here, so they leave at once even while the list is busy. */
  dismiss(ids: readonly string[]): void {
    for (const id of ids) this.#own.add(id);
  }

  /** Takes `dismiss` back, for undo. */
  restore(ids: readonly string[]): void {
    for (const id of ids) this.#own.delete(id);
  }

  /** Forgets what stood there: the next arrangement shows all that matches. */
  reset(): void {
    this.#top = 0;
    this.#held.clear();
  }

  /** `items` newest first. */
  arrange(items: readonly InboxItem[], filter: Filter, busy: boolean): Arranged {
    const frozen = busy && this.#held.size > 0; // an empty list has nothing that could jump
    const shown: InboxItem[] = [];
    let pending = 0;
    for (const item of items) {
      const wanted = matches(item, filter) && !this.#own.has(item.id);
      if (frozen && item.seq > this.#top) {
        if (wanted) pending++;
      } else if (wanted || (frozen && this.#held.has(item.id) && !this.#own.has(item.id))) shown.push(item);
    }
    if (!frozen) {
      this.#top = items[0]?.seq ?? 0;
      this.#held = new Set();
    }
    for (const item of shown) this.#held.add(item.id);
    return { rows: group(shown), pending };
  }
}

/** The filter that a page address asks for; unknown kinds mean all. */
export function filterFromUrl(search: string): Filter {
  const query = new URLSearchParams(search);
  const kind = kinds.find((known) => known === query.get('kind')) ?? null;
  return { kind, unread: query.get('unread') === '1' };
}

/** `search` with the filter in it, other parameters kept; empty when nothing is left. */
export function filterToUrl(filter: Filter, search: string): string {
  const query = new URLSearchParams(search);
  if (filter.kind) query.set('kind', filter.kind);
  else query.delete('kind');
  if (filter.unread) query.set('unread', '1');
  else query.delete('unread');
  const text = query.toString();
  return text ? `?${text}` : '';
}

/** Where a row leads, absolute: a path of this site (below `base`) or a web address. Anything else, `javascript:` too, leads nowhere. */
export function safeUrl(url: string | undefined, base: string): string | undefined {
  if (!url) return undefined;
  try {
    const target = new URL(url, base);
    return target.protocol === 'https:' || target.protocol === 'http:' ? target.href : undefined;
  } catch {
    return undefined;
  }
}

/** The moments that snoozing offers, local time: in an hour, tomorrow 9:00, next Monday 9:00 (never the same moment twice). */
export function snoozeTimes(now: Date): { hour: Date; tomorrow: Date; monday: Date | null } {
  const nine = (days: number): Date => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, 9);
  const toMonday = (8 - now.getDay()) % 7 || 7;
  return {
    hour: new Date(now.getTime() + 3_600_000),
    tomorrow: nine(1),
    monday: toMonday === 1 ? null : nine(toMonday),
  };
}
