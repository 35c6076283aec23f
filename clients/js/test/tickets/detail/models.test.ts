// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setLocale } from '../../../src/i18n/index';
import { HttpError } from '../../../src/inbox/session';
import { newKey } from '../../../src/tickets/detail/act';
import { outcomeOf } from '../../../src/tickets/detail/api';
import { decisionOf, disputed } from '../../../src/tickets/detail/conflict';
import { LocalDrafts, TicketDraft } from '../../../src/tickets/detail/drafts';
import { sizeText } from '../../../src/tickets/detail/files-view';
import { othersText } from '../../../src/tickets/detail/head';
import { keyAct } from '../../../src/tickets/detail/keys';
import { TicketLive } from '../../../src/tickets/detail/live';
import { complete, mentionAt, quoted } from '../../../src/tickets/detail/mentions';
import type { Draft } from '../../../src/tickets/detail/types';
import { filesOf, MAX_BYTES, MOST, Uploads } from '../../../src/tickets/detail/uploads';
import { isOlder, Looked, lastJournal } from '../../../src/tickets/detail/versions';
import { readPlace } from '../../../src/tickets/place';
import { FakeHub, journal, NOW, statuses, task } from './server';

beforeEach(() => {
  setLocale('ru');
  localStorage.clear();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('versions', () => {
  it('says what is surely older', () => {
    expect(isOlder('6-29', '7-29')).toBe(true);
    expect(isOlder('7-28', '7-29')).toBe(true);
    expect(isOlder('7-29', '7-29')).toBe(false);
    expect(isOlder('8-1', '7-29')).toBe(false);
    expect(isOlder('', '7-29')).toBe(false);
    expect(lastJournal('7-29')).toBe(29);
    expect(lastJournal('nonsense')).toBe(0);
  });

  it('remembers up to where a ticket was read, for each person, and survives foreign bytes', () => {
    new Looked(1).put(42, 29);
    expect(new Looked(1).get(42)).toBe(29);
    expect(new Looked(2).get(42)).toBeNull();
    localStorage.setItem('tez.ticket.looked.1', '{"not": "ours"}');
    expect(new Looked(1).get(42)).toBeNull();
  });
});

describe('the address', () => {
  it('names the list or one ticket, and nothing else', () => {
    expect(readPlace('/tasks/')).toEqual({ kind: 'list' });
    expect(readPlace('/tasks/42')).toEqual({ kind: 'ticket', id: 42 });
    for (const path of ['/tasks/0', '/tasks/x', '/tasks/99999999999', '/quality/', '/tasks/1/2'])
      expect(readPlace(path)).toBeNull();
  });
});

describe('mentions', () => {
  it('finds the name that is being typed, and no e-mail address', () => {
    expect(mentionAt('Привет, @пет', 12)).toEqual({ from: 8, to: 12, q: 'пет' });
    expect(mentionAt('@', 1)).toEqual({ from: 0, to: 1, q: '' });
    expect(mentionAt('(@мария пет', 11)?.q).toBe('мария пет');
    expect(mentionAt('post@tez.example', 16)).toBeNull();
    expect(mentionAt('@пет и дальше слова', 19)).toBeNull();
  });

  it('puts the name there and the caret after it', () => {
    const at = mentionAt('Спроси @пет, ладно?', 11);
    expect(at && complete('Спроси @пет, ладно?', at, 'petrova')).toEqual({
      text: 'Спроси @petrova, ладно?',
      caret: 15,
    });
  });

  it('quotes line by line', () => {
    expect(quoted('один\r\n\r\nдва\n', 'Анна:')).toBe('Анна:\n> один\n>\n> два\n\n');
  });
});

describe('drafts', () => {
  const fake = () => ({
    draft: vi.fn(async (): Promise<Draft | null> => null),
    putDraft: vi.fn(async () => undefined),
    dropDraft: vi.fn(async () => undefined),
  });
  const make = (ticket: number, user = 1, api = fake()) => {
    const changed = vi.fn();
    const draft = new TicketDraft(ticket, { local: new LocalDrafts(user), api, device: 'd', now: () => NOW, changed });
    return { draft, api, changed };
  };

  it('saves two seconds after the first key, here and on the server, once for a burst', async () => {
    vi.useFakeTimers();
    const { draft, api } = make(42);
    draft.put({ text: 'П', private: false }, '7-3');
    await vi.advanceTimersByTimeAsync(1500);
    draft.put({ text: 'Привет', private: true }, '7-3');
    expect(api.putDraft).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(500);
    expect(api.putDraft).toHaveBeenCalledTimes(1);
    expect(api.putDraft).toHaveBeenCalledWith(
      { text: 'Привет', private: true, base: '7-3', device: 'd' },
      expect.anything(),
    );
    expect(new LocalDrafts(1).get(42)?.text).toBe('Привет');
    expect(draft.state).toBe('saved');
  });

  it('is never another ticket’s or another person’s', () => {
    vi.useFakeTimers();
    const { draft } = make(42);
    draft.put({ text: 'Тайна', private: true }, '7-3');
    draft.close();
    expect(new LocalDrafts(1).get(42)?.text).toBe('Тайна');
    for (const [ticket, user] of [
      [4, 1],
      [421, 1],
      [42, 2],
      [42, 11],
    ] as const)
      expect(new LocalDrafts(user).get(ticket)).toBeNull();
  });

  it('says so when the server did not take it, and takes it from here after a reload', async () => {
    vi.useFakeTimers();
    const api = fake();
    api.putDraft.mockRejectedValue(new TypeError('no link'));
    const { draft } = make(42, 1, api);
    draft.put({ text: 'Слова', private: false }, '7-3');
    await vi.advanceTimersByTimeAsync(2000);
    expect(draft.state).toBe('here');
    const { draft: reloaded, api: working } = make(42);
    reloaded.open(() => undefined);
    expect(reloaded.words.text).toBe('Слова');
    await vi.advanceTimersByTimeAsync(10);
    expect(working.putDraft).toHaveBeenCalledTimes(1);
  });

  it('takes the newer one of another device, but never over what is being typed', async () => {
    vi.useFakeTimers();
    const newer = { text: 'С телефона', private: false, base: '7-3', saved_at: '2027-01-01T00:00:00Z', device: 'p' };
    const api = { ...fake(), draft: vi.fn(async (): Promise<Draft | null> => newer) };
    const found = vi.fn();
    const { draft } = make(42, 1, api);
    draft.open(found);
    await vi.advanceTimersByTimeAsync(10);
    expect(found).toHaveBeenCalledOnce();
    expect(draft.words.text).toBe('С телефона');
    const { draft: typing } = make(43, 1, { ...fake(), draft: vi.fn(async (): Promise<Draft | null> => newer) });
    typing.open(found);
    typing.put({ text: 'Уже пишу', private: false }, '7-3');
    await vi.advanceTimersByTimeAsync(10);
    expect(typing.words.text).toBe('Уже пишу');
  });

  it('is gone from both once dropped, and an empty text is no draft', async () => {
    vi.useFakeTimers();
    const { draft, api } = make(42);
    draft.put({ text: 'Слова', private: false }, '7-3');
    await vi.advanceTimersByTimeAsync(2000);
    draft.put({ text: '  ', private: false }, '7-3');
    await vi.advanceTimersByTimeAsync(2000);
    expect(api.dropDraft).toHaveBeenCalledOnce();
    expect(new LocalDrafts(1).get(42)).toBeNull();
    expect(draft.state).toBe('none');
  });

  it('is forgotten by the server only after a saving that is under way, which might come later', async () => {
    vi.useFakeTimers();
    let saved = (): void => undefined;
    const api = {
      ...fake(),
      putDraft: vi.fn(() => new Promise<undefined>((resolve) => (saved = () => resolve(undefined)))),
    };
    const { draft } = make(42, 1, api);
    draft.put({ text: 'Слова', private: false }, '7-3');
    await vi.advanceTimersByTimeAsync(2000);
    const dropped = draft.drop();
    await vi.advanceTimersByTimeAsync(100);
    expect(api.dropDraft).not.toHaveBeenCalled();
    saved();
    await dropped;
    expect(api.dropDraft).toHaveBeenCalledOnce();
    expect(draft.state).toBe('none');
  });

  it('keeps fifty tickets in the browser, the oldest go first', () => {
    const local = new LocalDrafts(1);
    for (let i = 1; i <= 55; i++)
      local.put(i, { text: 'x', private: false, base: '', saved_at: new Date(NOW + i).toISOString(), device: '' });
    expect(local.get(5)).toBeNull();
    expect(local.get(6)?.text).toBe('x');
  });
});

describe('uploads', () => {
  const file = (name: string, type = 'text/plain') => new File(['x'], name, { type });

  it('sends two at a time, tells what failed, and sends it again on demand', async () => {
    const waiting: ((value: { token: string }) => void)[] = [];
    const send = vi.fn(() => new Promise<{ token: string }>((resolve) => waiting.push(resolve)));
    const uploads = new Uploads(send, () => undefined);
    uploads.add([file('a'), file('b'), file('c')]);
    expect(send).toHaveBeenCalledTimes(2);
    send.mockRejectedValueOnce(new HttpError(413, 'too_large', 'Файл слишком велик'));
    waiting[0]?.({ token: 'A' });
    await vi.waitFor(() => expect(uploads.failed).toBe(true));
    expect(uploads.all[2]?.reason).toBe('Файл слишком велик');
    waiting[1]?.({ token: 'B' });
    uploads.retry(uploads.all[2]?.id ?? 0);
    waiting[2]?.({ token: 'C' });
    await vi.waitFor(() => expect(uploads.tokens).toEqual(['A', 'B', 'C']));
  });

  it('takes neither too many nor too big ones', () => {
    const uploads = new Uploads(
      () => new Promise(() => undefined),
      () => undefined,
    );
    const big = file('big');
    Object.defineProperty(big, 'size', { value: MAX_BYTES + 1 });
    const many = Array.from({ length: MOST + 2 }, (_, i) => file(String(i)));
    expect(uploads.add([big, ...many])).toHaveLength(3);
    expect(uploads.all).toHaveLength(MOST);
  });

  it('names a pasted screenshot by its moment', () => {
    const data = { files: [file('image.png', 'image/png'), file('акт.pdf', 'application/pdf')] };
    const names = filesOf(data as unknown as DataTransfer, new Date(2026, 10, 29, 9, 5, 7)).map((one) => one.name);
    expect(names).toEqual(['screenshot-2026-11-29_09-05-07.png'.replace('_', '-'), 'акт.pdf']);
  });

  it('says sizes as people read them', () => {
    const said = [12, 1500, 5 * 1024 * 1024].map((size) => sizeText(size).replaceAll(/\s/g, ' '));
    expect(said).toEqual(['12 Б', '1,5 кБ', '5 МБ']);
  });
});

describe('who is here', () => {
  it('follows the topic as the server folds it, without oneself, typers first', () => {
    const hub = new FakeHub();
    const changed = vi.fn();
    const live = new TicketLive(42, hub, 1, { changed, state: () => undefined });
    live.open();
    expect(hub.calls).toEqual([]);
    hub.snapshot({
      version: '7-3',
      viewers: { 1: { name: 'Я', typing: false }, 2: { name: 'Борис', typing: false, node: 'a' } },
    });
    expect(changed).toHaveBeenLastCalledWith('7-3');
    expect(hub.calls.at(-1)).toEqual({ name: 'tickets.viewing', args: { id: 42, typing: false } });
    hub.event('ticket.viewing', { user_id: 3, name: 'Анна', typing: true, node: 'b' });
    expect(live.viewers.map((one) => one.name)).toEqual(['Анна', 'Борис']);
    expect(othersText(live.viewers)).toBe('Анна пишет…');
    hub.event('ticket.viewing', { user_id: 3, gone: true, node: 'a' });
    expect(live.viewers).toHaveLength(2);
    hub.event('ticket.viewing', { user_id: 3, gone: true, node: 'b' });
    expect(othersText(live.viewers)).toBe('Борис тоже здесь');
    hub.event('ticket.changed', { version: '8-4', by: 7, at: '' });
    expect(changed).toHaveBeenLastCalledWith('8-4');
    live.typed();
    expect(hub.calls.at(-1)?.args).toEqual({ id: 42, typing: true });
    live.close();
    expect(hub.calls.at(-1)?.args).toEqual({ id: 42, gone: true });
  });

  it('names three and counts the others', () => {
    const viewers = ['А', 'Б', 'В', 'Г', 'Д'].map((name, user) => ({ user, name, typing: false }));
    expect(othersText(viewers)).toBe('Тоже здесь: А, Б, В и ещё 2');
    expect(othersText([])).toBe('');
  });
});

describe('keys and words of answers', () => {
  const stroke = (code: string, more = {}) =>
    keyAct({ code, key: '', ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });

  it('goes by physical keys and leaves commands to the browser', () => {
    expect(['KeyC', 'KeyS', 'KeyP', 'KeyA', 'KeyR', 'KeyU'].map((code) => stroke(code))).toEqual([
      'comment',
      'status',
      'priority',
      'assignee',
      'reply',
      'list',
    ]);
    expect(stroke('Slash', { shiftKey: true })).toBe('help');
    for (const held of ['ctrlKey', 'metaKey', 'altKey', 'shiftKey'])
      expect(stroke('KeyC', { [held]: true })).toBeNull();
    expect(stroke('constructor')).toBeNull();
  });

  it('makes keys that the server takes', () => {
    expect(newKey()).toMatch(/^[A-Za-z0-9._-]{1,64}$/);
    expect(newKey()).not.toBe(newKey());
  });

  it('tells a refusal in Redmine’s own sentences, and what is not known as such', () => {
    const refused = new HttpError(422, 'refused', 'Не принято', undefined, {
      error: { reasons: ['Назначена неверно.'] },
    });
    expect(outcomeOf(refused)).toEqual({ kind: 'refused', code: 'refused', reason: 'Назначена неверно.' });
    expect(outcomeOf(new TypeError('no link')).kind).toBe('lost');
    expect(outcomeOf(new HttpError(502, 'unclear', 'Неизвестно', undefined, { task: null }))).toEqual({
      kind: 'unclear',
      reason: 'Неизвестно',
      task: null,
    });
  });
});

describe('a conflict', () => {
  const clash = (field: string, mine: string | null) => ({
    field,
    label: field,
    seen: 'a',
    mine,
    theirs: 'b',
    who: 'Пётр',
    at: '2026-11-29T09:00:00Z',
  });
  const question = (deed: Parameters<typeof decisionOf>[0]['deed'], ...fields: ReturnType<typeof clash>[]) => ({
    deed,
    conflict: { version: '8-4', fields, comments: [journal(4)], task: task() },
  });

  it('sends mine where mine is chosen, nothing where theirs is', () => {
    const deed = { kind: 'status', to: statuses[1] } as const;
    const asked = question(deed, clash('status', 'В работе'), clash('priority', null));
    expect(disputed(asked).map((one) => one.field)).toEqual(['status']);
    expect(decisionOf(asked, new Map([['status', 'mine']]))).toBe(deed);
    expect(decisionOf(asked, new Map([['status', 'theirs']]))).toBeNull();
  });

  it('never loses a comment that came along', () => {
    const deed = { kind: 'status', to: statuses[1], comment: 'Беру', private: true } as const;
    expect(decisionOf(question(deed, clash('status', 'В работе')), new Map([['status', 'theirs']]))).toEqual({
      kind: 'comment',
      text: 'Беру',
      private: true,
      attachments: [],
    });
  });

  it('asks about taking a ticket from everybody, which has no word', () => {
    const asked = question({ kind: 'assignee', to: null }, clash('assignee', null));
    expect(disputed(asked)).toHaveLength(1);
  });
});
