// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setLocale } from '../../../src/i18n/index';
import type { TicketApi } from '../../../src/tickets/detail/api';
import type { NavComposer } from '../../../src/tickets/detail/composer';
import '../../../src/tickets/detail/page';
import type { NavTicket } from '../../../src/tickets/detail/page';
import type { TicketSession } from '../../../src/tickets/detail/session';
import { setServerClock } from '../../../src/ui/clock';
import { FakeHub, journal, json, NOW, petrova, Server, sidorov, statuses, task } from './server';

let server: Server;
let hub: FakeHub;
let page: NavTicket;

const all = (selector: string, root: ParentNode = page.shadowRoot as ShadowRoot): HTMLElement[] => {
  const found = [...root.querySelectorAll<HTMLElement>(selector)];
  for (const one of root.querySelectorAll('*')) if (one.shadowRoot) found.push(...all(selector, one.shadowRoot));
  return found;
};
const one = <T extends HTMLElement = HTMLElement>(selector: string): T => {
  const [found] = all(selector);
  if (!found) throw new Error(`no ${selector}`);
  return found as T;
};
const text = (node: Node = page): string => {
  if (node.nodeType === 3) return (node as Text).data;
  if (node.nodeName === 'STYLE') return '';
  const shadow = (node as HTMLElement).shadowRoot;
  return [...(shadow ? [shadow] : []), ...node.childNodes].map(text).join(' ').replace(/\s+/g, ' ');
};
const type = (words: string): void => {
  const area = one<HTMLTextAreaElement>('textarea');
  area.value = words;
  area.dispatchEvent(new Event('input', { bubbles: true }));
};
const press = (code: string): void => {
  document.dispatchEvent(new KeyboardEvent('keydown', { code, key: code, bubbles: true }));
};

async function open(viewer: unknown = null): Promise<void> {
  page = document.createElement('nav-ticket');
  page.number = 42;
  page.session = { base: 'https://nav.example', boot: { user: { id: 1 }, csrf: 'csrf', viewer }, hub } as TicketSession;
  document.body.append(page);
  await vi.waitFor(() => expect(text()).toMatch(/История|Такой заявки|не видна|не отвечает/));
}

beforeEach(() => {
  setLocale('ru');
  setServerClock(() => NOW);
  localStorage.clear();
  server = new Server();
  hub = new FakeHub();
});
afterEach(() => {
  document.body.replaceChildren();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the page', () => {
  it('shows what the ticket is and what happened, changes in words', async () => {
    const words = 'Статус: Новая → В работе';
    const change = { field: 'status', label: 'Статус', old: 'Новая', new: 'В работе', text: words };
    server.task = task({ journals: [journal(1), journal(2, { source: '', html: '', changes: [change] })] });
    const titles: unknown[] = [];
    document.body.addEventListener('place', (event) => titles.push((event as CustomEvent).detail));
    await open();
    expect(one('h1').textContent).toBe('Не печатает принтер');
    expect(text()).toContain(words);
    expect(one('.rich strong').textContent).toBe('3');
    expect(titles.at(-1)).toBe('#42 Не печатает принтер');
    one('[aria-label="Что показывать"] button:last-child').click();
    await vi.waitFor(() => expect(text()).not.toContain(words));
    expect(text()).toContain('Запись 1');
  });

  it('draws the last forty steps of a long history, and the others on demand', async () => {
    server.task = task({ version: '7-300', journals: Array.from({ length: 300 }, (_, i) => journal(i + 1)) });
    await open();
    expect(all('ol > li')).toHaveLength(40);
    one('.earlier').click();
    await vi.waitFor(() => expect(all('ol > li')).toHaveLength(140));
  });

  it('marks what is new since the last look, and brings it into view', async () => {
    localStorage.setItem('tez.ticket.looked.1', '[[42,1]]');
    server.task = task({ journals: [journal(1), journal(2, { author: petrova }), journal(3)] });
    await open();
    expect(one('.news').textContent?.trim()).toBe('Новое: 1 запись');
    expect(all('li.fresh')).toHaveLength(1);
    expect(localStorage.getItem('tez.ticket.looked.1')).toBe('[[42,3]]');
    expect(server.asked.find((one) => one.path === '/read')?.body).toEqual({ version: '7-3' });
  });

  it('takes a colleague’s change while words stay in the field', async () => {
    await open();
    hub.snapshot({ version: '7-3', viewers: {} });
    type('Пишу');
    server.colleague({ status: statuses[1] }, { source: 'Я первый', html: '<p>Я первый</p>' });
    hub.event('ticket.changed', { version: '8-4', by: 7, at: '' });
    await vi.waitFor(() => expect(text()).toContain('Я первый'));
    expect(text()).toContain('В работе');
    expect(one<HTMLTextAreaElement>('textarea').value).toBe('Пишу');
    expect(all('li.fresh')).toHaveLength(1);
  });

  it('says what stands in the way of seeing it', async () => {
    server.instead('/', () => json({ error: { code: 'not_found', message: '' } }, 404));
    await open();
    expect(text()).toContain('Такой заявки нет');
    page.remove();
    server.instead('/', () => json({ error: { code: 'redmine_away', message: '' } }, 503));
    await open();
    one('tez-error').dispatchEvent(new CustomEvent('retry'));
    await vi.waitFor(() => expect(text()).toContain('Принтер на'));
  });

  it('dates old data and refuses to send without a link, keeping the words', async () => {
    await open();
    hub.link('waiting');
    await page.updateComplete;
    expect(text()).toContain('Нет связи с сервером. Данные на');
    type('Важное');
    one('form button[type=submit]').click();
    await page.updateComplete;
    await vi.waitFor(() => expect(text()).toContain('Текст сохранён черновиком'));
    expect(server.writes()).toEqual([]);
    expect(one<HTMLTextAreaElement>('textarea').value).toBe('Важное');
  });

  it('lets nobody act who looks as somebody else', async () => {
    await open({ id: 9 });
    expect(all('nav-pick')).toEqual([]);
    expect(all('textarea')).toEqual([]);
    expect(server.asked.some((one) => one.path === '/read')).toBe(false);
  });
});

