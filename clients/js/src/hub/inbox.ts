import { Emitter } from './emitter';
import { LOST } from './positions';
import type { Hub, InboxEvent, InboxItem, InboxPage, Level, PageQuery, StateChange, Undo } from './types';

/** The list never grows beyond this; older ones are behind a search, not behind endless scrolling. */
export const MAX_ITEMS = 500;
const PAGE = 50;
const IDS_A_CALL = 200;
/** `inbox.levels` speaks of at most this many of the newest rows. */
const LEVELS = 500;

const RANK: Readonly<Record<Level, number>> = { new: 0, received: 1, shown: 2, read: 3, done: 4 };

/** What `inbox.levels` answers: which rows have got how far, by seq. */
interface Levels {
  levels: { shown: number[]; read: number[]; done: number[] };
  unseen: number;
  /** The newest position that `unseen` takes into account. */
  seq?: number;
}

type Told = InboxEvent | StateChange;

const isEvent = (told: Told): told is InboxEvent => 'source' in told;

interface Row extends InboxItem {
  /** The level without "done", to come back to when that is undone. */
  base: Exclude<Level, 'done'>;
  /** False when we only ever heard of it as done: `base` is then no more than a guess. */
  sure: boolean;
}

interface StoreEvents {
  change: undefined;
  arrived: readonly InboxItem[];
  failed: Error;
}

const row = (item: InboxItem): Row => ({
  ...item,
  base: item.level === 'done' ? 'shown' : item.level,
  sure: item.level !== 'done',
});

const fromEvent = (event: InboxEvent): Row =>
  row({
    seq: event.seq,
    id: event.id,
    type: event.type,
    source: event.source,
    time: event.time,
    data: event.data,
    level: event.level ?? 'received',
  });

/** The row after a change; the same object when nothing is different. */
export function applyChange(item: Row, level: StateChange['level']): Row {
  switch (level) {
    case 'shown':
    case 'read': {
      if (RANK[item.base] >= RANK[level]) return item;
      return { ...item, base: level, level: item.level === 'done' ? 'done' : level };
    }
    case 'done':
      // Done implies seen; whether it was opened as well stays as it was.
      return item.level === 'done' ? item : { ...item, base: item.base === 'read' ? 'read' : 'shown', level: 'done' };
    case 'undone':
      return item.level === 'done' ? { ...item, level: item.base } : item;
    case 'unread':
      return item.level === 'received' ? item : { ...item, base: 'received', level: 'received', sure: true };
  }
}

/**
 * A person's inbox: the newest pages over HTTP, kept up to date by the hub's events.
 * Whatever way it came about, it equals what a fresh load would give: state + events = state.
 */
export class InboxStore {
  items: readonly InboxItem[] = [];
  unseen = 0;
  loading = false;
  error: Error | null = null;
  /** True when there is nothing older than the last item. */
  complete = false;

  readonly #hub: Hub;
  readonly #fetch: (query: PageQuery) => Promise<InboxPage>;
  readonly #events = new Emitter<StoreEvents>();
  readonly #undos: Undo[];
  #rows = new Map<number, Row>();
  #byId = new Map<string, number>();
  /** The newest position that we know of with nothing missing below it; null before the first load. */
  #head: number | null = null;
  /** The newest position that the hub has told this browser: more may not be acknowledged by position. */
  #heard = 0;
  /** The newest position that `unseen` takes into account. */
  #counted = 0;
  #next: number | null = null;
  /** What came while a page or the levels were on their way; applied again after it. */
  readonly #logs = new Set<Told[]>();
  #loading: Promise<void> | null = null;
  /** A page asked for before this was set may be too old: the newest one is fetched once more. */
  #stale = false;

