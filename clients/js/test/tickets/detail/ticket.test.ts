// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setLocale } from '../../../src/i18n/index';
import { webApi } from '../../../src/tickets/detail/api';
import { OpenTicket } from '../../../src/tickets/detail/ticket';
import { json, petrova, Server, sidorov, statuses, task } from './server';

let server: Server;
let ticket: OpenTicket;
const work = statuses[1];
const closed = statuses[2];
const comment = (text: string) => ({ kind: 'comment', text, private: false, attachments: [] }) as const;
const status = (to: (typeof statuses)[number]) => ({ kind: 'status', to }) as const;

beforeEach(async () => {
  setLocale('ru');
  server = new Server();
  ticket = new OpenTicket(webApi('https://nav.example', 'csrf', 42), () => undefined);
  await ticket.load();
});
afterEach(() => {
  ticket.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('acts', () => {
  it('shows the new status at once and keeps it when it is taken', async () => {
    const ending = ticket.do(status(work));
    expect(ticket.shown?.status.name).toBe('В работе');
    expect(ticket.task?.status.name).toBe('Новая');
    expect(await ending).toBe('done');
    expect(ticket.task?.status.name).toBe('В работе');
  });

  it('rolls back with the reason when it is refused', async () => {
    server.instead('/status', () =>
      json({ error: { code: 'refused', message: 'Не принято', reasons: ['Так нельзя.'] } }, 422),
    );
    const ending = ticket.do(status(closed));
    expect(ticket.shown?.status.name).toBe('Закрыта');
    expect(await ending).toBe('refused');
    expect(ticket.shown?.status.name).toBe('Новая');
    expect(ticket.remarks.map((one) => one.text)).toEqual(['Статус не сменился. Так нельзя.']);
  });

  it('sends a double click once', async () => {
    const endings = await Promise.all([
      ticket.do(comment('Раз')),
      ticket.do(comment('Раз')),
      ticket.do(comment('Раз')),
    ]);
    expect(endings).toEqual(['done', 'done', 'done']);
    expect(server.writes()).toHaveLength(1);
  });

  it('sends what follows with the version that the first act left', async () => {
    const endings = await Promise.all([ticket.do(status(work)), ticket.do(comment('Беру'))]);
    expect(endings).toEqual(['done', 'done']);
    expect(server.writes().map((one) => one.body.version)).toEqual(['7-3', '8-4']);
  });

  it('asks again with the same key and body when no answer comes, and it is done once', async () => {
    vi.useFakeTimers();
    const lose = async (): Promise<Response> => {
      throw new TypeError('no link');
    };
    server.instead('/comments', lose, () => json({ error: { code: 'in_progress', message: 'Уже выполняется' } }, 409));
    const ending = ticket.do(comment('Раз'));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await ending).toBe('done');
    const writes = server.writes();
    expect(writes).toHaveLength(3);
    expect(new Set(writes.map((one) => one.key)).size).toBe(1);
    expect(server.task.journals.filter((one) => one.source === 'Раз')).toHaveLength(1);
  });

  it('says that nobody knows when no answer comes at all; trying again is the same act', async () => {
    vi.useFakeTimers();
    const lose = async (): Promise<Response> => {
      throw new TypeError('no link');
    };
    server.instead('/comments', lose, lose, lose, lose);
    const ending = ticket.do(comment('Раз'));
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await ending).toBe('lost');
    expect(ticket.remarks[0]?.text).toContain('неизвестно');
    expect(await ticket.do(comment('Раз'))).toBe('done');
    expect(new Set(server.writes().map((one) => one.key)).size).toBe(1);
  });

  it('tells what Redmine dropped without a word', async () => {
    server.instead('/status', () =>
      json({
        task: task({ version: '8-4' }),
        journal: null,
        untaken: [{ field: 'status', label: 'Статус', wanted: 'Закрыта', is: 'Новая' }],
      }),
    );
    expect(await ticket.do(status(closed))).toBe('done');
    expect(ticket.remarks[0]?.text).toBe('«Статус»: Redmine не принял «Закрыта», осталось «Новая».');
    expect(ticket.shown?.status.name).toBe('Новая');
  });

  it('shows the ticket as it is when the outcome is not known', async () => {
    server.instead('/status', () =>
      json(
        {
          error: { code: 'unclear', message: 'Неизвестно, сменился ли статус.' },
          task: task({ version: '9-9', status: work }),
        },
        502,
      ),
    );
    expect(await ticket.do(status(closed))).toBe('unclear');
    expect(ticket.shown?.status.name).toBe('В работе');
  });
});

