import { afterEach, describe, expect, it } from 'vitest';
import {
  fill,
  formatList,
  formatNumber,
  type Message,
  onLocale,
  pick,
  plural,
  setLocale,
  translator,
} from '../../src/i18n/index';
import * as en from '../../src/locales/en';
import * as enOps from '../../src/locales/ops/en';
import * as ruOps from '../../src/locales/ops/ru';
import * as ru from '../../src/locales/ru';

type Catalog = Readonly<Record<string, Message>>;
const russianOf: Readonly<Record<string, Catalog>> = { ...ru, ...ruOps };
const englishOf: Readonly<Record<string, Catalog>> = { ...en, ...enOps };
const catalogs = Object.keys(russianOf);

describe('catalogs', () => {
  it.each(catalogs)('%s has every key in both languages, none empty, with the same placeholders', (name) => {
    const russian = russianOf[name] ?? {};
    const english = englishOf[name] ?? {};
    expect(Object.keys(english).sort()).toEqual(Object.keys(russian).sort());
    for (const [key, message] of Object.entries(russian)) {
      const other = english[key];
      expect(texts(other).every(Boolean) && texts(message).every(Boolean), key).toBe(true);
      expect(placeholders(other), key).toEqual(placeholders(message));
    }
  });

  it('writes all four Russian forms wherever a plural is used', () => {
    for (const name of catalogs) {
      for (const [key, message] of Object.entries(russianOf[name] ?? {})) {
        if (typeof message !== 'string')
          expect(Object.keys(message).sort(), key).toEqual(['few', 'many', 'one', 'other']);
      }
    }
  });
});

describe('plurals', () => {
  const forms = { one: 'one', few: 'few', many: 'many', other: 'other' };
  it.each([
    [0, 'many', 'other'],
    [1, 'one', 'one'],
    [2, 'few', 'other'],
    [5, 'many', 'other'],
    [11, 'many', 'other'],
    [21, 'one', 'other'],
    [111, 'many', 'other'],
    [1.5, 'other', 'other'],
  ])('%d is %s in Russian and %s in English', (n, russian, english) => {
    expect(plural('ru', forms, n)).toBe(russian);
    expect(plural('en', forms, n)).toBe(english);
  });

  it('speaks whole sentences', () => {
    setLocale('ru');
    const t = translator(ru.inbox, en.inbox);
    const said = [0, 1, 2, 5, 11, 21, 111, 1.5].map((n) => t('announce', { n }));
    expect(said).toEqual([
      '0 новых уведомлений',
      '1 новое уведомление',
      '2 новых уведомления',
      '5 новых уведомлений',
      '11 новых уведомлений',
      '21 новое уведомление',
      '111 новых уведомлений',
      '1,5 нового уведомления',
    ]);
  });
});

describe('switching', () => {
  afterEach(() => setLocale('ru'));

  it('changes the words at once and tells who listens, until they stop', () => {
    const t = translator(ru.ui, en.ui);
    let told = 0;
    const undo = onLocale(() => told++);
    expect(t('retry')).toBe('Повторить');
    setLocale('en');
    setLocale('en');
    expect(t('retry')).toBe('Try again');
    undo();
    setLocale('ru');
    expect(told).toBe(1);
  });

  it('writes numbers and lists as the language does', () => {
    expect(formatNumber(1234567.5).replaceAll('\u00a0', ' ')).toBe('1 234 567,5');
    expect(formatList(['а', 'б', 'в'])).toBe('а, б и в');
    setLocale('en');
    expect(formatNumber(1234567.5)).toBe('1,234,567.5');
  });

  it('leaves unknown placeholders and falls back to the other language of an event', () => {
    expect(fill('{a} {b}', { a: 'x' })).toBe('x {b}');
    expect(pick({ ru: '', en: 'only English' })).toBe('only English');
    expect(pick(null)).toBe('');
  });
});

function texts(message: Message | undefined): string[] {
  return message === undefined ? [''] : typeof message === 'string' ? [message] : Object.values(message);
}

function placeholders(message: Message | undefined): string[] {
  return [...new Set(texts(message).flatMap((text) => text.match(/\{\w+\}/g) ?? []))].sort();
}
