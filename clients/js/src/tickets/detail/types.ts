/** What the server says of one ticket; mirrors web/tickets/shapes.py. Times are RFC 3339 in UTC, names are in the person's language. */

import type { Person, Priority, Ref, Status } from '../list/types';

export type { Person, Priority, Ref, Status };

/** One changed field in words; `text` says it in one line. */
export interface ChangeLine {
  readonly field: string;
  readonly label: string;
  readonly old: string | null;
  readonly new: string | null;
  readonly text: string;
}

/** One step of the history. `html` is safe to insert: the server made it of `source`. */
export interface Journal {
  readonly id: number;
  /** From 1, among what this person sees. */
  readonly number: number;
  readonly author: Person;
  readonly at: string;
  readonly source: string;
  readonly html: string;
  readonly private: boolean;
  readonly changes: readonly ChangeLine[];
}

export interface TicketFile {
  readonly id: number;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly content_type: string;
  readonly author: Person | null;
  readonly at: string;
  readonly description: string;
  /** May be shown in the page, with `?inline=1`. */
  readonly image: boolean;
  readonly url: string;
}

/** Another ticket; nulls: this person may not see it. */
export interface Brief {
  readonly id: number;
  readonly subject: string | null;
  readonly status: Status | null;
}

export interface May {
  readonly comment: boolean;
  readonly private: boolean;
  readonly status: boolean;
  readonly priority: boolean;
  readonly assignee: boolean;
  readonly attach: boolean;
}

export interface Task {
  readonly id: number;
  /** Goes with every write; `{lock_version}-{last journal}`. */
  readonly version: string;
  readonly subject: string;
  readonly description: { readonly source: string; readonly html: string };
  readonly project: Ref;
  readonly tracker: Ref;
  readonly status: Status;
  readonly priority: Priority;
  readonly author: Person;
  readonly assignee: Person | null;
  readonly requester: { readonly email: string; readonly name: string } | null;
  readonly category: Ref | null;
  readonly private: boolean;
  readonly done_ratio: number;
  readonly estimated_hours: number | null;
  readonly start_date: string | null;
  readonly due_date: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly closed_at: string | null;
  readonly fields: readonly { readonly id: number; readonly name: string; readonly value: unknown }[];
  readonly journals: readonly Journal[];
  readonly attachments: readonly TicketFile[];
  readonly watchers: readonly Person[];
  readonly relations: readonly {
    readonly id: number;
    readonly type: string;
    readonly label: string;
    readonly issue: Brief;
  }[];
  readonly children: readonly Brief[];
  readonly parent: Brief | null;
  readonly may: May;
  readonly as_of: string;
  /** From the server's cache: a newer answer is being fetched from Redmine. */
  readonly stale: boolean;
  /** Redmine's own page. */
  readonly url: string;
}

/** A part of a change that Redmine dropped without a word. */
export interface Untaken {
  readonly field: string;
  readonly label: string;
  readonly wanted: string | null;
  readonly is: string | null;
}

/** A field that others changed since the person looked. `mine` is null where the person did not mean to change it. */
export interface Clash {
  readonly field: string;
  readonly label: string;
  readonly seen: string | null;
  readonly mine: string | null;
  readonly theirs: string | null;
  readonly who: string;
  readonly at: string;
}

export interface Conflict {
  readonly version: string;
  readonly fields: readonly Clash[];
  readonly comments: readonly Journal[];
  readonly task: Task;
}

export interface Written {
  readonly task: Task;
  readonly journal: number | null;
  readonly untaken: readonly Untaken[];
}

/** A comment that is being written. */
export interface Draft {
  readonly text: string;
  readonly private: boolean;
  /** The version seen meanwhile. */
  readonly base: string;
  readonly saved_at: string;
  readonly device: string;
}

export type StatusChoice = Status & { readonly current: boolean };
export type PriorityChoice = Ref & { readonly rank: number; readonly current: boolean };
/** `login` is what a text mentions them by; null for groups. */
export type PersonChoice = Person & { readonly login: string | null; readonly current: boolean };
