/** Groups as a tree over the hosts, and how each of them is. Pure. */

import { isTrouble } from './states';
import type { Host, Net, Rule, State } from './types';
import { states } from './types';

export type Counts = Readonly<Record<State, number>>;

export interface Group {
  readonly path: string;
  /** The last part of the path. */
  readonly name: string;
  /** 0 at the top. */
  readonly depth: number;
  readonly groups: readonly Group[];
  /** Ids of those that are in it and in none of its subgroups. */
  readonly hosts: readonly string[];
  readonly rule: Rule;
  readonly state: State;
  /** Of all hosts below. */
  readonly counts: Counts;
  readonly total: number;
  /** Its place among the others: that of the worst host below, unless the group is well by its own rule. */
  readonly rank: number;
  /** Ids of hosts below that somebody should look at. */
  readonly troubles: readonly string[];
}

const worst: Rule = { rule: 'worst' };
const idle: ReadonlySet<State> = new Set(['maintenance', 'paused']);

const order: Readonly<Record<State, number>> = {
  down: 0,
  degraded: 1,
  unreachable: 5,
  unknown: 6,
  maintenance: 7,
  up: 8,
  paused: 9,
};

/** Its place among the others: what nobody has taken on comes before what somebody has. */
export function rankOf(host: Host): number {
  if (host.ack && (host.state === 'down' || host.state === 'degraded')) return order[host.state] + 3;
  if (host.flapping && host.state === 'up') return 2;
  return order[host.state];
}

export function noCounts(): Record<State, number> {
  return { up: 0, degraded: 0, down: 0, unreachable: 0, unknown: 0, maintenance: 0, paused: 0 };
}

/** How many hosts are in each state. */
export function countsOf(hosts: Iterable<Host>): Counts {
  const counts = noCounts();
  for (const { state } of hosts) counts[state]++;
  return counts;
}

/** The worst of several states; what is in maintenance or paused counts only where there is nothing else. */
export function worstOf(all: Iterable<State>): State {
  const seen = new Set(all);
  for (const state of states) if (!idle.has(state) && seen.has(state)) return state;
  return seen.has('maintenance') ? 'maintenance' : seen.has('paused') ? 'paused' : 'unknown';
}

interface Draft {
  path: string;
  name: string;
  depth: number;
  groups: Draft[];
  hosts: string[];
}

/**
 * The top: a group without a path, over all. `ids` says which hosts and in which order; a group that only has subgroups exists, too.
 * A group's state is the worst of its hosts' and subgroups', or up while at least so many of all the hosts below are.
 */
export function tree(net: Net, ids: Iterable<string>): Group {
  const top: Draft = { path: '', name: '', depth: -1, groups: [], hosts: [] };
  const known = new Map<string, Draft>([['', top]]);
  const find = (path: string): Draft => {
    const there = known.get(path);
    if (there) return there;
    const cut = path.lastIndexOf('/');
    const above = find(cut < 0 ? '' : path.slice(0, cut));
    const made: Draft = { path, name: path.slice(cut + 1), depth: above.depth + 1, groups: [], hosts: [] };
    above.groups.push(made);
    known.set(path, made);
    return made;
  };
  for (const id of ids) find(net.hosts.get(id)?.group ?? '').hosts.push(id);
  return finish(net, top);
}

function finish(net: Net, draft: Draft): Group {
  const groups = draft.groups.map((one) => finish(net, one));
  const counts = noCounts();
  const troubles: string[] = [];
  const own: State[] = groups.map((group) => group.state);
  let total = draft.hosts.length;
  let rank: number = order.paused;
  for (const group of groups) {
    total += group.total;
    rank = Math.min(rank, group.rank);
    for (const state of states) counts[state] += group.counts[state];
    for (const id of group.troubles) troubles.push(id);
  }
  for (const id of draft.hosts) {
    const host = net.hosts.get(id);
    if (!host) continue;
    counts[host.state]++;
    own.push(host.state);
    rank = Math.min(rank, rankOf(host));
    if (isTrouble(host)) troubles.push(id);
  }
  const rule = net.groups[draft.path] ?? worst;
  const enough = rule.rule === 'at_least' && typeof rule.up === 'number' && counts.up >= rule.up;
  const state = enough ? 'up' : worstOf(own);
  return { ...draft, groups, rule, counts, total, troubles, state, rank: enough ? order.up : rank };
}

/** A group opens itself for this: it is not well by its own rule, and somebody should look. */
export function callsForHelp(group: Group): boolean {
  return group.troubles.length > 0 && (group.state === 'down' || group.state === 'degraded');
}
