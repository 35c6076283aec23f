// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeInbox, item, sample } from '../../src/gallery/fake';
import { setLocale } from '../../src/i18n/index';
import { TezInboxList } from '../../src/inbox/list';

let list: TezInboxList;
let store: FakeInbox;

async function open(items = sample(), page = true): Promise<void> {
  store = new FakeInbox(items);
  list = new TezInboxList();
  list.page = page;
  list.store = store;
  document.body.append(list);
  await list.updateComplete;
}

beforeEach(() => setLocale('ru'));

afterEach(() => {
  list.remove();
  history.replaceState(null, '', '/');
  vi.useRealTimers();
});

const $ = <T extends Element = HTMLElement>(selector: string): T | null =>
  list.shadowRoot?.querySelector<T>(selector) ?? null;
const rows = (): HTMLElement[] => [...(list.shadowRoot?.querySelectorAll<HTMLElement>('.row') ?? [])];
const titles = (): string[] => rows().map((row) => row.querySelector('.title')?.textContent?.trim() ?? '');
const mains = (): HTMLElement[] => [...(list.shadowRoot?.querySelectorAll<HTMLElement>('.main') ?? [])];

async function press(code: string, key: string, more: KeyboardEventInit = {}): Promise<void> {
  const target = list.shadowRoot?.activeElement ?? document.body;
  target.dispatchEvent(
    new KeyboardEvent('keydown', { code, key, bubbles: true, composed: true, cancelable: true, ...more }),
  );
  await list.updateComplete;
  await list.updateComplete;
}

const hover = async (on: boolean): Promise<void> => {
  $('.scroll')?.dispatchEvent(new Event(on ? 'pointerenter' : 'pointerleave'));
  await list.updateComplete;
};

describe('rows', () => {
  it('group a matter with its number of earlier events and unfold them', async () => {
    await open();
    const [first] = rows();
    expect(first?.querySelector('.plus')?.textContent?.trim()).toBe('+2');
    first?.querySelector<HTMLElement>('.plus')?.click();
    await list.updateComplete;
    expect(rows()[0]?.querySelectorAll('.earlier > li')).toHaveLength(2);
  });

  it('have the colour of how bad it is where that is known, else of their kind', async () => {
    const about = (type: string, data: object) => ({
      ...item(1, data as Parameters<typeof item>[1]),
      id: JSON.stringify([type, data]),
      type,
    });
    await open([
      about('net.down', { kind: 'network', group: 'a' }),
      about('net.flapping', { kind: 'network', group: 'b' }),
      about('net.up', { kind: 'network', group: 'c', closes: 'c' }),
      about('probe.said', { kind: 'network', group: 'd' }),
      about('erp.notice', { kind: 'erp', group: 'e', critical: true }),
      about('redmine.comment', { kind: 'ticket', group: 'f' }),
    ]);
    const looks = rows().map((row) => row.querySelector('.kind')?.className.trim());
    expect(looks).toEqual([
      'kind network bad',
      'kind network warn',
      'kind network ok',
      'kind network',
      'kind erp bad',
      'kind ticket',
    ]);
  });

  it('show changes from old to new', async () => {
    await open();
    const text = rows()[3]?.querySelector('.changes')?.textContent?.replace(/\s+/g, ' ');
    expect(text).toContain('Статус: Новая → В работе');
  });

  it('never run text as HTML', async () => {
    await open([
      item(1, { text: '<img src=x onerror=alert(1)>', body: '<script>alert(1)</script>', url: 'javascript:alert(1)' }),
    ]);
    expect($('img')).toBeNull();
    expect($('script')).toBeNull();
    expect($('a.main')).toBeNull();
    expect(titles()[0]).toContain('<img');
  });

  it('change their language without a reload', async () => {
    await open();
    setLocale('en');
    await list.updateComplete;
    expect(titles()[0]).toContain('Anna Petrova commented');
  });

  it('have exactly one stop for the Tab key each on the current row', async () => {
    await open();
    expect(mains().filter((main) => main.getAttribute('tabindex') === '0')).toHaveLength(1);
  });
});

