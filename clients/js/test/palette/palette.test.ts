// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setLocale } from '../../src/i18n/index';
import { fits, type Hit, numberOf, sectionsFor } from '../../src/palette/entries';
import { onNavigate } from '../../src/palette/navigate';
import { offer } from '../../src/palette/offer';
import { isPaletteKey, PaletteOpener } from '../../src/palette/opener';
import type { NavPalette } from '../../src/palette/palette';
import { MOST_RECENT, recentTickets, rememberTicket } from '../../src/palette/recent';

const hit = (id: number, subject: string, more: Partial<Hit> = {}): Hit => ({
  id,
  subject,
  status: { name: 'Новая', closed: false },
  project: { name: 'Поддержка' },
  where: 'subject',
  snippet: [{ text: subject, hit: false }],
  ...more,
});

beforeEach(() => setLocale('ru'));

describe('what is offered', () => {
  const from = {
    targets: [
      { label: 'Входящие', href: '/' },
      { label: 'Управление', href: '/admin/' },
    ],
    actions: [{ id: 'dark', label: 'Тема: Тёмная', run: () => undefined }],
    recent: [{ id: 7, subject: 'Принтер не печатает' }],
    hits: [],
  };
  const labels = (typed: string, hits: Hit[] = []) =>
    sectionsFor(typed, { ...from, hits }).flatMap(({ entries }) => entries.map(({ label }) => label));

  it('is the recent tickets, the pages and the commands before anything is typed', () => {
    expect(sectionsFor('', from).map(({ name }) => name)).toEqual(['Недавние заявки', 'Разделы', 'Команды']);
  });

  it('fits by the beginnings of words, ё as е', () => {
    expect(labels('тем')[0]).toBe('Тема: Тёмная');
    expect(fits('Тема: Тёмная', 'темн')).toBe(true);
    expect(fits('Тема: Тёмная', 'емная')).toBe(false);
  });

  it('leads with a ticket by its number, before the server knows it', () => {
    expect(numberOf('№ 42')).toBe(42);
    expect(numberOf('42 порта')).toBeNull();
    expect(labels('#42')[0]).toBe('Открыть заявку № 42');
    expect(labels('42', [hit(42, 'Сканер')])[0]).toBe('Сканер');
  });

  it('shows found tickets once, and ends with the search in the list', () => {
    expect(labels('принтер', [hit(7, 'Принтер не печатает'), hit(8, 'Принтер в 12 кабинете')])).toEqual([
      'Принтер не печатает',
      'Принтер в 12 кабинете',
      'Искать «принтер» в списке заявок',
    ]);
  });

  it('marks the words where they were found', () => {
    const snippet = [
      { text: 'нет ', hit: false },
      { text: 'тонера', hit: true },
    ];
    const [section] = sectionsFor('тонер', { ...from, hits: [hit(9, 'Принтер', { where: 'note', snippet })] });
    expect(section?.entries[0]?.snippet?.map(({ text }) => text).join('')).toBe('в ответе: нет тонера');
  });
});

describe('recent tickets', () => {
  it('are kept newest first, bounded, for each person apart, and nonsense is as nothing', () => {
    localStorage.clear();
    for (let id = 1; id <= 20; id++) rememberTicket(1, { id, subject: `Тема ${id}` });
    rememberTicket(1, { id: 15, subject: 'Тема 15' });
    expect(
      recentTickets(1)
        .map(({ id }) => id)
        .slice(0, 2),
    ).toEqual([15, 20]);
    expect(recentTickets(1)).toHaveLength(MOST_RECENT);
    expect(recentTickets(2)).toEqual([]);
    localStorage.setItem('tez.tickets.recent.3', '[{"id":"x"},null]');
    expect(recentTickets(3)).toEqual([]);
  });
});

describe('the key', () => {
  const key = { code: 'KeyK', key: 'л', ctrlKey: true, metaKey: false, altKey: false, shiftKey: false };

  it('is Ctrl+K by its place, on the Russian layout too, and nothing else', () => {
    expect(isPaletteKey(key)).toBe(true);
    expect(isPaletteKey({ ...key, ctrlKey: false, metaKey: true })).toBe(true);
    expect(isPaletteKey({ ...key, shiftKey: true })).toBe(false);
    expect(isPaletteKey({ ...key, ctrlKey: false })).toBe(false);
    expect(isPaletteKey({ ...key, code: 'KeyL', key: 'k' })).toBe(false);
  });
});