  constructor(hub: Hub, fetchPage: (query: PageQuery) => Promise<InboxPage>) {
    this.#hub = hub;
    this.#fetch = fetchPage;
    this.#undos = [
      hub.on('welcome', (welcome) => {
        this.#heard = Math.max(this.#heard, welcome.seq);
        this.#counted = welcome.seq;
        this.unseen = welcome.unseen;
        this.#changed();
        if (this.error) void this.load();
        else if (welcome.again) {
          void this.#syncLevels();
          // What came back meanwhile, put off or undone elsewhere, is in no replay.
          this.#reload();
        }
      }),
      hub.on('inbox', (event) => this.#takeEvent(event)),
      hub.on('state', (change) => this.#takeState(change)),
      hub.on('gap', (gap) => {
        if (gap.topic !== 'inbox') return;
        this.#heard = gap.reason === LOST ? gap.to : Math.max(this.#heard, gap.to);
        // Rows may have changed or gone without a word: read the newest page again.
        this.#reload();
      }),
    ];
  }

  on(type: 'change', fn: () => void): Undo;
  on(type: 'arrived', fn: (items: readonly InboxItem[]) => void): Undo;
  /** Something that the person did was refused, and has been taken back on screen. */
  on(type: 'failed', fn: (error: Error) => void): Undo;
  on(type: keyof StoreEvents, fn: (value: never) => void): Undo {
    return this.#events.on(type, fn as (value: unknown) => void);
  }

  /** Leaves the hub; the store is of no use afterwards. */
  close(): void {
    for (const undo of this.#undos.splice(0)) undo();
  }

  /** Fetches the newest page. Never rejects: what went wrong stands in `error`, and the next connection tries again. */
  load(): Promise<void> {
    if (this.#loading) this.#stale = this.#stale || this.#head !== null;
    return this.#run({ limit: PAGE });
  }

  /** Fetches the page before the oldest item; does nothing when there is none, or the list is full. */
  more(): Promise<void> {
    if (this.complete || this.#next === null || this.#rows.size >= MAX_ITEMS) return Promise.resolve();
    const limit = Math.min(PAGE, MAX_ITEMS - this.#rows.size);
    return this.#run({ before: this.#next, limit });
  }

  /** The bell was opened: everything there is counts as seen. */
  markSeen(): void {
    const fresh = [...this.#rows.values()].filter((item) => RANK[item.level] < RANK.shown);
    if (fresh.length === 0 && this.unseen === 0) return;
    if (this.#heard > 0) this.#hub.ack('shown', { seq: this.#heard });
    // A page may be ahead of the socket by a moment; those are named one by one.
    const ahead = fresh.filter((item) => item.seq > this.#heard).map((item) => item.id);
    if (ahead.length > 0) this.#hub.ack('shown', { ids: ahead });
    this.#apply(fresh, 'shown');
    this.unseen = 0;
    this.#changed();
  }

  markRead(ids: readonly string[]): void {
    const rows = this.#find(ids).filter((item) => RANK[item.base] < RANK.read);
    if (rows.length === 0) return;
    this.#hub.ack('read', { ids: rows.map((item) => item.id) });
    this.#mark(rows, 'read');
  }

  markUnread(ids: readonly string[]): void {
    this.#ask('inbox.unread', ids, 'unread');
  }

  markDone(ids: readonly string[]): void {
    this.#ask('inbox.done', ids, 'done');
  }

  undoDone(ids: readonly string[]): void {
    this.#ask('inbox.undone', ids, 'undone');
  }

  /** Out of sight until then; it comes back as unread, by word of the hub. */
  snooze(ids: readonly string[], until: Date): void {
    this.#ask('inbox.snooze', ids, 'done', { until: until.toISOString() });
  }

  // -- what people do -------------------------------------------------------------------------------

  /** Shows a change at once and asks the hub for it; rolls it back and says why when the hub refuses. */
  #ask(name: string, ids: readonly string[], level: StateChange['level'], more: object = {}): void {
    const before = this.#find(ids);
    if (before.length === 0) return;
    this.#mark(before, level);
    for (let at = 0; at < before.length; at += IDS_A_CALL) {
      const part = before.slice(at, at + IDS_A_CALL);
      this.#hub.call<{ unseen?: number } | null>(name, { ids: part.map((item) => item.id), ...more }).then(
        () => undefined,
        (error: unknown) => {
          for (const old of part) {
            const now = this.#rows.get(old.seq);
            // Only what is still as we left it: meanwhile the hub may have told otherwise.
            if (now && now.level === applyChange(old, level).level) this.#rows.set(old.seq, old);
          }
          this.#changed();
          this.#events.emit('failed', error instanceof Error ? error : new Error(String(error)));
          // The count was ours alone; the hub's levels put it right.
          void this.#syncLevels();
        },
      );
    }
  }

  /** Applies a change of our own, the count included, until the hub's number comes. */
  #mark(rows: readonly Row[], level: StateChange['level']): void {
    const counts = (item: Row | undefined): number => (item && RANK[item.level] < RANK.shown ? 1 : 0);
    let change = 0;
    for (const item of rows) {
      change -= counts(item);
      this.#set(applyChange(item, level));
      change += counts(this.#rows.get(item.seq));
    }
    this.unseen = Math.max(0, this.unseen + change);
    this.#changed();
  }

  #find(ids: readonly string[]): Row[] {
    return ids.flatMap((id) => this.#rows.get(this.#byId.get(id) ?? -1) ?? []);
  }

  // -- what the hub says ----------------------------------------------------------------------------

  #takeEvent(event: InboxEvent): void {
    for (const log of this.#logs) log.push(event);
    this.#heard = Math.max(this.#heard, event.seq);
    if (!event.replay && event.seq > this.#counted) this.unseen += 1;
    this.#counted = Math.max(this.#counted, event.seq);
    const head = this.#head;
    // Before the first page there is no list to add to; the page brings this one as well.
    if (head !== null) {
      if (event.seq > head + 1) this.#reload();
      else this.#head = Math.max(head, event.seq);
      // A replayed one that the page left out was done or put off; a live one is only younger than the page's rows.
      if (!this.#rows.has(event.seq) && (!event.replay || event.seq > head)) {
        const item = fromEvent(event);
        this.#set(item);
        this.#trim();
        this.#changed();
        this.#events.emit('arrived', [item]);
        return;
      }
    }
    this.#changed();
  }

  #takeState(change: StateChange): void {
    for (const log of this.#logs) log.push(change);
    const unknown = this.#fold(change);
    this.unseen = change.unseen;
    this.#changed();
    // A snoozed one came back that we do not hold any more: the newest page may have it.
    if (unknown && (change.level === 'unread' || change.level === 'undone')) this.#reload();
  }

  /** Applies a change to the rows that it names; true when the outcome for one of them is not known here. */
  #fold({ ids, seq, level }: StateChange): boolean {
    const rows = ids ? this.#find(ids) : [...this.#rows.values()].filter((item) => item.seq <= (seq ?? 0));
    this.#apply(rows, level);
    if (level === 'undone' && rows.some((item) => !item.sure)) return true;
    return ids !== undefined && rows.length < ids.length;
  }

  #apply(rows: readonly Row[], level: StateChange['level']): void {
    for (const item of rows) this.#set(applyChange(item, level));
  }

  /** After a reconnect: what other devices did meanwhile was told to nobody here. */
  async #syncLevels(): Promise<void> {
    const oldest = Math.min(...this.#rows.keys());
    if (!Number.isFinite(oldest)) return;
    const log: Told[] = [];
    this.#logs.add(log);
    try {
      const known = [...this.#rows.keys()];
      const { levels, unseen, seq } = await this.#hub.call<Levels>('inbox.levels', { from: oldest });
      const told = new Map<number, Level>();
      for (const level of ['shown', 'read', 'done'] as const) for (const seq of levels[level]) told.set(seq, level);
      const reach = (seq ?? this.#heard) - LEVELS;
      for (const at of known) {
        const item = this.#rows.get(at);
        if (!item || at <= reach) continue;
        const level = told.get(at) ?? 'received';
        // Whether a done one was read as well, meanwhile or before, is not told.
        if (level === 'done') this.#set({ ...applyChange(item, level), sure: false });
        else if (level !== item.level) this.#set(row({ ...item, level }));
      }
      this.#count(unseen, seq ?? this.#heard, log);
      this.#foldAgain(log);
    } catch {
      // No connection or no answer: the next welcome asks again.
    } finally {
      this.#logs.delete(log);
      this.#changed();
    }
  }

  /**
   * Takes over the hub's count as of position `seq`. When a `state` came while the answer was on its way, the number
   * counted on from there is as good, and surely not older.
   */
  #count(unseen: number, seq: number, log: readonly Told[]): void {
    if (!log.every(isEvent)) return;
    this.unseen = unseen + log.filter((event) => !event.replay && event.seq > seq).length;
    this.#counted = Math.max(this.#counted, seq);
  }

  /** Applies changes again that came while an answer was on its way. They are absolute: twice does no harm. */
  #foldAgain(log: readonly Told[]): void {
    for (const told of log) if (!isEvent(told)) this.#fold(told);
  }

  // -- pages ----------------------------------------------------------------------------------------

  /** The newest page is not what we think it is any more. */
  #reload(): void {
    if (this.#loading) this.#stale = true;
    else if (this.#head !== null) void this.#run({ limit: PAGE });
  }

  #run(query: PageQuery): Promise<void> {
    this.#loading ??= this.#pages(query).finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  async #pages(query: PageQuery): Promise<void> {
    await this.#page(query);
    // Twice at most: a hub in disorder must not make us ask for ever.
    if (this.#stale) {
      this.#stale = false;
      await this.#page({ limit: PAGE });
    }
    this.#stale = false;
  }

  async #page(query: PageQuery): Promise<void> {
    const log: Told[] = [];
    this.#logs.add(log);
    this.loading = true;
    this.#changed();
    let arrived: InboxItem[] = [];
    try {
      arrived = this.#merge(await this.#fetch(query), query.before === undefined, log);
      this.error = null;
    } catch (error) {
      this.error = error instanceof Error ? error : new Error(String(error));
    } finally {
      this.#logs.delete(log);
      this.loading = false;
      this.#changed();
    }
    if (arrived.length > 0) this.#events.emit('arrived', arrived);
  }

  /** Takes a page in and gives what is new in it, oldest first; nothing is "new" in a first or an older page. */
  #merge(page: InboxPage, newest: boolean, log: readonly Told[]): InboxItem[] {
    const head = this.#head;
    const bottom = page.next === null ? 0 : (page.items.at(-1)?.seq ?? 0);
    const arrived =
      newest && head !== null ? page.items.filter((item) => item.seq > head && !this.#rows.has(item.seq)) : [];
    if (newest) {
      // Between the page and older rows of ours something may be missing: those come back with `more`.
      const apart = head === null || bottom > head + 1;
      const listed = new Set(page.items.map((item) => item.seq));
      for (const item of [...this.#rows.values()]) {
        if (apart && item.seq < bottom) this.#drop(item.seq);
        // What the page does not list any more is done or put off; it may come back.
        else if (item.seq >= bottom && item.seq <= page.seq && !listed.has(item.seq) && item.level !== 'done') {
          this.#set({ ...applyChange(item, 'done'), sure: false });
        }
      }
      this.#head = Math.max(page.seq, head ?? 0);
      if (page.next === null || apart) this.#older(page.next);
    } else this.#older(page.next);
    // They are here now: a push for them would only repeat what is on screen.
    const fresh = page.items.filter((item) => item.level === 'new').map((item) => item.id);
    if (fresh.length > 0) this.#hub.ack('received', { ids: fresh });
    for (const item of page.items) this.#set(row(item.level === 'new' ? { ...item, level: 'received' } : item));
    for (const told of log) {
      const missing = isEvent(told) && !this.#rows.has(told.seq) && (!told.replay || told.seq > page.seq);
      if (missing) this.#set(fromEvent(told));
    }
    this.#count(page.unseen, page.seq, log);
    this.#foldAgain(log);
    this.#trim();
    return arrived.reverse();
  }

  #older(next: number | null): void {
    this.#next = next;
    this.complete = next === null;
  }

  // -- rows -----------------------------------------------------------------------------------------

  #set(item: Row): void {
    this.#rows.set(item.seq, item);
    this.#byId.set(item.id, item.seq);
  }

  #drop(seq: number): void {
    const item = this.#rows.get(seq);
    this.#rows.delete(seq);
    if (item && this.#byId.get(item.id) === seq) this.#byId.delete(item.id);
  }

  #trim(): void {
    if (this.#rows.size <= MAX_ITEMS) return;
    const seqs = [...this.#rows.keys()].sort((a, b) => b - a);
    for (const seq of seqs.slice(MAX_ITEMS)) this.#drop(seq);
    this.#older(seqs[MAX_ITEMS - 1] ?? null);
  }

  #changed(): void {
    this.items = [...this.#rows.values()].sort((a, b) => b.seq - a.seq);
    this.#events.emit('change', undefined);
  }
}
