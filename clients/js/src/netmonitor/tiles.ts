/** What the wall screen shows, and how large: pure. */

import { type Group, rankOf, tree } from './groups';
import type { Host, Net } from './types';

export interface Tile {
  readonly id: string;
  readonly host: Host;
}

/** Hosts that are not well, the worst and newest first. What lies behind a parent that is down, is paused or in maintenance makes no tile. */
export function troubleTiles(net: Net): Tile[] {
  const all: Tile[] = [];
  for (const [id, host] of net.hosts)
    if (host.state === 'down' || host.state === 'degraded' || host.flapping) all.push({ id, host });
  return all.sort(
    (a, b) =>
      rankOf(a.host) - rankOf(b.host) ||
      (b.host.since ?? '').localeCompare(a.host.since ?? '') ||
      (a.id < b.id ? -1 : 1),
  );
}

/** Columns and rows for so many tiles in so many pixels: the largest that all fit at `least` px width; then as many as fit. */
export function gridFor(
  count: number,
  width: number,
  height: number,
  least = 300,
  low = 150,
): { readonly columns: number; readonly rows: number; readonly fit: number } {
  const most = Math.max(1, Math.floor(width / least));
  const deep = Math.max(1, Math.floor(height / low));
  let best = { columns: most, rows: deep, area: 0 };
  for (let columns = 1; columns <= most; columns++) {
    const rows = Math.ceil(count / columns);
    if (rows > deep) continue;
    // Not taller than wide: words want width.
    const [w, h] = [width / columns, Math.min(height / rows, width / columns / 1.4)];
    if (w * h > best.area) best = { columns, rows, area: w * h };
  }
  return { columns: best.columns, rows: best.rows, fit: best.columns * best.rows };
}

/** Groups of the first level, or of the second where there is only one: those not well first. */
export function groupTiles(net: Net): readonly Group[] {
  let top = tree(net, net.hosts.keys());
  while (top.groups.length === 1 && !top.hosts.length && top.groups[0]?.groups.length) top = top.groups[0] as Group;
  return [...top.groups].sort(
    (a, b) => a.rank - b.rank || b.troubles.length - a.troubles.length || a.name.localeCompare(b.name),
  );
}
