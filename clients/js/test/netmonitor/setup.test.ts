// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest';
import { formatOf } from '../../src/netmonitor/import-dialog';
import { idFor, kindOf, pathFor, specOf, valuesOf, wrongIn } from '../../src/netmonitor/spec';
import { gridFor, groupTiles, troubleTiles } from '../../src/netmonitor/tiles';
import { net, taken } from './hosts';

describe("a host's settings", () => {
  it('go through the form and back unchanged, defaults left out', () => {
    for (const spec of [
      { id: 'gw-1', name: 'Шлюз', address: '10.0.0.1' },
      {
        id: 'a',
        name: 'A',
        address: 'b',
        group: 'А/Б',
        parent: 'gw-1',
        interval_s: 30,
        family: 'ipv6',
        critical: true,
        paused: true,
        notify: ['anna', 'boris'],
      },
      {
        id: 't',
        name: 'T',
        address: 'b',
        tcp: { port: 22, timeout_s: 1.5 },
        limits: { raise_bad: 2, p95_raise_ms: 80 },
      },
      { id: 'h', name: 'H', address: 'b', http: { url: 'https://x/', status: [200, 301], verify: false } },
    ] as const)
      expect(specOf(kindOf(spec), valuesOf(spec))).toEqual(spec);
  });

  it('say what is missing or out of bounds, each at its field', () => {
    const wrong = wrongIn('tcp', {
      name: 'A',
      address: '',
      id: 'с кириллицей',
      'tcp.port': '70000',
      'limits.loss_raise': '0,3',
    });
    expect([...wrong].map(([path, { key }]) => [path, key])).toEqual([
      ['address', 'needed'],
      ['id', 'badId'],
      ['tcp.port', 'badNumber'],
    ]);
    expect(
      wrongIn('http', { name: 'a', address: 'a', id: 'a', 'http.url': 'x', 'http.status': '200, 9' }).get('http.status')
        ?.key,
    ).toBe('badStatus');
  });

  it('find the field that the server means', () => {
    expect(
      ['name', 'echoes', 'ping.echoes', 'hosts.ping.echoes', 'moon'].map((named) => pathFor('ping', named)),
    ).toEqual(['name', 'ping.echoes', 'ping.echoes', 'ping.echoes', '']);
  });

  it('get an id from their name', () => {
    expect([idFor('Шлюз 1'), idFor('  Щит — №2 '), idFor('ъ')]).toEqual(['shlyuz-1', 'schit-2', '']);
  });
});

describe('an import', () => {
  it('is TOML or CSV by the name of its file, else by its look', () => {
    expect(formatOf('id,name,address\na,A,10.0.0.1')).toBe('csv');
    expect(formatOf('[[hosts]]\nid = "a"')).toBe('toml');
    expect(formatOf('anchors = ["10.0.0.1"]')).toBe('toml');
    expect(formatOf('x', 'hosts.CSV')).toBe('csv');
  });
});

describe('the wall screen', () => {
  it('shows the worst first, the newest of them first, and nothing that is expected', () => {
    const all = net({
      a: { state: 'degraded' },
      b: { state: 'down', since: '2026-11-29T08:00:00Z' },
      c: { state: 'down', since: '2026-11-29T09:30:00Z' },
      d: { state: 'down', ack: taken },
      e: { state: 'unreachable' },
      f: { state: 'maintenance' },
      g: { flapping: true },
    });
    expect(troubleTiles(all).map(({ id }) => id)).toEqual(['c', 'b', 'a', 'g', 'd']);
  });

  it('makes tiles as large as all of them fit', () => {
    expect(gridFor(1, 1800, 800)).toMatchObject({ columns: 1, rows: 1 });
    const many = gridFor(200, 1800, 800, 300, 150);
    expect(many).toEqual({ columns: 6, rows: 5, fit: 30 });
    for (let n = 1; n <= 30; n++) expect(gridFor(n, 1800, 800).fit).toBeGreaterThanOrEqual(n);
  });

  it('goes into a single group that holds all others', () => {
    const all = net({ a: { group: 'ТЭЗ/А' }, b: { group: 'ТЭЗ/Б', state: 'down' } });
    expect(groupTiles(all).map(({ name }) => name)).toEqual(['Б', 'А']);
  });
});
