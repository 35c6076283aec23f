// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest';
import { Folds } from '../../src/netmonitor/folds';
import { countsOf, rankOf, tree, worstOf } from '../../src/netmonitor/groups';
import { type KeyAct, keyAct } from '../../src/netmonitor/keys';
import { type Item, listing, Names, noWish, type Wish } from '../../src/netmonitor/listing';
import { pathOf, readPlace, readWish, writeWish } from '../../src/netmonitor/place';
import { sparkPaths } from '../../src/netmonitor/spark';
import type { Net } from '../../src/netmonitor/types';
import { duration, millis, share, uptime } from '../../src/netmonitor/units';
import { host, net, taken } from './hosts';

const keys = (items: readonly Item[]) => items.map((item) => item.key);
const list = (of: Net, wish: Partial<Wish> = {}, folds?: Folds) =>
  listing(of, { ...noWish, ...wish }, new Names(), 'ru', (group) => folds?.isOpen(group) ?? true);

beforeEach(() => localStorage.clear());

describe('a group', () => {
  it('is as its worst host is; maintenance and pauses count only where there is nothing else', () => {
    expect(worstOf(['up', 'degraded', 'maintenance'])).toBe('degraded');
    expect(worstOf(['up', 'paused', 'maintenance'])).toBe('up');
    expect(worstOf(['paused', 'maintenance'])).toBe('maintenance');
    expect(worstOf([])).toBe('unknown');
  });

  it('is up while so many of its hosts are, subgroups included, and as its worst otherwise', () => {
    const groups = { Офис: { rule: 'at_least', up: 2 } as const };
    const of = (c: 'up' | 'down') =>
      tree(
        net(
          { a: { group: 'Офис', state: 'up' }, b: { group: 'Офис', state: 'down' }, c: { group: 'Офис/2', state: c } },
          groups,
        ),
        ['a', 'b', 'c'],
      ).groups[0];
    expect(of('up')).toMatchObject({ state: 'up', total: 3, troubles: ['b'] });
    expect(of('down')?.state).toBe('down');
  });

  it('exists by its subgroups alone, and knows how many hosts are in each state below', () => {
    const top = tree(net({ a: { group: 'Москва/Офис 2/Этаж 3', state: 'down' }, b: {} }), ['a', 'b']);
    expect(top.hosts).toEqual(['b']);
    expect(top.groups[0]).toMatchObject({ path: 'Москва', name: 'Москва', depth: 0, state: 'down', total: 1 });
    expect(top.groups[0]?.groups[0]?.groups[0]).toMatchObject({ path: 'Москва/Офис 2/Этаж 3', depth: 2 });
    expect(top.counts).toEqual(countsOf([host(), host({ state: 'down' })]));
  });
});

describe('the rows', () => {
  const some = net({
    z: { group: 'Б', name: 'Я' },
    a: { group: 'А', name: 'узел 10' },
    b: { group: 'А', name: 'узел 9' },
    c: { group: 'А', name: 'узел 1', state: 'degraded', ack: taken },
    d: { group: 'Б', name: 'узел 2', state: 'down' },
    e: { name: 'корень' },
  });

  it('put groups and hosts that are not well first, what somebody has taken on after them, names by their numbers', () => {
    expect(keys(list(some).items)).toEqual(['h:e', 'g:Б', 'h:d', 'h:z', 'g:А', 'h:c', 'h:b', 'h:a']);
    expect(keys(list(some, { view: 'list' }).items)).toEqual(['h:d', 'h:c', 'h:e', 'h:b', 'h:a', 'h:z']);
    expect(rankOf(host({ state: 'down' }))).toBeLessThan(rankOf(host({ state: 'degraded' })));
    expect(rankOf(host({ state: 'degraded' }))).toBeLessThan(rankOf(host({ state: 'down', ack: taken })));
    expect(rankOf(host({ flapping: true }))).toBeLessThan(rankOf(host({ state: 'unreachable' })));
  });

  it('are found by name, address and id, `ё` as `е`; a filter opens what it finds, and counts stay of all', () => {
    const mixed = net({ 'gw-1': { name: 'Ёлка', address: '10.0.0.7', group: 'А' }, x: { name: 'Дуб', group: 'А' } });
    const folds = new Folds(1);
    folds.setAll(tree(mixed, mixed.hosts.keys()), false);
    expect(keys(list(mixed, {}, folds).items)).toEqual(['g:А']);
    for (const q of ['елка', '10.0.0.7', 'GW-1', 'ёл 0.7']) {
      const found = list(mixed, { q }, folds);
      expect([q, keys(found.items), found.found]).toEqual([q, ['g:А', 'h:gw-1'], 1]);
      expect(found.top.total).toBe(2);
    }
    expect(list(mixed, { states: new Set(['down']) }).found).toBe(0);
  });

  it('need no groups where there are none', () => {
    expect(keys(list(net({ b: {}, a: {} })).items)).toEqual(['h:a', 'h:b']);
  });
});

