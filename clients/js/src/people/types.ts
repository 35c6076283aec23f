/** What the server says of a person's sign-ins and devices, to themself and to an administrator alike. */

export interface UserSession {
  readonly id: string;
  /** The one that asks. */
  readonly this: boolean;
  readonly browser: string;
  readonly agent: string;
  readonly address: string;
  readonly created_at: string;
  readonly seen_at: string;
  readonly expires_at: string;
  readonly remember: boolean;
  readonly online: boolean;
}

export interface Device {
  readonly id: number;
  readonly label: string;
  readonly created_at: string;
  readonly seen_at: string | null;
  readonly kinds: readonly string[];
  /** What the last try to push to it ended with, when that was not well. */
  readonly last_error: { readonly code: string; readonly detail: string; readonly at: string } | null;
}
