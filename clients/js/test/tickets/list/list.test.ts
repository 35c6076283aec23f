// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setLocale } from '../../../src/i18n/index';
import { NavTicketList } from '../../../src/tickets/list/list';
import type { View } from '../../../src/tickets/list/types';
import { changeOf, FakeHub, FakeTasks, ticket, tickets } from './server';

let list: NavTicketList;
let server: FakeTasks;
let hub: FakeHub;
let said: string[];

async function open(search = ''): Promise<void> {
  history.replaceState(history.state, '', `/tasks/${search}`);
  list = new NavTicketList();
  list.say = (toast) => said.push(toast.text);
  list.session = { base: location.origin, boot: { csrf: 'token', user: { id: 1 } }, hub };
  document.body.append(list);
  await settle();
}

beforeEach(() => {
  setLocale('ru');
  vi.useFakeTimers();
  server = new FakeTasks();
  server.start();
  hub = new FakeHub();
  said = [];
});

afterEach(() => {
  list.remove();
  history.replaceState(null, '', '/');
  localStorage.clear();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Lets everything under way come to rest; time stands still unless `ms` go by. */
async function settle(ms = 0): Promise<void> {
  for (let i = 0; i < 4; i++) {
    await vi.advanceTimersByTimeAsync(i ? 0 : ms);
    await list.updateComplete;
  }
}

const $ = <T extends Element = HTMLElement>(selector: string): T | null =>
  list.shadowRoot?.querySelector<T>(selector) ?? null;
const all = (selector: string): HTMLElement[] => [...(list.shadowRoot?.querySelectorAll<HTMLElement>(selector) ?? [])];
const ids = (): number[] => all('.row[data-id]').map((row) => Number(row.dataset.id));
const main = (id: number) => $(`.row[data-id="${id}"] .main`);
const dialog = () => $('nav-ticket-change')?.shadowRoot;
const words = (selector: string) => $(selector)?.textContent?.replace(/\s+/g, ' ').trim() ?? '';

const saved = (id: string, name: string, more: Partial<View> = {}): View => ({
  ...{ id, name, query: {}, builtin: false, count: 1, unread: 0, source: 'redmine' },
  ...more,
});
const savedEntries = (): HTMLElement[] => [
  ...($('tez-menu.saved')?.shadowRoot?.querySelectorAll<HTMLElement>('[role^=menuitem]') ?? []),
];

async function press(code: string, more: KeyboardEventInit = {}): Promise<void> {
  const target = list.shadowRoot?.activeElement ?? document.body;
  target.dispatchEvent(
    new KeyboardEvent('keydown', { code, bubbles: true, composed: true, cancelable: true, ...more }),
  );
  await settle();
}

/** A change that the hub tells of, and what the list makes of it. */
async function told(...changed: number[]): Promise<void> {
  hub.tell(`tickets:mine`, { ids: Object.fromEntries(changed.map((id) => [id, `${id}-${server.asked.length}`])) });
  await settle(1100);
}

describe('the list', () => {
  it('asks for the view of its address and shows its rows, the unread ones marked', async () => {
    server.rows = [ticket(2, { unread: true }), ticket(1)];
    await open('?view=all&status=closed&sort=priority');
    const [asked] = server.of('tasks');
    expect(Object.fromEntries(asked?.query ?? [])).toEqual({
      view: 'all',
      status: 'closed',
      sort: 'priority',
      offset: '0',
      limit: '100',
    });
    expect(ids()).toEqual([2, 1]);
    expect($('.row[data-id="2"]')?.classList.contains('unread')).toBe(true);
    expect(main(2)?.textContent).toContain('Не прочитано');
    expect(main(2)?.getAttribute('href')).toBe('/tasks/2');
  });

  it('shows views with their counts, the current one named so', async () => {
    await open();
    expect(words('.views')).toContain('Мои3');
    expect($('.views [aria-current=page]')?.textContent).toContain('Мои');
    expect(words('.unread-count .sr')).toBe('непрочитанных: 1');
  });

  it('has the queries saved in Redmine in a menu, with counts; the open one stands in the strip', async () => {
    server.views.push(
      saved('redmine-7', 'Срочные', { count: 12 }),
      saved('redmine-8', 'Просроченные', { count: null }),
    );
    await open();
    expect(words('.views')).not.toContain('Срочные');
    expect(savedEntries().map((one) => one.textContent?.replace(/\s+/g, ''))).toEqual(['Срочные12', 'Просроченные']);
    savedEntries()[0]?.click();
    await settle();
    expect(location.search).toBe('?view=redmine-7');
    expect(server.of('tasks').at(-1)?.query.get('view')).toBe('redmine-7');
    expect($('.views [aria-current=page]')?.textContent).toContain('Срочные');
    expect($('.views button')).toBeNull(); // nothing to rename: it is Redmine's
  });

  it('greys a query that works in Redmine only, says why, and opens it there', async () => {
    const reason = 'Фильтр «Файл» работает только в Redmine.';
    server.views.push(saved('redmine-9', 'С файлами', { reason, url: 'https://redmine.test/issues?query_id=9' }));
    await open();
    const [entry] = savedEntries();
    expect(entry?.textContent).toContain(reason);
    expect(entry?.classList.contains('muted')).toBe(true);
    expect(entry?.getAttribute('href')).toBe('https://redmine.test/issues?query_id=9');
    expect(entry?.getAttribute('target')).toBe('_blank');
  });

  it('does not offer to keep what a saved query asks beyond its filters', async () => {
    server.views.push(saved('redmine-7', 'Срочные', { beyond: true }));
    await open('?view=redmine-7&status=closed');
    expect(all('.top button').some((one) => one.textContent?.includes('Сохранить вид'))).toBe(false);
  });

  it('keeps its page small over ten thousand tickets, and asks for what comes in sight', async () => {
    server.rows = tickets(1, 10_000);
    await open('?view=all');
    expect(all('.row').length).toBeLessThan(130);
    const scroller = $('.scroll');
    if (scroller) scroller.scrollTop = 44 * 5000;
    scroller?.dispatchEvent(new Event('scroll'));
    await settle();
    expect(ids()).toContain(5000);
    expect(all('.row').length).toBeLessThan(130);
    expect(server.of('tasks').map((one) => one.query.get('offset'))).toContain('5000');
  });

  it('says why there is nothing', async () => {
    server.rows = [];
    await open();
    expect($('tez-empty')?.getAttribute('heading') ?? ($('tez-empty') as unknown as { heading: string }).heading).toBe(
      'У вас нет открытых заявок',
    );
  });

  it('says what failed and asks again', async () => {
    server.refuse.set('tasks', [503, 'redmine_away']);
    await open();
    const error = $('tez-error') as unknown as { text: string } & HTMLElement;
    expect(error.text).toBe('нельзя: redmine_away');
    server.refuse.clear();
    error.dispatchEvent(new CustomEvent('retry'));
    await settle();
    expect(ids()).toEqual([3, 2, 1]);
  });

  it('keeps its rows when the link is lost, dimmed and dated, and looks again when it is back', async () => {
    await open();
    hub.become('waiting');
    await settle();
    expect(words('.note')).toMatch(/^Нет связи\. Данные на /);
    expect($('.view')?.classList.contains('stale')).toBe(true);
    expect(ids()).toEqual([3, 2, 1]);
    server.rows = tickets(1, 4);
    hub.become('open');
    await settle();
    expect($('.note')).toBeNull();
    expect(ids()).toEqual([4, 3, 2, 1]);
  });
});

describe('live', () => {
  it('lets a change in at once while nobody is at the list', async () => {
    await open();
    server.rows = [ticket(4), ...server.rows];
    await told(4);
    expect(ids()).toEqual([4, 3, 2, 1]);
  });

  it('never moves a row under the pointer: what comes waits behind the pill, what a row says changes in place', async () => {
    await open();
    $('.rows')?.dispatchEvent(new Event('pointerenter'));
    server.rows = [ticket(4), ticket(1, { subject: 'Иначе' }), ticket(3), ticket(2)];
    await told(4, 1);
    expect(ids()).toEqual([3, 2, 1]);
    expect(main(1)?.textContent).toContain('Иначе');
    expect($('.pill')?.textContent).toBe('Новых: 1 · обновлено: 1');
    $('.pill')?.click();
    await settle();
    expect(ids()).toEqual([4, 1, 3, 2]);
    expect($('.pill')).toBeNull();
    expect(list.shadowRoot?.activeElement).toBe(main(4));
  });

  it('keeps the pill while the focus is on it', async () => {
    await open();
    main(3)?.focus();
    server.rows = [ticket(4), ticket(3), ticket(2), ticket(1)];
    await told(4);
    $('.pill')?.focus();
    await settle();
    expect(list.shadowRoot?.activeElement).toBe($('.pill'));
    expect(ids()).toEqual([3, 2, 1]);
    $('.pill')?.blur();
    await settle();
    expect(ids()).toEqual([4, 3, 2, 1]);
  });

  it('gives the focus that it has in place of rows to the first row that comes', async () => {
    server.rows = [];
    await open();
    list.shadowRoot?.querySelector<HTMLElement>('.text')?.focus();
    $('.text')?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
    await settle();
    expect(list.shadowRoot?.activeElement).toBe($('.scroll'));
    server.rows = [ticket(1)];
    await told(1);
    expect(list.shadowRoot?.activeElement).toBe(main(1));
  });

  it('looks again when something changed while the answer was under way', async () => {
    let go = (): void => undefined;
    server.gate = new Promise((done) => {
      go = done;
    });
    await open();
    hub.tell('tickets:mine', { ids: { 3: '2-2' } });
    await settle(1100);
    server.gate = null;
    go();
    await settle();
    expect(server.of('tasks')).toHaveLength(2);
  });

  it('looks again when the topic’s last change is as new as the rows', async () => {
    await open();
    hub.snapshot('tickets:mine', { ids: { 3: '2-2' }, at: new Date(Date.now() - 60_000).toISOString() });
    await settle();
    expect(server.of('tasks')).toHaveLength(1);
    list.remove();
    await open();
    hub.snapshot('tickets:mine', { ids: { 3: '2-2' }, at: new Date(Date.now() - 500).toISOString() });
    await settle();
    expect(server.of('tasks')).toHaveLength(3);
  });

  it('never moves rows while something is chosen', async () => {
    await open();
    await press('KeyX');
    server.rows = [ticket(1), ticket(3), ticket(2)];
    await told(1);
    expect(ids()).toEqual([3, 2, 1]);
    await press('Escape');
    expect(ids()).toEqual([1, 3, 2]);
  });

  it('marks a row that left the filter and lets it go when the list may move', async () => {
    await open();
    $('.rows')?.dispatchEvent(new Event('pointerenter'));
    server.rows = [ticket(3), ticket(1)];
    await told(2);
    expect($('.row[data-id="2"]')?.classList.contains('gone')).toBe(true);
    $('.rows')?.dispatchEvent(new Event('pointerleave'));
    await settle();
    expect(ids()).toEqual([3, 1]);
  });

  it('asks now and then where the topic is not this person’s to read', async () => {
    await open();
    hub.refuse('tickets:mine');
    server.rows = tickets(1, 4);
    await settle(61_500);
    expect(ids()).toEqual([4, 3, 2, 1]);
  });

  it('follows everything for a view of one’s own', async () => {
    await open('?view=7');
    expect([...hub.topics.keys()]).toEqual(['tickets:all']);
  });

  it('asks once for a burst, and for the counts of the views after it', async () => {
    await open();
    const before = server.of('tasks').length;
    for (let i = 0; i < 50; i++) hub.tell('tickets:mine', { ids: { [i + 1]: 'x' } });
    await settle(900);
    expect(server.of('tasks').length - before).toBe(1);
    await settle(2100);
    expect(server.of('views').length).toBe(2);
  });
});

describe('keyboard', () => {
  it('moves, opens and chooses without a mouse', async () => {
    await open();
    await press('KeyJ');
    expect(list.shadowRoot?.activeElement).toBe(main(3));
    await press('KeyJ');
    await press('KeyX');
    await press('KeyJ', { shiftKey: true });
    expect(words('.bulk .say')).toBe('Выбрано 2');
    await press('Home');
    expect(list.shadowRoot?.activeElement).toBe(main(3));
    let opened = '';
    document.addEventListener(
      'click',
      (event) => {
        opened = (event.composedPath()[0] as HTMLAnchorElement).getAttribute('href') ?? '';
        event.preventDefault();
      },
      { once: true },
    );
    await press('KeyO');
    expect(opened).toBe('/tasks/3');
  });

  it('leaves keys to a field that somebody types in', async () => {
    await open();
    $<HTMLInputElement>('.text')?.focus();
    await press('KeyX');
    expect($('.bulk')).toBeNull();
  });

  it('tells the server what was read', async () => {
    server.rows = [ticket(1, { unread: true, version: '3-7' })];
    await open();
    await press('KeyU');
    expect($('.row.unread')).toBeNull();
    expect(server.of('task/1/read', 'POST')[0]?.body).toEqual({ version: '3-7' });
  });

  it('does nothing while the list is behind a single ticket', async () => {
    await open();
    list.active = false;
    await settle();
    await press('KeyX');
    expect($('.bulk')).toBeNull();
  });
});

describe('many tickets', () => {
  const submit = async () => {
    dialog()
      ?.querySelector('form')
      ?.dispatchEvent(new Event('submit', { cancelable: true }));
    await settle();
  };
  const choose = async (index: number) => {
    dialog()?.querySelectorAll<HTMLInputElement>('.choices input')[index]?.click();
    await settle();
  };

  it('get one change with one request, show progress and can be changed back', async () => {
    await open();
    await press('KeyX');
    await press('KeyJ', { shiftKey: true });
    await press('KeyS');
    await choose(1);
    await submit();
    const [sent] = server.of('bulk', 'POST');
    expect(sent?.body).toEqual({ ids: [3, 2], change: { status_id: 2 } });
    expect(sent?.headers.get('Idempotency-Key')).toMatch(/^[A-Za-z0-9._-]{1,64}$/);
    hub.tell('bulk:job1', { done: 1, total: 2, failed: [], state: 'running' });
    await settle();
    expect(words('.bulk .say')).toBe('Изменено 1 из 2');
    hub.tell('bulk:job1', { done: 2, total: 2, failed: [], state: 'done', back: { 3: {}, 2: {} } });
    await settle();
    expect(words('.bulk .say')).toBe('Изменены 2 заявки');
    await press('KeyZ', { ctrlKey: true });
    expect(server.of('bulk/job1/undo', 'POST')).toHaveLength(1);
    hub.tell('bulk:job2', { done: 2, total: 2, failed: [], state: 'done' });
    await settle();
    expect(words('.bulk .say')).toBe('Возвращены 2 заявки');
  });

  it('name each failure with its reason and try only those again', async () => {
    await open();
    await press('KeyX');
    await press('KeyJ', { shiftKey: true });
    await press('KeyP');
    await choose(0);
    await submit();
    const failed = [{ id: 2, code: 'not_allowed', message: 'Нет права' }];
    hub.tell('bulk:job1', { done: 2, total: 2, failed, state: 'done' });
    await settle();
    expect(words('.bulk .say')).toBe('Изменена 1 заявка, не получилось: 1');
    expect(words('.bulk details li')).toBe('№ 2 Нет права');
    [...all('.bulk .doing button')].find((one) => one.textContent?.includes('Повторить'))?.click();
    await settle();
    expect(server.of('bulk', 'POST')[1]?.body).toEqual({ ids: [2], change: { priority_id: 2 } });
  });

  it('are asked about when the hub says nothing of them', async () => {
    await open();
    await press('KeyC');
    const field = dialog()?.querySelector('textarea');
    if (field) field.value = 'Готово';
    field?.dispatchEvent(new Event('input'));
    await submit();
    expect(changeOf(server.of('bulk', 'POST')[0])).toEqual({ comment: 'Готово' });
    server.job = { done: 1, total: 1, failed: [], state: 'done' };
    await settle(2600);
    expect(words('.bulk .say')).toBe('Изменена 1 заявка');
    expect(words('.bulk .doing')).toBe(''); // what was said cannot be taken back
  });

  it('say how far it came when the server stopped half-way', async () => {
    await open();
    await press('KeyS');
    await choose(0);
    await submit();
    hub.tell('bulk:job1', { done: 1, total: 5, failed: [], state: 'stopped' });
    await settle();
    expect(words('.bulk .say')).toBe('Остановлено: изменено 1 из 5');
  });

  it('are all that the filter finds when that is asked for', async () => {
    server.rows = tickets(1, 312);
    await open('?view=all&priority=4');
    await press('KeyX');
    [...all('.bulk button')].find((one) => one.textContent?.includes('все 312'))?.click();
    await settle();
    expect(words('.bulk .say')).toBe('Выбраны все 312 по фильтру');
    await press('KeyA');
    await settle(10);
    await choose(0);
    await submit();
    expect(server.of('bulk', 'POST')[0]?.body).toEqual({
      filter: { view: 'all', priority: '4' },
      change: { assignee_id: null },
    });
  });

  it('say why nothing was sent, and send the same again by the same name', async () => {
    await open();
    server.refuse.set('bulk', [503, 'redmine_away']);
    await press('KeyS');
    await choose(0);
    await submit();
    expect(words('.bulk .say')).toBe('Изменение не отправлено: нельзя: redmine_away');
    server.refuse.clear();
    all('.bulk .doing button')[0]?.click();
    await settle();
    const keys = server.of('bulk', 'POST').map((one) => one.headers.get('Idempotency-Key'));
    expect(keys[0]).toBe(keys[1]);
  });

  it('are refused honestly without a link', async () => {
    await open();
    hub.become('waiting');
    await press('KeyS');
    expect(said).toEqual(['Нет связи: изменение не отправлено']);
    expect(server.of('bulk', 'POST')).toHaveLength(0);
  });
});

describe('the place', () => {
  it('follows filters, and Back brings selection and row back', async () => {
    await open('?view=all');
    await press('KeyJ');
    await press('KeyJ');
    await press('KeyX');
    const kept = () => history.state as { tickets?: { ids: number[]; index: number } } | null;
    dispatchEvent(new Event('pagehide'));
    expect(kept()?.tickets).toMatchObject({ ids: [2], index: 1 });
    list.remove();
    await open('?view=all');
    expect(words('.bulk .say')).toBe('Выбрана 1');
    expect($('.row[data-index="1"] .main')?.getAttribute('tabindex')).toBe('0');
  });

  it('is in the address with every filter', async () => {
    await open('?view=all');
    const [status] = all('.filters select') as HTMLSelectElement[];
    if (status) status.value = 'closed';
    status?.dispatchEvent(new Event('change'));
    await settle();
    expect(location.search).toBe('?view=all&status=closed');
    expect(server.of('tasks').at(-1)?.query.get('status')).toBe('closed');
  });

  it('is kept as a view of one’s own, and taking it away can be undone', async () => {
    await open('?view=all&status=closed');
    [...all('.top button')].find((one) => one.textContent?.includes('Сохранить вид'))?.click();
    await settle();
    const asked = $('nav-view-name')?.shadowRoot;
    const field = asked?.querySelector('tez-field') as unknown as { value: string };
    field.value = 'Закрытые';
    asked?.querySelector('form')?.dispatchEvent(new Event('submit', { cancelable: true }));
    await settle();
    expect(server.of('views', 'POST')[0]?.body).toEqual({ name: 'Закрытые', query: { status: 'closed' } });
    expect(location.search).toBe('?view=own1');
    expect(said).toEqual(['Представление «Закрытые» сохранено']);
  });
});