describe('conflicts', () => {
  const change = { field: 'status', label: 'Статус', old: 'Новая', new: 'Закрыта', text: 'Статус: Новая → Закрыта' };

  it('asks, and sends mine on top of what is there now under a new key', async () => {
    server.colleague({ status: closed }, { author: sidorov, changes: [change] });
    const ending = ticket.do(status(work));
    await vi.waitFor(() => expect(ticket.question).not.toBeNull());
    expect(ticket.question?.conflict.fields[0]).toMatchObject({
      mine: 'В работе',
      theirs: 'Закрыта',
      who: 'Пётр Сидоров',
    });
    ticket.decide(status(work));
    expect(await ending).toBe('done');
    expect(server.writes().map((one) => one.body.version)).toEqual(['7-3', '8-4']);
    expect(new Set(server.writes().map((one) => one.key)).size).toBe(2);
    expect(ticket.task?.status.name).toBe('В работе');
  });

  it('leaves theirs when the person turns back, and a later act waits for the answer', async () => {
    server.colleague({ status: closed }, { changes: [change] });
    const first = ticket.do(status(work));
    const second = ticket.do(comment('Потом'));
    await vi.waitFor(() => expect(ticket.question).not.toBeNull());
    expect(server.writes()).toHaveLength(1);
    ticket.decide(null);
    expect(await first).toBe('back');
    expect(await second).toBe('done');
    expect(ticket.task?.status.name).toBe('Закрыта');
  });

  it('asks again when it was changed once more meanwhile', async () => {
    server.colleague({}, { source: 'Первый' });
    const ending = ticket.do(comment('Мой'));
    await vi.waitFor(() => expect(ticket.question?.conflict.version).toBe('8-4'));
    server.colleague({}, { source: 'Второй' });
    ticket.decide(comment('Мой'));
    await vi.waitFor(() => expect(ticket.question?.conflict.version).toBe('9-5'));
    ticket.decide(comment('Мой'));
    expect(await ending).toBe('done');
  });
});

describe('reading', () => {
  it('reads again when the topic tells a newer version, and not for what it has', async () => {
    const before = server.asked.length;
    ticket.told('7-3');
    expect(server.asked).toHaveLength(before);
    server.colleague({ status: work });
    ticket.told('8-4');
    await vi.waitFor(() => expect(ticket.task?.status.name).toBe('В работе'));
  });

  it('asks again when the answer is older than what was told', async () => {
    vi.useFakeTimers();
    const old = server.task;
    server.colleague({ status: work });
    server.instead('/', () => json(old));
    ticket.told('8-4');
    await vi.advanceTimersByTimeAsync(400);
    expect(ticket.task?.version).toBe('8-4');
  });

  it('asks again for what the server is renewing, and tries again by itself when Redmine is back', async () => {
    vi.useFakeTimers();
    const stale = { ...server.task, stale: true };
    server.instead(
      '/',
      () => json(stale),
      () => json(stale),
    );
    void ticket.load();
    await vi.advanceTimersByTimeAsync(100);
    expect([ticket.task?.stale, ticket.busy]).toEqual([true, true]);
    await vi.advanceTimersByTimeAsync(2000);
    expect([ticket.task?.stale, ticket.busy]).toEqual([false, false]);
    server.instead('/', () => json({ error: { code: 'redmine_away', message: 'Redmine не отвечает' } }, 503));
    await ticket.load();
    expect(ticket.trouble).toBe('away');
    await vi.advanceTimersByTimeAsync(15_100);
    expect(ticket.trouble).toBeNull();
  });

  it('never puts an older answer over a newer one', async () => {
    const old = server.task;
    expect(await ticket.do(status(work))).toBe('done');
    server.instead('/', () => json(old));
    await ticket.load();
    expect(ticket.task?.version).toBe('8-4');
  });

  it('keeps what it has while Redmine is away, and lets go of what one may not see', async () => {
    server.instead('/', () => json({ error: { code: 'redmine_away', message: 'Redmine не отвечает' } }, 503));
    await ticket.load();
    expect([ticket.trouble, ticket.task?.id]).toEqual(['away', 42]);
    server.instead('/', () => json({ error: { code: 'not_allowed', message: 'Нельзя' } }, 403));
    await ticket.load();
    expect([ticket.trouble, ticket.task]).toEqual(['forbidden', null]);
    await ticket.load();
    expect([ticket.trouble, ticket.task?.author.id]).toEqual([null, sidorov.id]);
    expect(petrova.me).toBe(true);
  });
});
