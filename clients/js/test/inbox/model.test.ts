// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest';
import { item } from '../../src/gallery/fake';
import {
  everything,
  filterFromUrl,
  filterToUrl,
  group,
  LiveList,
  matches,
  safeUrl,
  snoozeTimes,
} from '../../src/inbox/model';

const four = () => [4, 3, 2, 1].map((seq) => item(seq, {}));
const seqs = (arranged: { rows: readonly { newest: { seq: number } }[] }) => arranged.rows.map((row) => row.newest.seq);

describe('grouping', () => {
  it('makes one row of a matter, newest line first, in the order of the newest', () => {
    const rows = group([
      item(5, { group: 'ticket:1' }, 'read'),
      item(4, { group: 'ticket:2' }),
      item(3, { group: 'ticket:1' }),
      item(2, {}),
      item(1, {}),
    ]);
    expect(rows.map((row) => [row.key, row.items.length, row.unread])).toEqual([
      ['ticket:1', 2, true],
      ['ticket:2', 1, true],
      ['e2', 1, true],
      ['e1', 1, true],
    ]);
    expect(rows[0]?.newest.seq).toBe(5);
  });
});

describe('the filter', () => {
  it('chooses by kind and by unread, and never shows what is done', () => {
    const call = item(1, { kind: 'call' }, 'shown');
    expect(matches(call, everything)).toBe(true);
    expect(matches(call, { kind: 'ticket', unread: false })).toBe(false);
    expect(matches({ ...call, level: 'read' }, { kind: 'call', unread: true })).toBe(false);
    expect(matches({ ...call, level: 'done' }, everything)).toBe(false);
  });

  it('lives in the address beside other parameters', () => {
    expect(filterToUrl({ kind: 'network', unread: true }, '?a=1')).toBe('?a=1&kind=network&unread=1');
    expect(filterToUrl(everything, '?kind=network&unread=1')).toBe('');
    expect(filterFromUrl('?kind=call&unread=1')).toEqual({ kind: 'call', unread: true });
    expect(filterFromUrl('?kind=nonsense')).toEqual(everything);
  });
});

describe('live insert', () => {
  it('lets new ones in at the top while nobody touches the list', () => {
    const live = new LiveList();
    live.arrange(four(), everything, false);
    expect(live.arrange([item(5, {}), ...four()], everything, false)).toMatchObject({ pending: 0 });
    expect(seqs(live.arrange([item(5, {}), ...four()], everything, false))).toEqual([5, 4, 3, 2, 1]);
  });

  it('holds new ones back while it is busy, counts what matches, and lets them in afterwards', () => {
    const live = new LiveList();
    live.arrange(four(), everything, false);
    const more = [item(6, { kind: 'call' }), item(5, {}), ...four()];
    const held = live.arrange(more, everything, true);
    expect([seqs(held), held.pending]).toEqual([[4, 3, 2, 1], 2]);
    expect(live.arrange(more, { kind: 'ticket', unread: false }, true).pending).toBe(1);
    expect(seqs(live.arrange(more, everything, false))).toEqual([6, 5, 4, 3, 2, 1]);
  });

  it('does not move a row up when its matter goes on while the list is busy', () => {
    const live = new LiveList();
    const items = [item(2, { group: 'a' }), item(1, { group: 'b' })];
    live.arrange(items, everything, false);
    const held = live.arrange([item(3, { group: 'b' }), ...items], everything, true);
    expect(held.rows.map((row) => row.key)).toEqual(['a', 'b']);
    expect(held.pending).toBe(1);
  });

  it('keeps what another device finished in its place while busy, but drops what was finished here', () => {
    const live = new LiveList();
    const items = four();
    live.arrange(items, everything, false);
    const after = items.map((it) => (it.seq === 3 || it.seq === 2 ? { ...it, level: 'done' as const } : it));
    live.dismiss(['e2']);
    const held = live.arrange(after, everything, true);
    expect(held.rows.map((row) => [row.newest.seq, row.done])).toEqual([
      [4, false],
      [3, true],
      [1, false],
    ]);
    expect(seqs(live.arrange(after, everything, false))).toEqual([4, 1]);
  });

  it('lets everything in at once where nothing stood yet, and after a reset', () => {
    const live = new LiveList();
    live.arrange([], everything, true);
    expect(seqs(live.arrange(four(), everything, true))).toEqual([4, 3, 2, 1]);
    live.arrange([item(5, {}), ...four()], everything, true);
    live.reset();
    expect(live.arrange([item(5, {}), ...four()], everything, true).pending).toBe(0);
  });

  it('takes older pages in at the bottom even while busy', () => {
    const live = new LiveList();
    live.arrange([item(9, {}), item(8, {})], everything, false);
    expect(seqs(live.arrange([item(9, {}), item(8, {}), item(7, {})], everything, true))).toEqual([9, 8, 7]);
  });
});

describe('addresses', () => {
  it('leads only to web addresses and paths of the site', () => {
    const base = 'https://nav.example/';
    expect(safeUrl('/tasks/1', base)).toBe('https://nav.example/tasks/1');
    expect(safeUrl('https://redmine.example/issues/1', base)).toBe('https://redmine.example/issues/1');
    for (const bad of ['javascript:alert(1)', 'data:text/html,x', 'vbscript:x', 'https://', undefined, '']) {
      expect(safeUrl(bad, base)).toBeUndefined();
    }
  });
});

describe('snoozing', () => {
  it('offers an hour, tomorrow at nine and the next Monday at nine', () => {
    const tuesday = new Date(2026, 10, 24, 14, 5);
    const times = snoozeTimes(tuesday);
    expect(times.hour).toEqual(new Date(2026, 10, 24, 15, 5));
    expect(times.tomorrow).toEqual(new Date(2026, 10, 25, 9));
    expect(times.monday).toEqual(new Date(2026, 10, 30, 9));
  });

  it('does not offer the same moment twice on a Sunday, and means a week on a Monday', () => {
    expect(snoozeTimes(new Date(2026, 10, 29, 12)).monday).toBeNull();
    expect(snoozeTimes(new Date(2026, 10, 30, 12)).monday).toEqual(new Date(2026, 11, 7, 9));
  });
});
