/** The values that hub.v1 carries, as every part of the browser side sees them. */

/** One line in every language of the interface. */
export interface Text {
  ru: string;
  en: string;
}

export type Kind = 'ticket' | 'network' | 'call' | 'erp' | 'system';

export interface FieldChange {
  field: string;
  label: Text;
  old: Text | null;
  new: Text | null;
}

/** What an inbox event's `data` holds; mirrors `Notice` of hub/event.py. Only `kind` and `title` are sure to be there. */
export interface NoticeData {
  kind: Kind;
  /** One line of plain text, at most 200 characters: who did what. */
  title: Text;
  /** What was written, plain text, at most 2,000 characters. */
  body?: string;
  changes?: FieldChange[];
  /** Rows of one group share a row in the inbox, for example `ticket:42`. */
  group?: string;
  /** Where a click leads: a path below this site, or an absolute https URL. */
  url?: string;
  actor?: { name: string };
  critical?: boolean;
  private?: boolean;
  /** This event ends a matter: open notices of that group close by themselves. */
  closes?: string;
}

/** How far a notification has got. Levels only rise, except that a person may mark one unread or undo "done". */
export type Level = 'new' | 'received' | 'shown' | 'read' | 'done';

export interface InboxItem {
  /** Position in the person's inbox, contiguous from 1. */
  seq: number;
  id: string;
  type: string;
  source: string;
  /** RFC 3339, UTC, milliseconds. */
  time: string;
  data: NoticeData;
  level: Level;
}

/** One page of `GET /notifications/api/inbox`, newest first. */
export interface InboxPage {
  items: InboxItem[];
  /** Pass it as `before` for the next page; null: there is no older one. */
  next: number | null;
  /** The newest position of the whole inbox when the page was made. */
  seq: number;
  /** The server's count for the badge. */
  unseen: number;
  unread: number;
}

export interface PageQuery {
  before?: number;
  limit: number;
  kind?: string;
  unread?: boolean;
}

/** One change of a topic that is not the inbox. */
export interface TopicEvent {
  topic: string;
  /** The topic's history that `offset` counts in. */
  epoch: string;
  offset: number;
  id: string;
  type: string;
  source: string;
  time: string;
  data: unknown;
  replay: boolean;
}

/** One change of the inbox. */
export interface InboxEvent {
  topic: 'inbox';
  seq: number;
  id: string;
  type: string;
  source: string;
  time: string;
  data: NoticeData;
  replay: boolean;
  /** Only on replayed events that got further than `new`. */
  level?: Exclude<Level, 'new'>;
}

/** The whole state of a topic as of a position. */
export interface Snapshot {
  topic: string;
  epoch: string;
  offset: number;
  data: unknown;
}

/** These positions will never come. */
export interface Gap {
  topic: string;
  from: number;
  to: number;
  reason: string;
}

/** A notification was seen, read or done somewhere; `seq` means all up to and with it. */
export interface StateChange {
  ids?: string[];
  seq?: number;
  level: 'shown' | 'read' | 'unread' | 'done' | 'undone';
  /** The device that caused it. */
  by: string;
  /** The server's count for the badge; wins over any own counting. */
  unseen: number;
}

/** What the person at this end may has changed, or whom the session is seen as. */
export interface You {
  /** Their id; another one than in `welcome`: the connection is about to end, and the page is somebody else's. */
  user: number;
  permissions: string[];
  /** An administrator looks as them: nothing can be done in their name. */
  read_only: boolean;
}

/** The hub has made the session leave a topic. */
export interface Left {
  topic: string;
  /** `no_longer_allowed` */
  reason: string;
}

export interface Welcome {
  v: number;
  session: string;
  user: { id: number; name: string; locale: string };
  /** Newest inbox position. */
  seq: number;
  unseen: number;
  /** Seconds between the hub's pings. */
  ping: number;
  /** The hub's clock, RFC 3339. */
  time: string;
  topics: Record<string, { epoch: string; offset: number; recovered: boolean }>;
  /** Not on the wire: true when this browser had an open session before. */
  again: boolean;
}

/** Why a connection ended or a call failed. */
export interface HubFault {
  code: string;
  message: string;
  /** True: the same may work when it is tried again. */
  temporary: boolean;
  /** The topic that it is about, if any. */
  topic?: string;
  /** Which argument of a call is wrong, if one is. */
  field?: string;
}

export interface HubStatus {
  state: 'connecting' | 'open' | 'waiting' | 'stopped';
  /** ms since 1970 of the last change between open and not open. */
  since: number;
  /** True when this tab holds the browser's connection. */
  leader: boolean;
  /** Why the last connection ended. */
  reason?: { code: number; name: string };
  /** ms since 1970 of the next try, while waiting. */
  retryAt?: number;
  /** ms since 1970 when the hub was last heard. */
  lastFrameAt?: number;
  /** ms from an own frame to its answer. */
  roundTripMs?: number;
}

export interface SourceState {
  source: string;
  state: 'ok' | 'late' | 'down';
  /** RFC 3339; the data is complete up to this moment. */
  as_of: string | null;
  error: string | null;
}

export interface TopicHandlers {
  snapshot?: (snapshot: Snapshot) => void;
  event?: (event: TopicEvent) => void;
  /** Positions are missing for good; a fresh snapshot is on its way. */
  gap?: (gap: Gap) => void;
}

export interface HubEvents {
  status: HubStatus;
  welcome: Welcome;
  inbox: InboxEvent;
  state: StateChange;
  gap: Gap;
  you: You;
  left: Left;
  error: HubFault;
}

export type AckLevel = 'received' | 'shown' | 'read';

export type WireFormat = 'json' | 'msgpack';

/** Undoes what the call that returned it did; calling it twice does no harm. */
export type Undo = () => void;

/** What the stores and the components need of a hub; `SharedHub` is the real one, tests may bring their own. */
export interface Hub {
  readonly status: HubStatus;
  /** How many tabs of this browser share the connection, this one included. */
  readonly tabs: number;
  start(): void;
  stop(): void;
  /** Try now instead of waiting; also leaves `stopped`. */
  reconnect(): void;
  on<K extends keyof HubEvents>(type: K, fn: (value: HubEvents[K]) => void): Undo;
  subscribe(topic: string, handlers: TopicHandlers): Undo;
  call<T>(name: string, args?: object): Promise<T>;
  ack(level: AckLevel, what: { seq: number } | { ids: string[] }): void;
  /** The person is at the keyboard of this tab, or not. */
  setActive(on: boolean): void;
  /** ms since 1970 by the hub's clock. */
  serverNow(): number;
}