describe('live insert', () => {
  it('enters by itself at the top, untouched', async () => {
    await open();
    store.arrive(item(50, { text: 'новое' }));
    await list.updateComplete;
    expect(titles()[0]).toContain('новое');
    expect($('.pill')).toBeNull();
  });

  it('waits behind a pill while hovered and enters when the pointer goes', async () => {
    await open();
    const before = titles();
    await hover(true);
    for (let i = 50; i < 54; i++) store.arrive(item(i, { text: `новое ${i}` }));
    await list.updateComplete;
    expect(titles()).toEqual(before);
    expect($('.pill')?.textContent?.trim()).toBe('Новых: 4');
    await hover(false);
    expect(titles()[0]).toContain('новое 53');
    expect($('.pill')).toBeNull();
  });

  it('enters by a click on the pill, which hands the focus to the newest row', async () => {
    await open();
    await hover(true);
    store.arrive(item(50, { text: 'новое' }));
    await list.updateComplete;
    $('.pill')?.click();
    await list.updateComplete;
    await list.updateComplete;
    expect(titles()[0]).toContain('новое');
    expect(list.shadowRoot?.activeElement).toBe(mains()[0]);
  });

  it('keeps each event once', async () => {
    await open([item(1, {})]);
    for (let seq = 2; seq <= 6; seq++) store.arrive(item(seq, {}));
    await list.updateComplete;
    expect(rows().map((row) => row.dataset.seq)).toEqual(['6', '5', '4', '3', '2', '1']);
  });
});

describe('keyboard', () => {
  it('moves with j and k by physical keys, so on the Russian layout too', async () => {
    await open();
    await press('KeyJ', 'о');
    expect(list.shadowRoot?.activeElement).toBe(mains()[0]);
    await press('KeyJ', 'о');
    expect(list.shadowRoot?.activeElement).toBe(mains()[1]);
    await press('KeyK', 'л');
    expect(list.shadowRoot?.activeElement).toBe(mains()[0]);
  });

  it('finishes with e, hands the focus to the next row and takes it back with Ctrl+Z', async () => {
    await open();
    await press('KeyJ', 'j');
    const [first, second] = titles();
    await press('KeyE', 'e');
    expect(store.calls.at(-1)?.[0]).toBe('done');
    expect(titles()[0]).toBe(second);
    expect(list.shadowRoot?.activeElement).toBe(mains()[0]);
    await press('KeyZ', 'z', { ctrlKey: true });
    expect(store.calls.at(-1)?.[0]).toBe('undone');
    expect(titles()[0]).toBe(first);
  });

  it('turns read into unread and back with u', async () => {
    await open();
    await press('KeyU', 'г');
    expect(store.calls.at(-1)).toEqual(['read', ['e11']]);
    await press('KeyU', 'г');
    expect(store.calls.at(-1)).toEqual(['unread', ['e11']]);
  });

  it('stays out of the way while somebody types or holds Ctrl', async () => {
    await open();
    const input = document.createElement('input');
    document.body.append(input);
    input.dispatchEvent(new KeyboardEvent('keydown', { code: 'KeyE', key: 'e', bubbles: true, composed: true }));
    await press('KeyE', 'e', { ctrlKey: true });
    expect(store.calls).toEqual([]);
    input.remove();
  });
});

describe('opening', () => {
  it('marks the whole row read and tells the page, which may take over', async () => {
    await open();
    let told: unknown;
    list.addEventListener('tez-open', (event) => {
      told = (event as CustomEvent).detail.url;
      event.preventDefault();
    });
    mains()[0]?.click();
    expect(store.calls).toEqual([['read', ['e11']]]);
    expect(String(told)).toMatch(/\/tasks\/4812$/);
  });
});

