// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setLocale } from '../../src/i18n/index';
import { address } from '../../src/quality/api';
import { columnsOf } from '../../src/quality/chart';
import { Drafts } from '../../src/quality/draft';
import { Live } from '../../src/quality/live';
import { type Place, readPlace, writePlace } from '../../src/quality/place';
import { noSearch } from '../../src/quality/search';
import { dayIn, duration, mondayOf, nameOf, percent, share } from '../../src/quality/units';

const usual = { from: '2026-10-05', to: '2026-11-29', project: '', tracker: '' };

beforeEach(() => setLocale('ru'));
afterEach(() => {
  vi.useRealTimers();
  localStorage.clear();
});

describe('units', () => {
  it('says times in two units at most, and never sixty of one', () => {
    const said: [number | null, string][] = [
      [null, '—'],
      [0, '0 с'],
      [59, '59 с'],
      [90, '2 мин'],
      [3599, '60 мин'],
      [3600, '1 ч'],
      [7500, '2 ч 5 мин'],
      [86_399, '1 д'],
      [90_000, '1 д 1 ч'],
      [36 * 3600, '1 д 12 ч'],
      [20 * 86_400 + 3600 * 13, '21 д'],
    ];
    for (const [seconds, text] of said) expect(duration(seconds).replaceAll('\u00a0', ' ')).toBe(text);
  });

  it('knows the Monday of a week, at the ends of years too', () => {
    expect(new Date(mondayOf('2026-W01')).toISOString().slice(0, 10)).toBe('2025-12-29');
    expect(new Date(mondayOf('2026-W48')).toISOString().slice(0, 10)).toBe('2026-11-23');
    expect(new Date(mondayOf('2020-W53')).toISOString().slice(0, 10)).toBe('2020-12-28');
  });

  it('takes the day of the zone, not of the machine', () => {
    const at = Date.parse('2026-11-28T22:30:00Z');
    expect(dayIn('Europe/Moscow', at)).toBe('2026-11-29');
    expect(dayIn('America/New_York', at)).toBe('2026-11-28');
    expect(dayIn('Europe/Moscow', at, 55)).toBe('2026-10-05');
  });

  it('names the deleted by their number and has no share of nothing', () => {
    expect(nameOf(null, 'Никто')).toBe('Никто');
    expect(nameOf({ id: 12, name: null, group: false }, '')).toBe('Удалён (№ 12)');
    expect(share(1, 0)).toBeNull();
    expect(percent(share(1, 3))).toMatch(/^33\s%$/);
    expect(percent(null)).toBe('—');
  });
});

describe('place', () => {
  it('comes back from its own address, whatever the tab', () => {
    const places: Place[] = [
      {
        tab: 'figures',
        scope: { ...usual, project: '3' },
        by: 'group',
        search: { ...noSearch, project: '3' },
        sample: 0,
      },
      {
        tab: 'issues',
        scope: usual,
        by: 'week',
        search: { ...noSearch, q: 'vpn & принтер', state: 'open', offset: 50 },
        sample: 0,
      },
      { tab: 'review', scope: usual, by: 'week', search: noSearch, sample: 7 },
    ];
    for (const place of places) expect(readPlace(writePlace(place, usual), usual)).toEqual(place);
    expect(writePlace({ tab: 'figures', scope: usual, by: 'week', search: noSearch, sample: 0 }, usual)).toBe('');
  });

  it('takes nothing that it does not know', () => {
    const place = readPlace('?tab=evil&from=2026-99-99&by=<b>&project=1;2&offset=-5&sample=x&sort=drop', usual);
    expect(place).toEqual({ tab: 'figures', scope: usual, by: 'week', search: noSearch, sample: 0 });
  });

  it('leaves out of an address what is empty', () => {
    expect(address('/issues', { q: '', project: null, limit: 5 })).toBe('/quality/api/issues?limit=5');
  });
});

