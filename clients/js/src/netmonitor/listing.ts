/** The rows of the dashboard, in their order: groups with their hosts, or hosts alone; what is not well comes first. Pure. */

import { fold as plain } from '../palette/entries';
import { type Group, rankOf, tree } from './groups';
import type { Host, Net, State } from './types';

export type Item =
  | {
      readonly kind: 'group';
      readonly key: string;
      readonly group: Group;
      readonly depth: number;
      readonly open: boolean;
    }
  | { readonly kind: 'host'; readonly key: string; readonly id: string; readonly depth: number };

export interface Wish {
  readonly q: string;
  /** Empty: all. */
  readonly states: ReadonlySet<State>;
  readonly view: 'groups' | 'list';
}

export const noWish: Wish = { q: '', states: new Set(), view: 'groups' };

/** Ids by name. Comparing names is slow, so it is done when names change and not when states do. */
export class Names {
  #hosts: ReadonlyMap<string, Host> | null = null;
  #places: ReadonlyMap<string, number> = new Map();
  #texts = new Map<string, string>();
  #lang = '';

  places(hosts: ReadonlyMap<string, Host>, lang: string): ReadonlyMap<string, number> {
    if (this.#lang === lang && this.#same(hosts)) return this.#places;
    const compare = new Intl.Collator(lang, { numeric: true }).compare;
    const sorted = [...hosts].sort(([a, x], [b, y]) => compare(x.name, y.name) || (a < b ? -1 : 1));
    this.#places = new Map(sorted.map(([id], i) => [id, i]));
    this.#texts = new Map();
    this.#hosts = hosts;
    this.#lang = lang;
    return this.#places;
  }

  /** What a search looks through: name, address, id. */
  text(id: string, host: Host): string {
    const known = this.#texts.get(id);
    if (known !== undefined) return known;
    const text = `${plain(host.name)}
${plain(host.address)}
${plain(id)}`;
    this.#texts.set(id, text);
    return text;
  }

  #same(hosts: ReadonlyMap<string, Host>): boolean {
    const known = this.#hosts;
    if (!known || known.size !== hosts.size) return false;
    if (known === hosts) return true;
    for (const [id, host] of hosts) {
      const was = known.get(id);
      if (was !== host && (!was || was.name !== host.name || was.address !== host.address)) return false;
    }
    this.#hosts = hosts;
    return true;
  }
}

export interface Listing {
  readonly items: readonly Item[];
  /** Over all hosts, whatever is wished. */
  readonly top: Group;
  /** How many hosts fit the wish. */
  readonly found: number;
}

/** `isOpen` says which groups show their hosts; under a search or a filter all that have any do. */
export function listing(net: Net, wish: Wish, names: Names, lang: string, isOpen: (group: Group) => boolean): Listing {
  const places = names.places(net.hosts, lang);
  const words = plain(wish.q).split(/\s+/).filter(Boolean);
  const narrowed = words.length > 0 || wish.states.size > 0;
  const ids: string[] = [];
  const keys = new Map<string, number>();
  for (const [id, host] of net.hosts) {
    keys.set(id, rankOf(host) * net.hosts.size + (places.get(id) ?? 0));
    if (wish.states.size && !wish.states.has(host.state)) continue;
    if (words.length) {
      const text = names.text(id, host);
      if (!words.every((word) => text.includes(word))) continue;
    }
    ids.push(id);
  }
  const key = (id: string) => keys.get(id) ?? 0;
  ids.sort((a, b) => key(a) - key(b));
  const top = tree(net, net.hosts.keys());
  if (wish.view === 'list' || (!top.groups.length && top.hosts.length))
    return { items: ids.map((id) => ({ kind: 'host', key: `h:${id}`, id, depth: 0 })), top, found: ids.length };

  const states = new Map<string, Group>();
  const remember = (group: Group): void => {
    states.set(group.path, group);
    group.groups.forEach(remember);
  };
  remember(top);
  const items: Item[] = [];
  const compare = new Intl.Collator(lang, { numeric: true }).compare;
  const walk = (shown: Group, depth: number): void => {
    const whole = states.get(shown.path) ?? shown;
    const open = narrowed || isOpen(whole);
    items.push({ kind: 'group', key: `g:${shown.path}`, group: whole, depth, open });
    if (open) within(shown, depth + 1);
  };
  const within = (shown: Group, depth: number): void => {
    for (const id of shown.hosts) items.push({ kind: 'host', key: `h:${id}`, id, depth });
    const groups = shown.groups.map((group) => states.get(group.path) ?? group);
    const byPath = new Map(shown.groups.map((group) => [group.path, group]));
    groups.sort((a, b) => a.rank - b.rank || b.troubles.length - a.troubles.length || compare(a.name, b.name));
    for (const { path } of groups) {
      const group = byPath.get(path);
      if (group) walk(group, depth);
    }
  };
  within(tree(net, ids), 0);
  return { items, top, found: ids.length };
}
