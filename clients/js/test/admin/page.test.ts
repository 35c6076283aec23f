// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AdminApi } from '../../src/admin/api';
import { Desk, type Question } from '../../src/admin/desk';
import { TezAdmin } from '../../src/admin/page';
import { FakeHub } from '../../src/gallery/fake';
import { setLocale } from '../../src/i18n/index';
import { setServerClock } from '../../src/ui/clock';
import type { ToastOptions } from '../../src/ui/toasts';
import { line, NOW, person, Server } from './server';

let server: Server;
let hub: FakeHub;
let desk: Desk;
let page: TezAdmin;
let said: ToastOptions[];
let asked: Question[];
let sure = true;

async function open(search = ''): Promise<void> {
  history.replaceState(null, '', `/admin/${search}`);
  desk = new Desk(new AdminApi(location.origin, 'csrf-1'), { id: 1, name: 'ann', display_name: 'Анна Петрова' }, hub);
  page = new TezAdmin();
  page.desk = desk;
  document.body.append(page);
  desk.start();
  await page.updateComplete;
  desk.say = (toast) => void said.push(toast);
  desk.ask = async (question) => {
    asked.push(question);
    return sure;
  };
  await calm();
}

/** Lets answers and drawing come to rest. */
async function calm(ms = 1): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  for (let i = 0; i < 3; i++) await page.updateComplete;
}

beforeEach(() => {
  vi.useFakeTimers();
  setLocale('ru');
  setServerClock(() => NOW);
  server = new Server();
  server.install();
  hub = new FakeHub();
  said = [];
  asked = [];
  sure = true;
});

afterEach(() => {
  desk.stop();
  page.remove();
  setServerClock(Date.now);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const all = (selector: string, root: ParentNode | null | undefined = page.shadowRoot): HTMLElement[] =>
  [...(root?.querySelectorAll<HTMLElement>('*') ?? [])].flatMap((one) => [
    ...(one.matches(selector) ? [one] : []),
    ...(one.shadowRoot ? all(selector, one.shadowRoot) : []),
  ]);
const one = (selector: string): HTMLElement => {
  const [found] = all(selector);
  if (!found) throw new Error(`no ${selector}`);
  return found;
};
const words = (root: Node = page.shadowRoot as Node): string =>
  [...root.childNodes]
    .map((node) => {
      if (!(node instanceof HTMLElement)) return node.nodeType === 3 ? (node.textContent ?? '') : '';
      const { heading, label, text } = node as HTMLElement & Record<'heading' | 'label' | 'text', string | undefined>;
      const inner = `${words(node)}${node.shadowRoot ? ` ${words(node.shadowRoot)}` : ''}`;
      return [heading, label, text, inner].filter((word) => typeof word === 'string').join(' ');
    })
    .join(' ')
    .replace(/[\s\u00a0\u202f]+/g, ' ');
const cell = (name: string, right: string) => one(`button.box[aria-label^="${right}, ${name}"]`);

const panelWords = () => words(one('tez-admin-person').shadowRoot as Node);

describe('the people', () => {
  it('come by pages of 50, are counted, and are searched on the server once the typing rests', async () => {
    server.people = Array.from({ length: 10_000 }, (_, i) => person(i + 1));
    await open();
    expect(all('tbody tr')).toHaveLength(50);
    expect(words()).toContain('10 000 человек');
    const box = one('.search input') as HTMLInputElement;
    for (const text of ['9', '99', '999']) {
      box.value = text;
      box.dispatchEvent(new InputEvent('input'));
      await calm(50);
    }
    expect(server.looks('people')).toHaveLength(1);
    await calm(300);
    expect(server.looks('people').map((look) => look.query.get('q'))).toEqual([null, '999']);
    expect(words()).toContain('19 человек');
    expect(location.search).toBe('?q=999');
  });

  it('turn pages by the arrows and the buttons, each page with an address for Back', async () => {
    server.people = Array.from({ length: 120 }, (_, i) => person(i + 1));
    await open();
    const first = one('tbody [data-stop]');
    first.focus();
    first.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true, composed: true }));
    await calm();
    expect(location.search).toBe('?offset=50');
    all('tez-pager button').at(-1)?.click();
    await calm();
    expect(location.search).toBe('?offset=100');
    expect(all('tbody tr')).toHaveLength(20);
    history.replaceState(null, '', '/admin/?offset=50');
    dispatchEvent(new PopStateEvent('popstate'));
    await calm();
    expect(words()).toContain('51–100 из 120');
  });

  it('show nothing for 300 ms, then a skeleton, an error with a way on, and kind words when none match', async () => {
    server.hold();
    await open();
    expect(all('tez-loading .rows')).toHaveLength(0);
    await calm(350);
    expect(all('tez-loading .rows')).toHaveLength(1);
    server.down = true;
    server.release();
    await calm();
    expect(words()).toContain('Сервер не ответил.');
    server.down = false;
    one('tez-error').dispatchEvent(new CustomEvent('retry'));
    await calm();
    expect(all('tbody tr')).toHaveLength(3);
    desk.filter({ q: 'нет такого' });
    await calm();
    expect(words()).toContain('Ничего не нашлось');
    one('tez-empty button').click();
    await calm();
    expect(all('tbody tr')).toHaveLength(3);
  });

  it('are dimmed and dated while the link is lost, and acts are refused honestly', async () => {
    await open('?person=2');
    hub.turn('waiting');
    await calm();
    expect(words()).toMatch(/Данные на \d\d:\d\d, изменять их пока нельзя/);
    expect(all('.frame.dim')).toHaveLength(1);
    one('.switch').click();
    await calm();
    expect(server.acts).toEqual([]);
    expect(said.at(-1)?.text).toContain('ничего не изменено');
    const before = server.looks('people').length;
    hub.turn('open');
    await calm();
    expect(server.looks('people')).toHaveLength(before + 1);
    expect(all('.frame.dim')).toHaveLength(0);
  });

  it('give way to a plain word when the right is taken while the page is open, and come back with it', async () => {
    await open();
    server.refuseLook = { status: 403, code: 'forbidden' };
    desk.refresh();
    await calm();
    expect(words()).toContain('Этот раздел — для администраторов');
    expect(all('tbody tr')).toHaveLength(0);
    server.refuseLook = null;
    one('tez-error').dispatchEvent(new CustomEvent('retry'));
    await calm();
    expect(all('tbody tr')).toHaveLength(3);
  });

  it('open in a panel that takes the focus, and give it back to their row when it closes', async () => {
    await open();
    one('[data-person="2"]').click();
    await calm();
    expect(location.search).toBe('?person=2');
    expect(words()).toContain('Firefox 140, Linux');
    const panel = one('tez-admin-person');
    expect(panel.shadowRoot?.activeElement?.tagName).toBe('H2');
    one('tez-admin-person h2').dispatchEvent(
      new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, composed: true }),
    );
    await calm();
    expect(all('tez-admin-person')).toHaveLength(0);
    expect(one('.list').shadowRoot?.activeElement?.getAttribute('data-person')).toBe('2');
  });
});