describe('chart', () => {
  it('scales to the highest of values and marks, keeps gaps, and lets small values be seen', () => {
    const [a, b, c, d] = columnsOf(
      [
        { label: 'a', value: 10, mark: 100 },
        { label: 'b', value: null },
        { label: 'c', value: 0 },
        { label: 'd', value: 0.001 },
      ],
      100,
      104,
    );
    expect([a?.h, a?.mark, b?.h, c?.h, d?.h]).toEqual([10, 100, null, 0, 1.5]);
    expect(columnsOf([])).toEqual([]);
  });
});

describe('drafts', () => {
  it('are kept for each person and issue, and forgotten when empty', () => {
    const mine = new Drafts(1);
    expect(mine.put(5, { scores: { speed: 3 }, comment: 'Долго' })).toBe(true);
    expect(mine.get(5)).toEqual({ scores: { speed: 3 }, comment: 'Долго' });
    expect(mine.get(6)).toBeNull();
    expect(new Drafts(2).get(5)).toBeNull();
    mine.put(5, { scores: {}, comment: '  ' });
    expect(localStorage.length).toBe(0);
  });

  it('never grow beyond a hundred, and survive strange bytes', () => {
    const mine = new Drafts(1);
    vi.useFakeTimers();
    for (let i = 0; i < 120; i++) {
      vi.setSystemTime(i * 1000);
      mine.put(i, { scores: { speed: 1 }, comment: '' });
    }
    expect(localStorage.length).toBe(100);
    expect(mine.get(0)).toBeNull();
    expect(mine.get(119)).not.toBeNull();
    localStorage.setItem('tez.quality.draft.1.119', '{"scores": 5');
    expect(mine.get(119)).toBeNull();
  });

  it('say so when the browser has no room', () => {
    const full = { getItem: () => null, removeItem: () => undefined, key: () => null, length: 0 };
    const drafts = new Drafts(1, {
      ...full,
      setItem: () => {
        throw new DOMException('full', 'QuotaExceededError');
      },
    });
    expect(drafts.put(1, { scores: { speed: 1 }, comment: '' })).toBe(false);
  });
});

class Wire {
  handlers: { snapshot?: (one: never) => void; event?: (one: never) => void } = {};
  faults: ((fault: never) => void)[] = [];
  left = 0;
  subscribe = (_topic: string, handlers: typeof this.handlers) => {
    this.handlers = handlers;
    return () => void this.left++;
  };
  on = (_type: string, fn: (fault: never) => void) => {
    this.faults.push(fn);
    return () => void this.left++;
  };
  tell(data: unknown): void {
    this.handlers.event?.({ data } as never);
  }
}

describe('live', () => {
  it('makes one portion of a burst, and a hint of more than can be counted', () => {
    vi.useFakeTimers();
    const wire = new Wire();
    const live = new Live(wire as never);
    const told: number[][] = [];
    let missed = 0;
    live.onChange((ids) => told.push([...ids]));
    live.onMissed(() => void missed++);
    wire.handlers.snapshot?.({} as never);
    wire.tell({ ids: [1, 2], more: false });
    wire.tell({ ids: [2, 3], more: false });
    wire.tell({ ids: 'x' });
    wire.tell(null);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(300);
    expect(told).toEqual([[1, 2, 3]]);
    wire.tell({ ids: [4], more: true });
    vi.advanceTimersByTime(300);
    expect([told.length, missed]).toEqual([1, 1]);
    wire.handlers.snapshot?.({} as never); // a second one: there was a gap
    expect(missed).toBe(2);
    live.close();
    expect(wire.left).toBe(2);
  });

  it('is denied by the hub for good, until somebody tries again', () => {
    const wire = new Wire();
    const live = new Live(wire as never);
    for (const fault of wire.faults) fault({ topic: 'quality', temporary: true } as never);
    for (const fault of wire.faults) fault({ topic: 'ops', temporary: false } as never);
    expect(live.denied).toBe(false);
    for (const fault of wire.faults) fault({ topic: 'quality', temporary: false } as never);
    expect(live.denied).toBe(true);
    live.retry();
    expect(live.denied).toBe(false);
  });
});