describe('the composer', () => {
  it('sends once by a double click, shows it at once, and empties itself when it is taken', async () => {
    await open();
    type('Готово');
    await page.updateComplete;
    let release = (): void => undefined;
    server.hold = new Promise((resolve) => {
      release = resolve;
    });
    const button = one('form button[type=submit]');
    button.click();
    button.click();
    await vi.waitFor(() => expect(all('li.sending')).toHaveLength(1));
    expect(one<HTMLTextAreaElement>('textarea').value).toBe('Готово');
    release();
    await vi.waitFor(() => expect(one<HTMLTextAreaElement>('textarea').value).toBe(''));
    expect(server.writes()).toHaveLength(1);
    expect(server.writes()[0]?.body).toMatchObject({ text: 'Готово', private: false, version: '7-3' });
    expect(localStorage.getItem('tez.ticket.draft.1.42')).toBeNull();
  });

  it('keeps the words through a conflict that is left alone, and sends them when it is answered', async () => {
    await open();
    type('Моё слово');
    server.colleague({}, { source: 'Чужое', html: '<p>Чужое</p>' });
    await page.updateComplete;
    one('form button[type=submit]').click();
    await vi.waitFor(() => expect(text()).toContain('1 новый комментарий'));
    expect(text(one('nav-conflict'))).toContain('Моё слово');
    one('nav-conflict').dispatchEvent(new CustomEvent('decide', { detail: null }));
    await vi.waitFor(() => expect(one('form button[type=submit]').getAttribute('aria-disabled')).toBe('false'));
    expect(one<HTMLTextAreaElement>('textarea').value).toBe('Моё слово');
    one('form button[type=submit]').click();
    await vi.waitFor(() => expect(one<HTMLTextAreaElement>('textarea').value).toBe(''));
    expect(server.writes().map((one) => one.body.version)).toEqual(['7-3', '8-4']);
  });

  it('quotes the last comment by a key, and is private by its switch', async () => {
    await open();
    press('KeyR');
    await vi.waitFor(() => expect(one<HTMLTextAreaElement>('textarea').value).toContain('> Запись 3'));
    const toggle = one<HTMLInputElement>('input[role=switch]');
    toggle.click();
    await vi.waitFor(() => expect(all('form.private')).toHaveLength(1));
    one('form button[type=submit]').click();
    await vi.waitFor(() => expect(server.writes()[0]?.body.private).toBe(true));
  });

  it('keeps files out of a private comment, and says why', async () => {
    await open();
    const composer = one<NavComposer>('nav-composer');
    composer.api = {
      ...(composer.api as TicketApi),
      upload: (async () => ({ token: '1.ab~YQ', name: 'a.txt', size: 3 })) as unknown as TicketApi['upload'],
    };
    await composer.updateComplete;
    one<HTMLInputElement>('input[role=switch]').click();
    const drop = new Event('drop', { bubbles: true, cancelable: true });
    Object.assign(drop, { dataTransfer: { files: [new File(['abc'], 'a.txt')] } });
    one('form').dispatchEvent(drop);
    await vi.waitFor(() => {
      one('form button[type=submit]').click();
      expect(one('.fault').textContent).toContain('видит каждый');
    });
    expect(server.writes()).toEqual([]);
  });

  it('puts a person’s login after @ by keys, without sending', async () => {
    await open();
    const area = one<HTMLTextAreaElement>('textarea');
    area.value = 'Спроси @си';
    area.setSelectionRange(10, 10);
    area.dispatchEvent(new Event('input', { bubbles: true }));
    await vi.waitFor(() =>
      expect(all('li[role=option]').map((one) => one.textContent?.trim())).toEqual([sidorov.name]),
    );
    area.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
    await vi.waitFor(() => expect(area.value).toBe('Спроси @sidorov '));
    expect(server.writes()).toEqual([]);
  });

  it('takes the draft of another device when nothing is typed here', async () => {
    server.draft = { text: 'С телефона', private: true, base: '7-3', saved_at: '2026-11-29T11:00:00Z', device: 'p' };
    await open();
    await vi.waitFor(() => expect(one<HTMLTextAreaElement>('textarea').value).toBe('С телефона'));
    expect(one<HTMLInputElement>('input[role=switch]').checked).toBe(true);
  });
});