describe('undo', () => {
  it('is offered for ten seconds after everything was marked read', async () => {
    vi.useFakeTimers();
    await open();
    $<HTMLElement>('.tools > button:nth-of-type(2)')?.click();
    await list.updateComplete;
    const [, ids] = store.calls[0] ?? [];
    expect(ids).toHaveLength(5);
    expect($('.bar')?.textContent).toContain('Прочитано: 5');
    vi.advanceTimersByTime(9900);
    await list.updateComplete;
    $<HTMLElement>('.bar button')?.click();
    expect(store.calls.at(-1)).toEqual(['unread', ids]);
  });

  it('ends after ten seconds, but not while the pointer is on it', async () => {
    vi.useFakeTimers();
    await open();
    await press('KeyE', 'e');
    $('.bar')?.dispatchEvent(new Event('pointerenter'));
    vi.advanceTimersByTime(30_000);
    await list.updateComplete;
    expect($('.bar button')).not.toBeNull();
    $('.bar')?.dispatchEvent(new Event('pointerleave'));
    vi.advanceTimersByTime(10_000);
    await list.updateComplete;
    expect($('.bar button')).toBeNull();
  });

  it('says why when the server refuses, and shows the row again', async () => {
    await open();
    const [first] = titles();
    await press('KeyE', 'e');
    store.undoDone(['e11', 'e5', 'e4']);
    store.fail(new Error('нет прав'));
    await list.updateComplete;
    expect(titles()[0]).toBe(first);
    expect($('.bar')?.textContent).toContain('Не удалось сохранить: нет прав');
  });
});

describe('filters', () => {
  it('stand in the address of a page and come back from it', async () => {
    history.replaceState(null, '', '/?kind=network');
    await open();
    expect(rows().every((row) => row.querySelector('.kind.network'))).toBe(true);
    $<HTMLElement>('.chip.push')?.click();
    await list.updateComplete;
    expect(location.search).toBe('?kind=network&unread=1');
  });

  it('leave the address of a foreign page alone', async () => {
    await open(sample(), false);
    $<HTMLElement>('.chip.push')?.click();
    expect(location.search).toBe('');
  });

  it('keep a row that was just read while the list is in use', async () => {
    await open();
    $<HTMLElement>('.chip.push')?.click();
    await list.updateComplete;
    const before = titles().length;
    await hover(true);
    await press('KeyU', 'u');
    expect(titles()).toHaveLength(before);
    await hover(false);
    expect(titles()).toHaveLength(before - 1);
  });
});

describe('states', () => {
  it('say empty, loading, failed and nothing for this filter', async () => {
    await open([]);
    expect($('tez-empty')).not.toBeNull();
    store.set({ loading: true });
    await list.updateComplete;
    expect($('tez-loading')).not.toBeNull();
    store.set({ loading: false, error: new Error('HTTP 503') });
    await list.updateComplete;
    expect($('tez-error')).not.toBeNull();
    $('tez-error')?.dispatchEvent(new CustomEvent('retry'));
    expect(store.calls).toEqual([['load']]);
  });

  it('date the data while the link is down', async () => {
    await open();
    list.staleSince = new Date(2026, 10, 24, 14, 5).getTime();
    await list.updateComplete;
    expect($('.note.stale')?.textContent).toMatch(/Данные на .*14:05/);
    expect($('.view.stale')).not.toBeNull();
  });

  it('hold at most 500 rows', async () => {
    await open(Array.from({ length: 700 }, (_, i) => item(700 - i, {})));
    expect(rows()).toHaveLength(500);
  });

  it('leave nothing behind in the store when removed', async () => {
    await open();
    for (let i = 0; i < 5; i++) {
      list.remove();
      document.body.append(list);
      await list.updateComplete;
    }
    expect(store.listeners).toBe(1);
    list.remove();
    expect(store.listeners).toBe(0);
  });
});
