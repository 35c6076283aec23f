/** What a healthy node tells. */

import type { Line } from '../../src/ops/model';

export const NOW = Date.parse('2026-11-23T10:00:00Z');

export const line = (more: Partial<Line> = {}): Line => ({
  at: new Date(NOW).toISOString(),
  at_ms: NOW,
  began: new Date(NOW - 7_200_000).toISOString(),
  version: '0.1.0',
  sessions: 10,
  users: 8,
  published_s: 2.5,
  delivered_s: 25,
  queue_bytes: 1000,
  writer_waiting: 0,
  overdue: 0,
  memory_bytes: 90e6,
  to_screen_p95: 15,
  fanout_p95: 0.4,
  commit_p95: 3,
  loop_lag_p99: 2,
  leader: null,
  bus: true,
  refused: {},
  parts: [{ name: 'store', ok: true, since: new Date(NOW).toISOString(), reason: null }],
  connectors: [],
  ...more,
});
