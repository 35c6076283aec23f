/** The topics as the page sees them: folded as the server folds them (adapters/netmonitor/feed.py), tried by tests/vectors/net_fold.json. */

import type { Host, Net, Probe, Round, Rule } from './types';

/** Rounds that a row's sparkline has. */
export const SPARK = 30;
/** Rounds that `net:{host}` keeps. */
export const ROUNDS = 60;

/** A state as it travels: hosts are an object there. */
export interface Told {
  readonly at: string | null;
  readonly probe: Probe;
  readonly groups: Readonly<Record<string, Rule>>;
  readonly hosts: Readonly<Record<string, Host>>;
}

/** Id, p50, p95 (ms), loss (share). */
export type Tick = readonly [id: string, p50: number | null, p95: number | null, loss: number | null];

const noProbe: Probe = { state: 'ok', since: null, why: null };

/** Before anything was told. */
export const nothing: Net = { at: null, probe: noProbe, groups: {}, hosts: new Map() };

/** A snapshot, or the whole anew. */
export function adopt(told: Partial<Told> | null | undefined): Net {
  const { at = null, probe = noProbe, groups = {}, hosts = {} } = told ?? {};
  return { at, probe, groups, hosts: new Map(Object.entries(hosts)) };
}

/** One event applied; `net` stays as it is. A row that is not there is left out: its host has gone. */
export function fold(net: Net, type: string, data: unknown): Net {
  switch (type) {
    case 'net.all':
      return adopt(data as Told);
    case 'net.tick': {
      const { at, rows } = data as { at: string; rows: readonly Tick[] };
      const hosts = new Map(net.hosts);
      for (const [id, p50, p95, loss] of rows) {
        const host = hosts.get(id);
        if (host) hosts.set(id, { ...host, p50, p95, loss, spark: [...host.spark.slice(1 - SPARK), p50] });
      }
      return { ...net, at, hosts };
    }
    case 'net.state': {
      const { at, hosts: told } = data as { at: string; hosts: Readonly<Record<string, Partial<Host>>> };
      const hosts = new Map(net.hosts);
      for (const [id, members] of Object.entries(told)) {
        const host = hosts.get(id);
        if (host) hosts.set(id, { ...host, ...members });
      }
      return { ...net, at, hosts };
    }
    case 'net.probe':
      return { ...net, probe: data as Probe };
    default:
      return net; // of a newer server
  }
}

/** A round of `net:{host}` applied. */
export function foldRounds(rounds: readonly Round[], type: string, data: unknown): readonly Round[] {
  return type === 'net.round' ? [...rounds.slice(1 - ROUNDS), data as Round] : rounds;
}
