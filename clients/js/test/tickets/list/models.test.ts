import { describe, expect, it } from 'vitest';
import { keyAct } from '../../../src/tickets/list/keys';
import { readLook, usualLook, writeLook } from '../../../src/tickets/list/look';
import { asked, readPlace, sorting, withFilter, writePlace } from '../../../src/tickets/list/place';
import { MOST_PAGES, PAGE_SIZE, Rows } from '../../../src/tickets/list/rows';
import { add, isEmpty, MOST_NAMED, none, sizeOf, toggle, whichOf } from '../../../src/tickets/list/selection';
import type { Page, View } from '../../../src/tickets/list/types';
import { MOST_IN_PAGE, pagesOf, scrollFor, spanOf } from '../../../src/tickets/list/window';
import { facets, NOW, ticket, tickets } from './server';

const stroke = (code: string, more: Partial<KeyboardEvent> = {}) => ({
  code,
  key: '',
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...more,
});
const page = (rows: Page['rows'], total = rows.length): Page => ({ rows, total, facets });

describe('the address', () => {
  it('is read back as it was written, and nothing usual stands in it', () => {
    const place = { view: 'all', query: { status: 'closed', q: 'принтер' }, ticket: 42 };
    expect(readPlace(writePlace(place))).toEqual(place);
    expect(writePlace({ view: 'mine', query: {}, ticket: null })).toBe('');
  });

  it('means nothing where it makes no sense', () => {
    const place = readPlace('?view=../x&status=zzz&from=2026-99-99&ticket=-1&assignee=drop&sort=price&project=3,4');
    expect(place).toEqual({ view: 'mine', query: { project: '3,4' }, ticket: null });
  });

  it('asks for the view by name and for what differs from it', () => {
    expect(asked({ view: 'own1', query: { status: 'all', q: ' ' }, ticket: null })).toEqual({
      view: 'own1',
      status: 'all',
    });
  });

  const views: View[] = [
    { id: 'mine', name: '', query: { assignee: 'me', status: 'open' }, builtin: true, count: 1, unread: 0 },
  ];
  const mine = { view: 'mine', query: {}, ticket: null };

  it('drops a filter that the view has anyway', () => {
    expect(withFilter({ ...mine, query: { status: 'all' } }, 'status', 'open', views).query).toEqual({});
  });

  it('goes to everything when a filter of the view itself is taken away, the rest kept', () => {
    expect(withFilter(mine, 'assignee', '', views)).toEqual({ view: 'all', query: { status: 'open' }, ticket: null });
  });

  it('sorts newest first unless told otherwise, words from their beginning', () => {
    expect(sorting({})).toEqual({ by: 'updated', dir: 'desc' });
    expect(sorting({ sort: 'subject' })).toEqual({ by: 'subject', dir: 'asc' });
  });
});

describe('keys', () => {
  const at = { inList: false, row: true, selected: false, undo: false };

  it('are physical, so that the Russian layout works', () => {
    expect(keyAct(stroke('KeyJ', { key: 'о' }), at)).toBe('next');
    expect(keyAct(stroke('KeyX', { key: 'ч' }), at)).toBe('select');
    expect(keyAct(stroke('Slash', { key: ',', shiftKey: true }), at)).toBe('help');
  });

  it('leave the browser its own', () => {
    expect(keyAct(stroke('KeyP', { ctrlKey: true }), at)).toBeNull();
    expect(keyAct(stroke('KeyA', { ctrlKey: true }), at)).toBeNull();
    expect(keyAct(stroke('ArrowDown'), at)).toBeNull();
    expect(keyAct(stroke('Escape'), at)).toBeNull();
  });

  it('move and choose rows when the focus is among them', () => {
    const inside = { ...at, inList: true, selected: true };
    expect(keyAct(stroke('ArrowDown'), inside)).toBe('next');
    expect(keyAct(stroke('ArrowDown', { shiftKey: true }), inside)).toBe('extendDown');
    expect(keyAct(stroke('KeyA', { ctrlKey: true }), inside)).toBe('selectAll');
    expect(keyAct(stroke('Escape'), inside)).toBe('clear');
  });

  it('do nothing to a row when there is none', () => {
    for (const code of ['KeyX', 'KeyE', 'KeyS', 'KeyU']) expect(keyAct(stroke(code), { ...at, row: false })).toBeNull();
  });
});

describe('the window', () => {
  it('holds a few dozen of ten thousand rows wherever one scrolls', () => {
    for (const top of [0, 5_000, 219_000, 439_000, 1e9]) {
      const span = spanOf(top, 900, 44, 10_000);
      expect(span.to - span.from).toBeLessThanOrEqual(MOST_IN_PAGE);
      expect(span.to).toBeLessThanOrEqual(10_000);
      expect(span.from).toBeGreaterThanOrEqual(0);
    }
    expect(spanOf(219_000, 900, 44, 10_000).from).toBeLessThan(219_000 / 44);
  });

  it('is empty over nothing', () => {
    expect(spanOf(0, 900, 44, 0)).toEqual({ from: 0, to: 0 });
    expect(pagesOf({ from: 0, to: 0 }, 100)).toEqual([]);
  });

  it('names the pages that it touches', () => {
    expect(pagesOf({ from: 95, to: 130 }, 100)).toEqual([0, 1]);
    expect(pagesOf({ from: 0, to: 100 }, 100)).toEqual([0]);
  });

  it('scrolls only as far as a row needs, and not below the head', () => {
    expect(scrollFor(3, 0, 400, 40)).toBeNull();
    expect(scrollFor(9, 0, 400, 40, 40)).toBe(40);
    expect(scrollFor(2, 200, 400, 40)).toBe(80);
  });
});

