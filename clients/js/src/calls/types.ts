/** What the topic `finesse:{agent}` and the requests carry: the server's JSON (adapters/finesse/feed.py). Times are RFC 3339, by the hub's clock. */

/** Texts of Finesse are open lists: one that nobody knows is shown as it is. */
type Open<T extends string> = T | (string & {});

export interface Service {
  /** `off`: not signed in through us; `stale`: the connection is lost, what is shown is as of `since`; `refused`: the person must act. */
  readonly state: Open<'off' | 'connecting' | 'live' | 'stale' | 'refused'>;
  readonly since: string | null;
  /** A code, such as `finesse_wrong_password`. */
  readonly why: string | null;
  readonly node: string | null;
}

export interface Reason {
  readonly id: string;
  readonly code?: string;
  readonly label: string;
}

export interface Team {
  readonly id: string;
  readonly name: string;
}

export type AgentState = Open<
  | 'LOGOUT'
  | 'NOT_READY'
  | 'READY'
  | 'RESERVED'
  | 'RESERVED_OUTBOUND'
  | 'RESERVED_OUTBOUND_PREVIEW'
  | 'TALKING'
  | 'HOLD'
  | 'WORK'
  | 'WORK_READY'
  | 'UNKNOWN'
>;

export interface Agent {
  readonly id: string;
  readonly login: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly extension: string;
  readonly state: AgentState;
  readonly since: string | null;
  /** What follows the call. */
  readonly pending: AgentState | null;
  readonly reason: Reason | null;
  readonly team: Team | null;
  readonly supervises: readonly Team[];
  readonly wrap_up: {
    readonly incoming: string;
    readonly outgoing: string;
    /** After how long it ends by itself; null: never. */
    readonly seconds: number | null;
  };
}

export interface Leg {
  readonly address: string;
  readonly state: Open<
    'INITIATING' | 'INITIATED' | 'ALERTING' | 'ACTIVE' | 'HELD' | 'FAILED' | 'WRAP_UP' | 'DROPPED' | 'ACCEPTED'
  >;
  readonly since: string | null;
  readonly cause: string;
  /** What may be asked of it now. */
  readonly actions: readonly string[];
}

export interface Other {
  readonly address: string;
  readonly state: string;
  readonly since: string | null;
  readonly kind: string;
}

export interface Dialog {
  readonly id: string;
  readonly direction: Open<'in' | 'out' | 'consult'>;
  readonly state: string;
  readonly type: string;
  /** The other party's; empty: hidden. */
  readonly number: string;
  readonly from: string;
  readonly to: string;
  readonly queue: string;
  readonly started: string | null;
  /** One's own leg. */
  readonly leg: Leg | null;
  readonly others: readonly Other[];
  readonly variables: Readonly<Record<string, string>>;
  /** The label of the reason that was chosen. */
  readonly wrap_up: string;
  /** The call that a consult call belongs to. */
  readonly of: string | null;
}

/** What was asked and is not confirmed yet. */
export interface Asked {
  readonly action: string;
  readonly dialog: string | null;
  readonly at: string;
  readonly detail: string;
}

export interface Missed {
  readonly id: string;
  /** Empty: hidden. */
  readonly number: string;
  readonly name?: string | null;
  readonly queue: string;
  readonly at: string;
  /** `abandoned`: the caller gave up; `missed`: nobody answered here. */
  readonly why?: string;
}

export interface Reasons {
  readonly not_ready: readonly Reason[];
  readonly logout: readonly Reason[];
  readonly wrap_up: readonly Reason[];
}

/** The topic's whole state. */
export interface Calls {
  readonly service: Service;
  readonly platform: Open<'ccx' | 'cce'> | null;
  readonly agent: Agent | null;
  readonly reasons: Reasons;
  readonly dialogs: Readonly<Record<string, Dialog>>;
  readonly asked: Readonly<Record<string, Asked>>;
  /** Newest first. */
  readonly missed: readonly Missed[];
}

/** `GET /finesse/config`. */
export interface Config {
  readonly agent: string | null;
  readonly topic: string | null;
  readonly platform: Open<'ccx' | 'cce'> | null;
  readonly signed_in: boolean;
  readonly extension: string | null;
  readonly hotkeys: boolean;
  /** Callers can be looked up. */
  readonly lookup: boolean;
  /** Where a new ticket is written; what is known of the caller is added as Redmine's form takes it. Absent: nowhere. */
  readonly new_ticket?: string | null;
}

export interface Person {
  readonly kind: Open<'erp' | 'redmine' | 'book'>;
  readonly id: string;
  readonly name: string;
  readonly department?: string | null;
  readonly url?: string | null;
}

export interface CallerTicket {
  readonly id: number;
  readonly subject: string;
  readonly status: string;
  readonly priority?: string | null;
  readonly project?: string | null;
  readonly updated_at: string | null;
  readonly open: boolean;
}

/** `GET /finesse/api/callers`. */
export interface Caller {
  readonly number: string;
  readonly people: readonly Person[];
  readonly tickets: readonly CallerTicket[];
  readonly total: number;
  /** Who calls is known, their tickets could not be read. */
  readonly partial?: boolean;
}

export interface Entry {
  readonly kind: Open<'agent' | 'contact' | 'favourite' | 'queue'>;
  readonly id: string;
  readonly name: string;
  readonly number: string;
  /** An agent's, live. */
  readonly state: AgentState | null;
  readonly since?: string | null;
  readonly book?: string | null;
  readonly note?: string | null;
  readonly favourite: boolean;
}

/** `GET /finesse/api/directory`. */
export interface Found {
  readonly entries: readonly Entry[];
  readonly total: number;
  /** The phone books did not answer. */
  readonly partial?: boolean;
}

export interface Member {
  readonly name: string;
  readonly extension: string;
  readonly state: AgentState;
  readonly since: string | null;
  readonly pending: AgentState | null;
  readonly reason: Reason | null;
}

/** The topic `finesse_team:{id}`. */
export interface TeamView {
  readonly team: Team | null;
  readonly agents: Readonly<Record<string, Member>>;
}
