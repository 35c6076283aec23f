// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest';
import { readPlace, writePlace } from '../../src/admin/address';
import { moments, reasonOf } from '../../src/admin/api';
import { actionName, diff } from '../../src/admin/diff';
import { Grants } from '../../src/admin/grants';
import { setLocale } from '../../src/i18n/index';
import { HttpError } from '../../src/inbox/session';
import { setServerClock } from '../../src/ui/clock';
import { NOW, person } from './server';

let now = NOW;
beforeEach(() => {
  now = NOW;
  setServerClock(() => now);
  setLocale('ru');
});

describe('rights', () => {
  it('show at once who gave them, stay when confirmed, and give way to fresh rows', async () => {
    let answer: () => void = () => undefined;
    const grants = new Grants(
      () => new Promise<void>((resolve) => (answer = resolve)),
      'Анна',
      () => undefined,
    );
    const asked = grants.set(2, 'quality', true);
    expect(grants.of(person(2), 'quality')?.by).toBe('Анна');
    expect(grants.pending(2, 'quality')).toBe(true);
    expect(await grants.set(2, 'quality', false)).toBe(false);
    answer();
    await asked;
    grants.settle([person(2)], NOW - 1); // asked for before the change: knows nothing of it
    expect(grants.of(person(2), 'quality')).not.toBeNull();
    now += 10;
    grants.settle([person(2)], now);
    expect(grants.of(person(2), 'quality')).toBeNull();
  });

  it('roll back to what was there, also after an earlier change, when the server refuses', async () => {
    let refuse = false;
    const send = async () => {
      if (refuse) throw new HttpError(409, 'last_admin', 'no');
    };
    const grants = new Grants(send, 'Анна', () => undefined);
    await grants.set(2, 'admin', true);
    refuse = true;
    await expect(grants.set(2, 'admin', false)).rejects.toThrow('no');
    expect(grants.of(person(2), 'admin')?.by).toBe('Анна');
    expect(grants.pending(2, 'admin')).toBe(false);
  });

  it('have a reason in words for every refusal', () => {
    expect(reasonOf(new HttpError(409, 'last_admin', 'x'))).toContain('последний администратор');
    expect(reasonOf(new HttpError(403, 'read_only', 'x'))).toContain('глазами другого');
    expect(reasonOf(new HttpError(422, 'bad_value', 'Слова сервера'))).toBe('Слова сервера');
    expect(reasonOf(new HttpError(502, 'unknown', 'HTTP 502'))).toBe('Сервер ответил ошибкой 502.');
    expect(reasonOf(new TypeError('Failed to fetch'))).toBe('Сервер не ответил.');
  });
});

describe('the address', () => {
  it('reads back what it wrote, and leaves out what is empty or of another section', () => {
    for (const search of [
      '?q=%D0%B0&sort=name&dir=desc&person=7',
      '?section=audit&action=x.y&from=2026-11-01&offset=50',
    ])
      expect(writePlace(readPlace(search))).toBe(search);
    expect(readPlace('?section=matrix&department=x&offset=').query).toEqual({});
  });

  it('takes nonsense for the list of people', () => {
    expect(readPlace('?section=../x&person=-1')).toEqual({ section: 'people', person: null, query: {} });
    expect(readPlace('?person=1e999').person).toBeNull();
  });

  it('asks for whole days, the last one included, and drops what is no day', () => {
    const { from = '', to = '' } = moments({ from: '2026-11-01', to: '2026-11-01' });
    expect(Date.parse(to) - Date.parse(from)).toBe(86_400_000);
    expect(moments({ from: 'x', actor: 'ann' })).toEqual({ from: '', actor: 'ann' });
  });
});

describe('an audit line', () => {
  it('tells each change with both sides in words', () => {
    const before = { quality: false, standing: 'active', same: 1, granted_by: 'ann' };
    const after = { quality: true, standing: 'blocked', same: 1, at: '2026-11-28T11:00:00Z' };
    const found = diff({ before, after });
    expect(found.map((one) => one.field)).toEqual(['Качество', 'состояние', 'выдал', 'at']);
    expect(found[0]).toEqual({ field: 'Качество', before: 'нет', after: 'да' });
    expect(found[1]).toEqual({ field: 'состояние', before: 'Работает', after: 'Заблокирован в ERP' });
    expect(found[2]).toEqual({ field: 'выдал', before: 'ann', after: undefined });
    expect(found[3]?.after).toMatch(/28 ноября 2026/);
    expect(diff({ before: null, after: null })).toEqual([]);
  });

  it('names what is done in the language of the page, and an unknown action by its code', () => {
    expect(actionName('permission.granted')).toBe('Дано право');
    setLocale('en');
    expect(actionName('permission.granted')).toBe('Permission given');
    expect(actionName('something.new')).toBe('something.new');
  });
});
