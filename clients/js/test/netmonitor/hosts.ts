/** Hosts and states for the tests. */

import { adopt } from '../../src/netmonitor/model';
import type { Host, Net, Rule } from '../../src/netmonitor/types';

export const NOW = Date.UTC(2026, 10, 29, 10);

export function host(more: Partial<Host> = {}): Host {
  return {
    name: 'Шлюз',
    address: '10.0.0.1',
    group: '',
    check: 'ping',
    parent: null,
    critical: false,
    state: 'up',
    since: '2026-11-29T09:00:00Z',
    reason: null,
    flapping: false,
    ack: null,
    maintenance: null,
    p50: 1.2,
    p95: 1.9,
    loss: 0,
    spark: [1.2, null, 1.3],
    ...more,
  };
}

export function net(hosts: Record<string, Partial<Host>>, groups: Record<string, Rule> = {}): Net {
  const all = Object.fromEntries(Object.entries(hosts).map(([id, more]) => [id, host({ name: id, ...more })]));
  return adopt({ at: '2026-11-29T10:00:00Z', groups, hosts: all });
}

export const taken = { by: 'Иванов', why: 'ждём', until: null, at: '2026-11-29T09:30:00Z' };