describe('a closed group', () => {
  const calm = net({ a: { group: 'А' }, b: { group: 'А' } });
  const group = (of: Net) => {
    const found = tree(of, of.hosts.keys()).groups[0];
    if (!found) throw new Error('no group');
    return found;
  };

  it('is remembered for the person, opens itself for new trouble, and stays closed when closed again', () => {
    const folds = new Folds(7);
    folds.set(group(calm), false);
    expect(new Folds(7).isOpen(group(calm))).toBe(false);
    expect(new Folds(8).isOpen(group(calm))).toBe(true);
    const one = group(net({ a: { group: 'А', state: 'down' }, b: { group: 'А' } }));
    expect(folds.isOpen(one)).toBe(true);
    folds.set(one, false);
    expect(new Folds(7).isOpen(one)).toBe(false);
    const two = group(net({ a: { group: 'А', state: 'down' }, b: { group: 'А', state: 'degraded' } }));
    expect(new Folds(7).isOpen(two)).toBe(true);
    const ours = group(net({ a: { group: 'А', state: 'down', ack: taken }, b: { group: 'А' } }));
    folds.set(group(calm), false);
    expect(folds.isOpen(ours)).toBe(false);
  });

  it('reads nothing out of a spoilt memory', () => {
    for (const text of ['{', 'null', '{"closed": {"А": 5}}']) {
      localStorage.setItem('tez.net.folds.7', text);
      expect(new Folds(7).isOpen(group(calm))).toBe(true);
    }
  });
});

describe('the address', () => {
  it('says the place, and nothing that is not one', () => {
    for (const place of [{ kind: 'board' }, { kind: 'setup' }, { kind: 'host', id: 'gw-1.a_B' }] as const)
      expect(readPlace(pathOf(place))).toEqual(place);
    for (const path of [
      '/netmonitor/wall',
      '/netmonitor/hosts/',
      '/netmonitor/hosts/a/b',
      '/netmonitor/hosts/%2F',
      '/',
    ])
      expect(readPlace(path)).toBeNull();
  });

  it('keeps search, states and view', () => {
    const wish: Wish = { q: 'шлюз 1', states: new Set(['down', 'paused']), view: 'list' };
    expect(readWish(writeWish(wish))).toEqual(wish);
    expect(writeWish(noWish)).toBe('');
    expect(readWish('?state=moon,down&view=x').states).toEqual(new Set(['down']));
  });
});

describe('numbers', () => {
  it('are as short as they may be, and an uptime is never rounded up to all', () => {
    expect([millis(0.244), millis(3.14), millis(45.4), millis(1234), millis(null)].map(nb)).toEqual(
      ['0,24 мс', '3,1 мс', '45 мс', '1,2 с', '—'].map(nb),
    );
    expect([share(0), share(0.025), share(1), share(null)].map(nb)).toEqual(['0 %', '2,5 %', '100 %', '—'].map(nb));
    expect([uptime(100), uptime(99.99997), uptime(99.5), uptime(null)].map(nb)).toEqual(
      ['100 %', '99,999 %', '99,5 %', '—'].map(nb),
    );
    expect([duration(-5), duration(59.9), duration(3599), duration(7500), duration(273_600)]).toEqual([
      '0 с',
      '59 с',
      '59 мин',
      '2 ч 5 мин',
      '3 д 4 ч',
    ]);
  });

  it('make a curve whose gaps stay gaps and whose losses are marked', () => {
    const { line, lost } = sparkPaths([1, 2, null, 3]);
    expect(line.match(/M/g)).toHaveLength(2);
    expect(lost.match(/M/g)).toHaveLength(1);
    expect(sparkPaths([])).toEqual({ line: '', lost: '' });
    expect(sparkPaths([null, null]).line).toBe('');
  });
});

/** Intl writes no-break spaces, now of one kind and now of the other. */
const nb = (text: string) => text.replace(/\s/gu, ' ');

describe('keys', () => {
  const stroke = (code: string, more: Partial<KeyboardEvent> = {}) => ({
    code,
    key: '',
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    ...more,
  });
  const at = { inRows: false, row: true };

  it('go by their place on the keyboard; arrows are for scrolling until the focus is on a row', () => {
    const cases: [ReturnType<typeof stroke>, { inRows: boolean; row: boolean }, KeyAct | null][] = [
      [stroke('KeyJ', { key: 'о' }), at, 'next'],
      [stroke('KeyA'), at, 'acknowledge'],
      [stroke('KeyA'), { inRows: false, row: false }, null],
      [stroke('ArrowDown'), at, null],
      [stroke('ArrowDown'), { inRows: true, row: true }, 'next'],
      [stroke('Enter'), at, null],
      [stroke('Slash'), at, 'search'],
      [stroke('Slash', { key: '?', shiftKey: true }), at, 'help'],
      [stroke('KeyJ', { ctrlKey: true }), at, null],
      [stroke('constructor'), at, null],
    ];
    for (const [key, where, act] of cases) expect([key.code, keyAct(key, where)]).toEqual([key.code, act]);
  });
});