describe('rows', () => {
  const held = (all = tickets(1, 3)) => {
    const rows = new Rows();
    rows.put(0, page(all), NOW);
    return rows;
  };
  const order = (rows: Rows) => Array.from({ length: rows.total }, (_, i) => rows.row(i)?.id);

  it('say what a ticket says now, where it stands', () => {
    const rows = held();
    rows.touch([2]);
    rows.compare(new Map([[0, page([ticket(3), ticket(2, { subject: 'Иначе' }), ticket(1)])]]), NOW);
    expect(order(rows)).toEqual([3, 2, 1]);
    expect(rows.row(1)?.subject).toBe('Иначе');
    expect(rows.waiting).toEqual({ fresh: 0, changed: 0 });
  });

  it('keep their places and count what would come and what would move, until they are let', () => {
    const rows = held();
    rows.touch([1, 4]);
    rows.compare(new Map([[0, page([ticket(4), ticket(1, { comments: 1 }), ticket(3), ticket(2)])]]), NOW + 1);
    expect(order(rows)).toEqual([3, 2, 1]);
    expect(rows.waiting).toEqual({ fresh: 1, changed: 1 });
    expect(rows.admit()).toBe(true);
    expect(order(rows)).toEqual([4, 1, 3, 2]);
    expect(rows.waiting).toEqual({ fresh: 0, changed: 0 });
  });

  it('mark what left the filter and keep it in its place', () => {
    const rows = held();
    rows.touch([2]);
    rows.compare(new Map([[0, page([ticket(3), ticket(1)])]]), NOW + 1);
    expect([...rows.gone]).toEqual([2]);
    expect(order(rows)).toEqual([3, 2, 1]);
    expect(rows.waiting).toEqual({ fresh: 0, changed: 1 });
  });

  it('say that something waits when only the total differs', () => {
    const rows = new Rows();
    rows.put(0, page(tickets(1, PAGE_SIZE), 300), NOW);
    rows.compare(new Map([[0, page(tickets(1, PAGE_SIZE), 299)]]), NOW + 1);
    expect(rows.waiting.changed).toBe(1);
  });

  it('are a new ticket and an old one that came up told apart in a long list', () => {
    const rows = new Rows();
    rows.put(0, page(tickets(101, 200), 200), NOW);
    rows.touch([50, 201]);
    const born = ticket(201, { created_at: new Date(NOW + 1000).toISOString() });
    rows.compare(new Map([[0, page([born, ticket(50), ...tickets(103, 200)], 201)]]), NOW + 2000);
    expect(rows.waiting).toEqual({ fresh: 1, changed: 1 });
  });

  it('stay bounded: pages far from sight are forgotten', () => {
    const rows = new Rows();
    for (let i = 0; i < 100; i++) rows.put(i, page(tickets(i * 100 + 1, i * 100 + 100), 10_000), NOW);
    rows.trim(99);
    expect([...rows.all()]).toHaveLength(MOST_PAGES * PAGE_SIZE);
    expect(rows.row(9_999)).toBeDefined();
    expect(rows.row(0)).toBeUndefined();
  });

  it('of a later page that overlaps say that the list has moved', () => {
    const rows = new Rows();
    rows.put(0, page(tickets(101, 200), 200), NOW);
    rows.put(1, page([ticket(101), ...tickets(2, 100)], 200), NOW);
    expect(rows.waiting).toEqual({ fresh: 0, changed: 1 });
    expect(rows.indexOf(101)).toBe(99);
    expect(rows.admit()).toBe(false);
  });
});

describe('a selection', () => {
  it('grows and shrinks one by one, up to a bound', () => {
    const two = toggle(toggle(none, 1), 2);
    expect([...toggle(two, 1).ids]).toEqual([2]);
    expect(
      add(
        none,
        Array.from({ length: 5000 }, (_, i) => i + 1),
      ).ids.size,
    ).toBe(MOST_NAMED);
  });

  it('of everything is sent as the filter', () => {
    const all = { ids: new Set<number>(), all: true };
    expect(sizeOf(all, 312)).toBe(312);
    expect(whichOf(all, { view: 'all', status: 'open' })).toEqual({ filter: { view: 'all', status: 'open' } });
    expect([...toggle(all, 7).ids]).toEqual([7]);
    expect(isEmpty(all)).toBe(false);
  });
});

describe('the look', () => {
  it('is kept for each person apart, and nothing unusable breaks it', () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    };
    writeLook(1, { columns: ['id', 'subject', 'tracker'], dense: true, beside: false }, storage);
    expect(readLook(1, storage)).toEqual({ columns: ['id', 'subject', 'tracker'], dense: true, beside: false });
    expect(readLook(2, storage)).toEqual(usualLook);
    kept.set('tez.tickets.look.3', '{"columns":["nonsense"]');
    expect(readLook(3, storage)).toEqual(usualLook);
  });
});