describe('the matrix', () => {
  it('shows who holds anything, finds the others, and tells who gave it and when', async () => {
    await open('?section=matrix');
    expect(all('tbody tr')).toHaveLength(1);
    expect(cell('Анна', 'Администратор').title).toMatch(/^Выдано: ann, 1 ноября 2026/);
    desk.filter({ q: 'человек 3' });
    await calm();
    expect(all('tbody tr')).toHaveLength(1);
    expect(words()).toContain('Человек 3');
  });

  it('shows a click at once, sends it once, and offers a way back', async () => {
    await open('?section=matrix&q=человек');
    server.hold();
    cell('Человек 2', 'Качество').click();
    await calm();
    expect(cell('Человек 2', 'Качество').getAttribute('aria-checked')).toBe('true');
    expect(cell('Человек 2', 'Качество').getAttribute('aria-busy')).toBe('true');
    cell('Человек 2', 'Качество').click();
    server.release();
    await calm();
    expect(server.acts).toEqual(['PUT people/2/permissions/quality']);
    expect(server.asked.at(-1)?.csrf).toBe('csrf-1');
    expect(said.at(-1)?.text).toBe('Право «Качество» дано: Человек 2');
    said.at(-1)?.action?.run();
    await calm();
    expect(server.acts.at(-1)).toBe('DELETE people/2/permissions/quality');
    expect(cell('Человек 2', 'Качество').getAttribute('aria-checked')).toBe('false');
  });

  it('rolls back with the reason in words when it is the last administrator', async () => {
    await open('?section=matrix');
    server.refuseAct = { status: 409, code: 'last_admin' };
    cell('Анна', 'Администратор').click();
    await calm();
    expect(asked[0]?.heading).toContain('Снять с себя');
    expect(cell('Анна', 'Администратор').getAttribute('aria-checked')).toBe('true');
    expect(said.at(-1)).toMatchObject({ tone: 'bad' });
    expect(said.at(-1)?.text).toContain('Это последний администратор');
  });

  it('is one stop for Tab, walked by the arrows', async () => {
    await open('?section=matrix&q=человек');
    expect(all('button.box[tabindex="0"]')).toHaveLength(1);
    const first = one('button.box[tabindex="0"]');
    first.focus();
    first.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true, composed: true }));
    await calm();
    expect(one('.list').shadowRoot?.activeElement?.getAttribute('aria-label')).toContain('Человек 3');
    expect(all('button.box[tabindex="0"]')).toHaveLength(1);
  });
});

