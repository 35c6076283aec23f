/** What the server says of tickets in a list, of views and of changes to many; mirrors the JSON of /tasks/api. Times are RFC 3339. */

export interface Ref {
  readonly id: number;
  readonly name: string;
}

export interface Person extends Ref {
  /** A group of Redmine, not somebody. */
  readonly group: boolean;
  readonly me: boolean;
  readonly avatar: string | null;
}

export interface Status extends Ref {
  readonly closed: boolean;
}

export interface Priority extends Ref {
  /** 0 is the lowest. */
  readonly rank: number;
  readonly high: boolean;
}

export interface Ticket {
  readonly id: number;
  readonly subject: string;
  readonly project: Ref;
  readonly tracker: Ref;
  readonly status: Status;
  readonly priority: Priority;
  readonly assignee: Person | null;
  readonly author: Person;
  /** Who asked by e-mail, without an account. */
  readonly requester: { readonly email: string; readonly name: string } | null;
  /** null: Redmine's database has no time there. */
  readonly updated_at: string | null;
  readonly created_at: string | null;
  readonly private: boolean;
  readonly comments: number;
  readonly unread: boolean;
  /** Changes with every change of the ticket. */
  readonly version: string;
}

export interface Facets {
  readonly projects: readonly Ref[];
  readonly statuses: readonly Status[];
  /** One that is not active stands on old tickets only. */
  readonly priorities: readonly (Priority & { readonly active: boolean })[];
  readonly trackers: readonly Ref[];
}

export interface Page {
  readonly total: number;
  readonly rows: readonly Ticket[];
  readonly facets: Facets;
}

/** Filters and sorting, as in the address and as the server takes them; without empty values. */
export type Query = Readonly<Record<string, string>>;

export interface View {
  readonly id: string;
  readonly name: string;
  readonly query: Query;
  readonly builtin: boolean;
  /** null: not counted yet. */
  readonly count: number | null;
  readonly unread: number;
  /** `redmine`: somebody has saved it there, and it is changed there only. */
  readonly source?: 'navigator' | 'redmine';
  /** It asks more than its query says. */
  readonly beyond?: boolean;
  /** Why it cannot be shown here. */
  readonly reason?: string | null;
  /** Its page in Redmine. */
  readonly url?: string | null;
}

/** One change for many tickets; exactly one of the fields. `assignee_id: null` takes the ticket away from everybody. */
export interface Change {
  readonly status_id?: number;
  readonly priority_id?: number;
  readonly assignee_id?: number | null;
  readonly comment?: string;
}

/** Which tickets: named ones, or all that a filter finds. */
export type Which = { readonly ids: readonly number[] } | { readonly filter: Query };

export interface Failure {
  readonly id: number;
  readonly code: string;
  readonly message: string;
}

export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly failed: readonly Failure[];
  /** `running`; `done`; `stopped`: over before its end. */
  readonly state: string;
}