describe('the palette', () => {
  let root: HTMLElement;
  let undo: () => void;
  let opener: HTMLButtonElement;
  let asked: string[];
  let ran: string[];

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    localStorage.clear();
    root = document.createElement('div');
    opener = document.createElement('button');
    document.body.append(root, opener);
    opener.focus();
    ran = [];
    asked = [];
    vi.stubGlobal('fetch', async (url: URL) => {
      asked.push(url.searchParams.get('q') ?? '');
      return new Response(JSON.stringify({ hits: [hit(7, 'Принтер')], took_ms: 3, partial: false }));
    });
    undo = new PaletteOpener(
      () => root,
      () => ({
        user: 1,
        targets: [{ label: 'Входящие', href: '/' }],
        actions: [{ id: 'dark', label: 'Тёмная тема', run: () => ran.push('dark') }],
      }),
      () => undefined,
    ).listen();
  });

  afterEach(() => {
    undo();
    root.remove();
    opener.remove();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  const palette = () => root.querySelector('nav-palette') as NavPalette;
  const field = () => palette().shadowRoot?.querySelector('input') as HTMLInputElement;
  const options = () => [...(palette().shadowRoot?.querySelectorAll<HTMLElement>('[role=option]') ?? [])];
  const chosen = () => palette().shadowRoot?.querySelector('[aria-selected=true] .label')?.textContent;

  async function show(): Promise<void> {
    opener.dispatchEvent(
      new KeyboardEvent('keydown', { code: 'KeyK', ctrlKey: true, bubbles: true, cancelable: true }),
    );
    await vi.waitFor(() => expect(palette()?.open).toBe(true));
  }

  async function type(text: string): Promise<void> {
    field().value = text;
    field().dispatchEvent(new Event('input'));
    await vi.advanceTimersByTimeAsync(130);
    await palette().updateComplete;
    await vi.advanceTimersByTimeAsync(0);
    await palette().updateComplete;
  }

  async function press(key: string, more: KeyboardEventInit = {}): Promise<void> {
    field().dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }));
    await palette().updateComplete;
  }

  it('takes what is typed before it is there, and lets none of it act on the page below', async () => {
    const below = vi.fn();
    document.addEventListener('keydown', below);
    opener.dispatchEvent(
      new KeyboardEvent('keydown', { code: 'KeyK', ctrlKey: true, bubbles: true, cancelable: true }),
    );
    below.mockClear();
    for (const key of ['п', 'э', 'Backspace', 'р'])
      opener.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    await vi.waitFor(() => expect(palette()?.open).toBe(true));
    expect(below).not.toHaveBeenCalled();
    expect(field().value).toBe('пр');
    await vi.advanceTimersByTimeAsync(130);
    expect(asked).toEqual(['пр']);
    opener.dispatchEvent(new KeyboardEvent('keydown', { key: 'x', bubbles: true, cancelable: true }));
    expect(below).toHaveBeenCalledOnce();
    document.removeEventListener('keydown', below);
  });

  async function early(...keys: string[]): Promise<void> {
    opener.dispatchEvent(
      new KeyboardEvent('keydown', { code: 'KeyK', ctrlKey: true, bubbles: true, cancelable: true }),
    );
    const below = vi.fn();
    document.addEventListener('keydown', below);
    for (const key of keys)
      opener.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    document.removeEventListener('keydown', below);
    expect(below).not.toHaveBeenCalled();
  }

  it('goes where an Enter before it was there meant, and not where what follows would', async () => {
    const went = vi.fn(() => true);
    const off = onNavigate(went);
    await early('#', '4', '2', 'Enter', '7');
    await vi.waitFor(() => expect(went).toHaveBeenCalled());
    off();
    expect(went.mock.calls).toEqual([[expect.objectContaining({ pathname: '/tasks/42' })]]);
    expect(palette().open).toBe(false);
  });

  it('does not open when Escape came first', async () => {
    await early('п', 'Escape');
    await vi.dynamicImportSettled();
    expect(palette()?.open ?? false).toBe(false);
    await show();
    expect(field().value).toBe('');
  });

  it('opens by Ctrl+K with the field in focus, and arrows choose without leaving it', async () => {
    await show();
    expect(palette().shadowRoot?.activeElement).toBe(field());
    expect(chosen()).toBe('Входящие');
    await press('ArrowDown');
    expect(chosen()).toBe('Тёмная тема');
    expect(field().getAttribute('aria-activedescendant')).toBe(options()[1]?.id);
    await press('ArrowDown');
    expect(chosen()).toBe('Входящие');
    expect(palette().shadowRoot?.activeElement).toBe(field());
  });

  it('runs a command by Enter after the focus is back where it was', async () => {
    await show();
    await type('темн');
    await press('Enter');
    expect(ran).toEqual(['dark']);
    expect(palette().open).toBe(false);
    expect(document.activeElement).toBe(opener);
  });

  it('asks the server once for what was typed last, opens what it found, and remembers it', async () => {
    let went = '';
    const off = onNavigate((to) => {
      went = to.pathname;
      return true;
    });
    await show();
    field().value = 'при';
    field().dispatchEvent(new Event('input'));
    await type('принтер');
    expect(asked).toEqual(['принтер']);
    expect(chosen()).toBe('Принтер');
    await press('Enter');
    off();
    expect(went).toBe('/tasks/7');
    expect(recentTickets(1)).toEqual([{ id: 7, subject: 'Принтер' }]);
  });

  it('says that tickets cannot be searched, and still offers pages and commands', async () => {
    vi.stubGlobal('fetch', async () => {
      throw new TypeError('offline');
    });
    await show();
    await type('вход');
    expect(palette().shadowRoot?.querySelector('.say')?.textContent).toBe('Заявки не ищутся: сервер не отвечает');
    expect(chosen()).toBe('Входящие');
  });

  it('offers what the areas in sight offer', async () => {
    const off = offer(() => [{ id: 'save', label: 'Сохранить вид', run: () => ran.push('save') }]);
    await show();
    await type('сохр');
    off();
    await press('Enter');
    expect(ran).toEqual(['save']);
  });
});
