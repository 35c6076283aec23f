/** The section's interface `/quality/api/…`: what it answers, and how to ask. */

import type { Locale } from '../i18n/index';
import { request } from '../inbox/session';

export type Text = Readonly<Record<Locale, string>>;

export interface Who {
  readonly id: number;
  /** Null: deleted in Redmine, only the number remains. */
  readonly name: string | null;
  readonly group: boolean;
}

export interface Times {
  readonly count: number;
  readonly median_s: number | null;
  readonly p90_s: number | null;
}

export interface Figure {
  readonly created: number;
  readonly answer: Times;
  readonly close: Times;
  /** Issues closed at least once in the period: what `reopened` is a part of. */
  readonly closed_once: number;
  readonly reopened: number;
  /** ISO week such as `2026-W48`, in figures by week. */
  readonly week?: string;
  /** Null: nobody, or no group. */
  readonly who?: Who | null;
}

export type By = 'week' | 'person' | 'group';

export interface Figures {
  readonly period: { readonly from: string; readonly to: string; readonly zone: string };
  readonly as_of: string;
  readonly by: By;
  readonly total: Figure;
  readonly rows: readonly Figure[];
}

export interface Criterion {
  readonly key: string;
  readonly label: Text;
  /** The best mark; 1 is the worst. */
  readonly points: number;
}

export interface Options {
  readonly projects: readonly { readonly id: number; readonly name: string }[];
  readonly trackers: readonly { readonly id: number; readonly name: Text }[];
  /** Words of the settings that name nothing in Redmine. */
  readonly unknown: readonly string[];
  readonly criteria: readonly Criterion[];
  readonly sample_max: number;
  readonly zone: string;
}

export interface Issue {
  readonly id: number;
  readonly subject: string;
  readonly url: string | null;
  readonly project: { readonly id: number; readonly name: string };
  readonly tracker: { readonly id: number; readonly name: Text };
  readonly status: { readonly id: number; readonly name: Text; readonly closed: boolean };
  readonly author: Who | null;
  readonly assignee: Who | null;
  readonly created_at: string;
  readonly updated_at: string | null;
  readonly answer_s: number | null;
  readonly closed_at: string | null;
  readonly close_s: number | null;
  readonly reopenings: number;
  readonly reviews: readonly { readonly id: number; readonly reviewer: string; readonly percent: number }[];
}

export interface Review {
  readonly id: number;
  readonly issue_id: number;
  readonly reviewer: string;
  readonly mine: boolean;
  readonly scores: Readonly<Record<string, { readonly points: number; readonly best: number }>>;
  readonly percent: number;
  readonly comment: string;
  readonly replaced: boolean;
  readonly created_at: string;
}

export interface Sample {
  readonly id: number;
  readonly made_by: string;
  readonly made_at: string;
  readonly filter: { readonly from: string; readonly to: string; readonly seed: number; readonly among: number };
  readonly issues: readonly number[];
  readonly reviewed: number;
}

export interface FullSample extends Sample {
  readonly rows: readonly Issue[];
  readonly gone: readonly number[];
}

export interface PersonReviews {
  readonly who: Who | null;
  readonly count: number;
  readonly percent: number;
  readonly criteria: Readonly<Record<string, number>>;
}

export type Query = Readonly<Record<string, string | number | null | undefined>>;

/** `path?…` with what is given and not empty. */
export function address(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== null && value !== undefined && value !== '') search.set(name, String(value));
  const text = search.toString();
  return `/quality/api${path}${text ? `?${text}` : ''}`;
}

/** What the components need; tests bring their own. */
export interface Api {
  get<T>(path: string, query?: Query): Promise<T>;
  post<T>(path: string, body: object): Promise<T>;
}

/** Over the network, as the person of this page. */
export function webApi(base: string, csrf: string): Api {
  return {
    get: (path, query) => request(base, address(path, query)),
    post: (path, body) => request(base, address(path), { method: 'POST', csrf, body: JSON.stringify(body) }),
  };
}
