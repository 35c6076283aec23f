/** What `/admin/api` says, as the page sees it. Times are RFC 3339, UTC. */

import type { Device, UserSession } from '../people/types';

/** In the order of the matrix' columns. */
export const rights = ['admin', 'quality', 'netmonitor', 'finesse', 'reports'] as const;
export type Right = (typeof rights)[number];

export const standings = ['active', 'blocked', 'none', 'gone'] as const;
/** How the person stands in the ERP. */
export type Standing = (typeof standings)[number];

/** Who gave a right, and when; `by` is null when the product or the command line did. */
export interface Given {
  readonly by: string | null;
  readonly at: string;
}

export type Permissions = Readonly<Partial<Record<Right, Given>>>;

export interface Person {
  readonly id: number;
  readonly name: string;
  readonly display_name: string;
  readonly email: string;
  readonly department: string;
  readonly post: string;
  readonly phone: string;
  /** null: an account of our own, unknown to the ERP. */
  readonly standing: Standing | null;
  readonly active: boolean;
  readonly permissions: Permissions;
  readonly sessions: number;
  readonly seen_at: string | null;
  readonly avatar: string | null;
}

export interface Whose {
  readonly user: { readonly id: number; readonly name: string; readonly display_name: string };
}

export interface PersonDetail extends Omit<Person, 'sessions'> {
  readonly office: string;
  readonly vpn_until: string | null;
  readonly identities: Readonly<Record<string, string>>;
  readonly sessions: readonly UserSession[];
  readonly devices: readonly Device[];
}

export interface AuditLine {
  readonly id: number;
  readonly at: string;
  readonly actor: string;
  readonly actor_id: number | null;
  readonly action: string;
  readonly subject: string;
  readonly subject_id: number | null;
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
  readonly address: string;
  readonly agent: string;
}

/** One page of a list. */
export interface Page<Row> {
  readonly total: number;
  readonly rows: readonly Row[];
}

export interface PeoplePage extends Page<Person> {
  readonly departments: readonly string[];
}

export interface AuditPage extends Page<AuditLine> {
  readonly actions: readonly string[];
}

export interface NewAccount {
  readonly name: string;
  readonly display_name: string;
  readonly password: string;
  readonly permissions: readonly Right[];
}

/** How a person is called on screen. */
export function nameOf(person: { readonly name: string; readonly display_name: string }): string {
  return person.display_name || person.name;
}