describe('a comment with a status', () => {
  const pick = async (label: string): Promise<void> => {
    const picker = one<HTMLElement & { open(): void }>('nav-pick.status');
    picker.open();
    const option = () =>
      all('li[role=option]', picker.shadowRoot as ShadowRoot).find((one) => one.textContent?.includes(label));
    await vi.waitFor(() => expect(option()).toBeTruthy());
    option()?.click();
  };

  it('goes as one step, and the next comment keeps the status again', async () => {
    await open();
    type('Готово, проверьте');
    await pick('Закрыта');
    one<HTMLFormElement>('form').dispatchEvent(new Event('submit', { cancelable: true }));
    await vi.waitFor(() => expect(server.task.status.name).toBe('Закрыта'));
    expect(server.writes().map(({ path, body }) => [path, body])).toEqual([
      ['/status', { status_id: 5, comment: 'Готово, проверьте', private: false, version: '7-3' }],
    ]);
    await vi.waitFor(() => expect(one<HTMLTextAreaElement>('textarea').value).toBe(''));
    expect(text(one('nav-pick.status'))).toContain('Статус не менять');
  });

  it('says nothing of a status that is left alone', async () => {
    await open();
    type('Просто слова');
    await pick('Статус не менять');
    one<HTMLFormElement>('form').dispatchEvent(new Event('submit', { cancelable: true }));
    await vi.waitFor(() => expect(server.writes().map(({ path }) => path)).toEqual(['/comments']));
  });
});

describe('the pickers', () => {
  it('offers what the server offers, narrows it by what is typed, and sends the choice', async () => {
    await open();
    press('KeyS');
    await vi.waitFor(() => expect(all('li[role=option]').length).toBeGreaterThan(1));
    const input = one<HTMLInputElement>('input[role=combobox]');
    input.value = 'закр';
    input.dispatchEvent(new Event('input', { bubbles: true }));
    await vi.waitFor(() => expect(all('li[role=option]').map((one) => one.textContent?.trim())).toHaveLength(1));
    input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
    await vi.waitFor(() => expect(server.task.status.name).toBe('Закрыта'));
    expect(server.writes()[0]?.body).toEqual({ status_id: 5, version: '7-3' });
  });

  it('takes an Enter that came before the answer as meant for what was typed, never for what stood there before', async () => {
    await open();
    press('KeyS');
    await vi.waitFor(() => one('input[role=combobox]'));
    const input = one<HTMLInputElement>('input[role=combobox]');
    input.value = 'закр';
    input.dispatchEvent(new Event('input', { bubbles: true }));
    input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
    await vi.waitFor(() => expect(server.task.status.name).toBe('Закрыта'));
    press('KeyA');
    await vi.waitFor(() => expect(all('li[role=option]').length).toBeGreaterThan(1));
    server.instead('/assignees', () => json({ assignees: [], more: false }));
    const who = one<HTMLInputElement>('input[role=combobox]');
    who.value = 'иван';
    who.dispatchEvent(new Event('input', { bubbles: true }));
    who.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
    await vi.waitFor(() => expect(text(one('nav-pick[data-field=assignee]'))).toContain('Ничего не нашлось'));
    expect(server.writes().map(({ path }) => path)).toEqual(['/status']);
  });

  it('asks the server for people by name', async () => {
    await open();
    press('KeyA');
    await vi.waitFor(() =>
      expect(all('li[role=option]').map((one) => one.textContent?.trim())).toContain(sidorov.name),
    );
  });
});
