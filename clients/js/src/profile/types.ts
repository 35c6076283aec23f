/** The profile as the server tells it: `GET /users/api/profile`, `/users/api/sessions`, `/users/api/devices`. */

import type { QuietWindow } from '../inbox/quiet';
import type { SoundWishes } from '../inbox/sound';

export interface ErpPart {
  readonly full_name: string;
  readonly email: string;
  readonly office: string;
  readonly department: string;
  readonly post: string;
  readonly phone: string;
  readonly standing: string;
  readonly checked_at: string;
}

/** One wish to renew; `open`: the ERP's last word is still to come. */
export interface Wish {
  readonly until: string;
  readonly key: string;
  readonly state: 'asked' | 'done' | 'unknown' | 'refused';
  readonly code: string | null;
  readonly message: string | null;
  readonly open: boolean;
  readonly at: string;
}

/** Days are `YYYY-MM-DD` of the ERP's zone. */
export interface Vpn {
  readonly has: boolean;
  readonly until: string | null;
  readonly days_left: number | null;
  readonly may_renew: boolean;
  readonly min_until: string | null;
  readonly max_until: string | null;
  readonly from_day: string | null;
  readonly why: string | null;
  readonly rules: { readonly ahead_days: number; readonly early_days: number };
  readonly today: string;
  readonly last: Wish | null;
}

export interface Avatar {
  readonly version: string;
  readonly urls: Readonly<Record<string, string>>;
}

export interface Signature {
  readonly text: string;
  /** Made by the server out of the text: its own few tags and nothing else. */
  readonly html: string;
  readonly on_comments: boolean;
}

export interface Preferences {
  readonly locale: string;
  readonly zone: string;
  readonly theme?: string;
  readonly sound?: SoundWishes;
  readonly rules?: Readonly<Record<string, { readonly push?: boolean }>>;
  readonly quiet?: readonly QuietWindow[];
  readonly critical_pierces?: boolean;
}

export interface Profile {
  readonly erp: ErpPart | null;
  readonly vpn: Vpn | null;
  readonly avatar: Avatar | null;
  readonly signature: Signature;
  readonly preferences: Preferences;
}

/** One request of JSON; rejects with `HttpError` for an answer other than 2xx, with something else for none. */
export type Ask = <T>(method: string, path: string, body?: unknown) => Promise<T>;
