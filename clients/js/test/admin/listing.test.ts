import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Query } from '../../src/admin/api';
import { Listing, lastOffset } from '../../src/admin/listing';
import type { Page } from '../../src/admin/types';

interface Row {
  readonly id: number;
}
interface Ask {
  readonly query: Query;
  readonly signal: AbortSignal;
  answer(page: Page<Row>): void;
  fail(error: Error): void;
}

let asks: Ask[];
let list: Listing<Row>;
const page = (total: number, ...ids: number[]): Page<Row> => ({ total, rows: ids.map((id) => ({ id })) });
const settled = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
  asks = [];
  list = new Listing<Row>(
    (query, signal) =>
      new Promise((answer, fail) => {
        asks.push({ query, signal, answer, fail });
      }),
    () => undefined,
  );
});
afterEach(() => vi.useRealTimers());

describe('a paged list', () => {
  it('asks once for what is typed quickly, and never for the same twice', async () => {
    list.want({ q: 'а' }, 250);
    list.want({ q: 'ан' }, 250);
    await vi.advanceTimersByTimeAsync(250);
    list.want({ q: 'ан' });
    list.want({ q: 'ан', offset: '' });
    expect(asks.map((ask) => ask.query)).toEqual([{ q: 'ан', limit: '50' }]);
  });

  it('cancels a question that another overtakes, and never shows its late answer', async () => {
    list.want({ q: 'а' });
    list.want({ q: 'б' });
    expect(asks[0]?.signal.aborted).toBe(true);
    asks[1]?.answer(page(1, 2));
    await settled();
    asks[0]?.answer(page(1, 1));
    await settled();
    expect(list.page?.rows).toEqual([{ id: 2 }]);
    expect(list.shown).toEqual({ q: 'б' });
  });

  it('keeps the last good page, and its age, when a refresh fails', async () => {
    list.want({});
    asks[0]?.answer(page(1, 1));
    await settled();
    const { at } = list;
    await vi.advanceTimersByTimeAsync(5000);
    list.refresh();
    asks[1]?.fail(new TypeError('down'));
    await settled();
    expect(list.page?.rows).toEqual([{ id: 1 }]);
    expect(list.error).toBeInstanceOf(TypeError);
    expect(list.at).toBe(at);
    expect(list.busy).toBe(false);
  });

  it('goes to the last page that there is when the one asked for has emptied', async () => {
    list.want({ offset: '100' });
    asks[0]?.answer(page(100));
    await settled();
    expect(asks[1]?.query.offset).toBe('50');
    asks[1]?.answer(page(100, 7));
    await settled();
    expect(list.shown?.offset).toBe('50');
    expect(list.page?.rows).toEqual([{ id: 7 }]);
  });

  it('takes a row out with its count', async () => {
    list.want({});
    asks[0]?.answer(page(60, 1, 2));
    await settled();
    list.patch((row) => (row.id === 1 ? null : row));
    expect(list.page).toEqual(page(59, 2));
  });

  it('knows where the last page of any number of rows begins', () => {
    expect([0, 1, 50, 51, 10_000, 10_001].map(lastOffset)).toEqual([0, 0, 0, 50, 9950, 10_000]);
  });
});
