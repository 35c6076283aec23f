// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeHub } from '../../src/gallery/fake';
import { setLocale } from '../../src/i18n/index';
import type { Line, Nodes, OpsStore } from '../../src/ops/model';
import { TezOps } from '../../src/ops/page';
import { setServerClock } from '../../src/ui/clock';
import { line, NOW } from './lines';

const busy = { sessions: 1234, users: 1000, delivered_s: 250, queue_bytes: 64_500 };

class Store {
  nodes: Nodes = new Map();
  loaded = true;
  denied = false;
  retries = 0;
  tell: () => void = () => undefined;
  on(_type: string, fn: () => void) {
    this.tell = fn;
    return () => undefined;
  }
  retry(): void {
    this.retries++;
  }
  put(all: Record<string, Partial<Line>>): void {
    const points = [[NOW - 2000, 1200, 2, 200, 0, 14] as const, [NOW, 1234, 2.5, 250, 64_500, 15] as const];
    this.nodes = new Map(
      Object.entries(all).map(([name, more]) => [name, { line: line({ ...busy, ...more }), points }]),
    );
    this.tell();
  }
}

let page: TezOps;
let store: Store;
let hub: FakeHub;
let now = NOW;

beforeEach(async () => {
  vi.useFakeTimers();
  setLocale('ru');
  now = NOW;
  setServerClock(() => now);
  hub = new FakeHub();
  hub.turn('open');
  store = new Store();
  page = new TezOps();
  Object.assign(page, { store: store as unknown as OpsStore, hub });
  document.body.append(page);
  await page.updateComplete;
});

afterEach(() => {
  page.remove();
  setServerClock(Date.now);
  setLocale('ru');
  vi.useRealTimers();
});

/** The words on the page, with the labels that components get as properties. */
function words(root: ParentNode | null | undefined = page.shadowRoot): string {
  const labels = [
    ...(root?.querySelectorAll<HTMLElement & { label?: string; heading?: string; text?: string }>('*') ?? []),
  ];
  const own = labels.flatMap((one) => [one.label, one.heading, one.text]).filter((one) => typeof one === 'string');
  return `${root?.textContent ?? ''} ${own.join(' ')}`.replace(/[\s\u00a0\u202f]+/g, ' ');
}

async function pass(ms: number): Promise<void> {
  now += ms;
  await vi.advanceTimersByTimeAsync(ms);
  await page.updateComplete;
}

describe('the operations page', () => {
  it('shows clients, events, queue, time to screen and what is overdue, with a curve in words', async () => {
    store.put({ 'web1-10': {} });
    await page.updateComplete;
    const tiles = words(page.shadowRoot?.querySelector('.tiles'));
    for (const text of ['1 234', '1 000 человек', '2,5', '250', '64,5 кБ', '15 мс', '0']) expect(tiles).toContain(text);
    const curve = page.shadowRoot
      ?.querySelector('svg.spark')
      ?.getAttribute('aria-label')
      ?.replace(/[\u00a0\u202f]/g, ' ');
    expect(curve).toBe('Подключения, за пять минут: от 1 200 до 1 234, сейчас 1 234');
    expect(words(page.shadowRoot?.querySelector('.verdict'))).toContain('Всё работает');
    expect(page.shadowRoot?.querySelectorAll('[role=cell]').length).toBeGreaterThan(10);
  });

  it('always tells the age of its data, and warns when it grows', async () => {
    store.put({ 'web1-10': {} });
    await pass(3000);
    expect(words(page.shadowRoot?.querySelector('.age'))).toContain('Данные: 3 с назад');
    expect(page.shadowRoot?.querySelector('.age.old')).toBeNull();
    await pass(9000);
    expect(page.shadowRoot?.querySelector('.age.old')).not.toBeNull();
    expect(words()).toContain('Узел web1-10 молчит 12 с');
    expect(words(page.shadowRoot?.querySelector('.tiles'))).toContain('ни один узел не отвечает');
    expect(words(page.shadowRoot?.querySelector('.verdict'))).toContain('1 неполадка');
  });

  it('dims and dates what it knows while the link is lost', async () => {
    store.put({ 'web1-10': {} });
    hub.turn('waiting');
    await pass(60_000);
    expect(words()).toContain('показано последнее, что известно');
    expect(words(page.shadowRoot?.querySelector('.age'))).toMatch(/Данные на \d\d:00:00/);
    expect(page.shadowRoot?.querySelector('.all.dim')).not.toBeNull();
    expect(words()).not.toContain('молчит');
    expect(words()).toContain('1 234');
  });

  it('loads first, says kindly that nobody tells anything, and lets a slow load be repeated', async () => {
    store.loaded = false;
    await pass(1000);
    expect(page.shadowRoot?.querySelector('tez-loading')).not.toBeNull();
    page.shadowRoot?.querySelector('tez-loading')?.dispatchEvent(new CustomEvent('retry', { bubbles: true }));
    expect(store.retries).toBe(1);
    store.loaded = true;
    await pass(7000);
    expect(words()).toContain('Пока ни один узел ничего не прислал');
  });

  it('tells who has no permission, and asks again on a click', async () => {
    store.denied = true;
    await pass(1000);
    expect(words()).toContain('Этот раздел — для администраторов');
    page.shadowRoot?.querySelector('tez-error')?.dispatchEvent(new CustomEvent('retry', { bubbles: true }));
    expect(store.retries).toBe(1);
  });

  it('names each trouble in words: part, source, overdue, and what was refused', async () => {
    store.put({
      'web1-10': {
        overdue: 2,
        refused: { publish_quota: 7, something_new: 1 },
        parts: [{ name: 'store', ok: false, since: new Date(NOW - 120_000).toISOString(), reason: 'no_answer' }],
        connectors: [
          {
            name: 'redmine',
            kind: 'source',
            state: 'down',
            as_of: null,
            error: 'OperationalError',
            last_error: { code: 'OperationalError', at: new Date(NOW - 5000).toISOString() },
          },
          { name: 'webpush', kind: 'push', sent: 12, last_error: null },
        ],
      },
    });
    await page.updateComplete;
    const text = words();
    for (const part of [
      '2 уведомления без исхода после срока',
      'Узел web1-10, хранилище: не отвечает — уже 2 мин',
      'Redmine не отвечает: OperationalError',
      'OperationalError, 5 с назад',
      'отправлено: 12',
      'Публикация: сверх квоты',
      'something_new',
      'Не готов',
    ])
      expect(text).toContain(part);
    expect(words(page.shadowRoot?.querySelector('.verdict'))).toContain('3 неполадки');
  });

  it('tells how two nodes stand apart, and turns English at once', async () => {
    store.put({ 'web1-10': {}, 'web2-20': { at_ms: NOW - 60_000, leader: false } });
    await page.updateComplete;
    expect(words()).toContain('Молчит 60 с');
    setLocale('en');
    await page.updateComplete;
    expect(words()).toContain('Silent for 60 sec');
    expect(words()).toContain('1 problem');
  });
});