describe('acts on a person', () => {
  it('end all sessions only after the login was asked for', async () => {
    await open('?person=2');
    sure = false;
    one('#sessions .btn').click();
    await calm();
    expect(asked.at(-1)).toMatchObject({ typed: 'user2', danger: true });
    expect(asked.at(-1)?.text).toContain('2 сеанса');
    expect(server.acts).toEqual([]);
    sure = true;
    one('#sessions .btn').click();
    await calm();
    expect(server.acts).toEqual(['DELETE people/2/sessions']);
    expect(words()).toContain('0 сеансов');
  });

  it('end one session and take it out of the panel and the list', async () => {
    await open('?section=sessions&person=2');
    expect(all('tbody tr')).toHaveLength(2);
    one('button[aria-label^="Завершить сеанс: Firefox"]').click();
    await calm();
    expect(server.acts).toEqual(['DELETE people/2/sessions/s2']);
    expect(all('tbody tr')).toHaveLength(1);
    expect(words()).not.toContain('Firefox');
    expect(said.at(-1)?.text).toContain('Сеанс завершён: Человек 2, Firefox 140, Linux');
  });

  it('disable an account by name, and undo it for ten seconds', async () => {
    await open('?person=2');
    one('[data-active]').click();
    await calm();
    expect(asked[0]?.heading).toBe('Отключить: Человек 2?');
    expect(panelWords()).toContain('Отключён');
    expect(said.at(-1)?.for).toBe(10_000);
    said.at(-1)?.action?.run();
    await calm();
    expect(server.people[1]?.active).toBe(true);
    expect(panelWords()).not.toContain('Отключён');
  });

  it('tell what went wrong in words and change nothing on screen', async () => {
    await open('?person=2');
    server.refuseAct = { status: 403, code: 'read_only' };
    one('[data-active]').click();
    await calm();
    expect(said.at(-1)?.text).toContain('Сейчас вы смотрите глазами другого человека');
    expect(panelWords()).not.toContain('Отключён');
  });
});

describe('a new account', () => {
  const field = (name: string) =>
    one(`tez-new-account [name=${name}]`) as HTMLElement & { value: string; error: string };
  const send = async () => {
    all('tez-new-account tez-button').at(-1)?.click();
    await calm();
  };

  it('is checked field by field, keeps what was typed when the server refuses, and opens when it is made', async () => {
    await open();
    await send();
    expect(field('name').error).toBe('Заполните это поле');
    expect(field('password').error).toBe('Слишком короткий пароль');
    expect(server.acts).toEqual([]);
    field('name').value = 'robot';
    field('password').value = 'long-enough-1';
    server.refuseAct = { status: 409, code: 'duplicate', message: 'Это имя занято', field: 'name' };
    await send();
    expect(field('name').error).toBe('Это имя занято');
    expect(field('name').value).toBe('robot');
    await send();
    expect(server.asked.find((look) => look.method === 'POST' && look.path === 'people')?.body).toMatchObject({
      name: 'robot',
    });
    expect(location.search).toBe('?person=4');
    expect(field('password').value).toBe('');
  });
});

describe('the audit log', () => {
  it('tells actions and changes in words, unknown ones by their code, and exports what is filtered', async () => {
    server.audit = [line(1), line(2, { action: 'something.new', before: null, after: { x: 1 }, subject: '' })];
    await open('?section=audit&actor=ann&from=2026-11-01');
    expect(words()).toContain('Дано право');
    expect(words()).toContain('something.new');
    expect(one('del').textContent).toContain('нет');
    expect(one('ins').textContent).toContain('да');
    const csv = new URL(one('a[download]').getAttribute('href') ?? '', location.origin);
    expect(csv.searchParams.get('actor')).toBe('ann');
    expect(Date.parse(csv.searchParams.get('from') ?? '')).toBe(new Date('2026-11-01T00:00:00').getTime());
    expect(server.looks('audit')[0]?.query.get('from')).toBe(csv.searchParams.get('from'));
    setLocale('en');
    await calm();
    expect(words()).toContain('Permission given');
  });
});
