/** What the server says of the network: topics `net` and `net:{host}`, and `/netmonitor/api/…`. */

import type { Locale } from '../i18n/index';

export const states = ['down', 'degraded', 'unreachable', 'unknown', 'maintenance', 'paused', 'up'] as const;
/** The worst first. */
export type State = (typeof states)[number];

export type Text = Readonly<Record<Locale, string>>;

export interface Ack {
  readonly by: string;
  readonly why: string;
  /** Null: until the host recovers. */
  readonly until: string | null;
  readonly at: string;
}

/** One host as topic `net` tells it. */
export interface Host {
  readonly name: string;
  readonly address: string;
  /** Nested by slashes; empty: in none. */
  readonly group: string;
  readonly check: string;
  readonly parent: string | null;
  readonly critical: boolean;
  readonly state: State;
  readonly since: string | null;
  /** A stable code; its words are in the catalog. */
  readonly reason: string | null;
  readonly flapping: boolean;
  readonly ack: Ack | null;
  readonly maintenance: { readonly until: string; readonly why: string } | null;
  /** Round trips of the last round, ms; null: none. */
  readonly p50: number | null;
  readonly p95: number | null;
  /** Share of lost requests, 0 to 1. */
  readonly loss: number | null;
  /** The medians of the last rounds, newest last; null: lost. */
  readonly spark: readonly (number | null)[];
}

export interface Probe {
  readonly state: 'ok' | 'blind' | 'broken';
  readonly since: string | null;
  readonly why: Text | null;
}

export interface Rule {
  readonly rule: 'worst' | 'at_least';
  readonly up?: number | null;
}

export interface Net {
  /** RFC 3339 of the newest measurement: the age of the data. Null: nothing was told yet. */
  readonly at: string | null;
  readonly probe: Probe;
  /** Only those with a rule of their own. */
  readonly groups: Readonly<Record<string, Rule>>;
  readonly hosts: ReadonlyMap<string, Host>;
}

/** One round of measuring. */
export interface Round {
  readonly at: string;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly loss: number | null;
  readonly jitter: number | null;
  readonly sent: number;
  readonly rtts: readonly (number | null)[];
  readonly state?: State;
  readonly address?: string | null;
  readonly error?: string | null;
  readonly warning?: string | null;
  readonly certificate_days?: number | null;
}

/** Maintenance of a host, of a group with its subgroups, or of everything. */
export interface Window {
  readonly id: number;
  readonly host: string | null;
  readonly group: string | null;
  readonly starts: string;
  readonly ends: string;
  /** Weekdays, 0 is Monday; empty: once. */
  readonly weekly: readonly number[];
  readonly zone: string;
  readonly why: string;
  readonly by: string;
}

export const spans = ['24h', '7d', '30d', '90d', '1y'] as const;
export type Span = (typeof spans)[number];

/** `GET …/hosts/{id}`. */
export interface HostAnswer {
  readonly host: Spec & Partial<Host>;
  /** Percent; null: not measured, or all of it was maintenance. */
  readonly uptime: Readonly<Partial<Record<Span, number | null>>>;
  readonly maintenance?: readonly Window[];
}

export const ranges = ['1h', '6h', '24h', '7d', '30d', '90d', '1y'] as const;
export type Range = (typeof ranges)[number];

export interface Outage {
  readonly began: string;
  readonly ended: string | null;
  readonly state: State;
  readonly maintenance: boolean;
  readonly reason: string | null;
}

type Column = readonly (number | null)[];

/** `GET …/history`: columns of one length; a gap is a row of nulls. */
export interface History {
  readonly host: string;
  readonly since: string;
  readonly until: string;
  readonly step_s: number;
  readonly tier: string;
  readonly points: {
    /** Seconds since 1970. */
    readonly at: readonly number[];
    readonly p50: Column;
    readonly p95: Column;
    readonly min: Column;
    readonly max: Column;
    readonly loss: Column;
    readonly count: Column;
  };
  readonly outages: readonly Outage[];
  readonly error_percent?: number;
}

export interface Hop {
  readonly ttl: number;
  readonly address: string | null;
  readonly name: string | null;
  readonly rtts: readonly (number | null)[];
}

export interface Trace {
  readonly hops: readonly Hop[];
  readonly reached: boolean;
}

/** How a host is checked, as the file and the setup page write it; what is left out is the default. */
export interface Spec {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly group?: string;
  readonly parent?: string | null;
  readonly interval_s?: number;
  readonly family?: 'any' | 'ipv4' | 'ipv6';
  readonly critical?: boolean;
  readonly notify?: readonly string[] | null;
  readonly paused?: boolean;
  readonly ping?: Readonly<Record<string, number>>;
  readonly tcp?: Readonly<Record<string, number>>;
  readonly http?: Readonly<Record<string, unknown>>;
  readonly limits?: Readonly<Record<string, number | null>>;
}

/** A host as the setup page lists it. */
export interface Listed extends Spec {
  /** One of the file's is read only here. */
  readonly origin: 'file' | 'page';
}
