import { afterEach, describe, expect, it } from 'vitest';
import { setLocale } from '../../src/i18n/index';
import { isQuiet, momentIn } from '../../src/inbox/quiet';
import { choices, isDay, longDay, plusDays, shortDay } from '../../src/profile/days';
import { toggleDay, WEEK } from '../../src/profile/quiet';
import { offset, zones } from '../../src/profile/zones';

afterEach(() => setLocale('ru'));

describe('days', () => {
  it('are named in both languages without the full stop of the Russian year', () => {
    expect(longDay('2026-12-08')).toBe('8 декабря 2026');
    expect([shortDay('2026-12-08', '2026-11-28'), shortDay('2027-01-27', '2026-11-28')]).toEqual([
      '8 декабря',
      '27 января 2027',
    ]);
    setLocale('en');
    expect(longDay('2026-12-08')).toBe('December 8, 2026');
  });

  it('go over the ends of months, years and leap years', () => {
    expect([plusDays('2026-12-31', 1), plusDays('2028-02-28', 1), plusDays('2027-03-01', -1)]).toEqual([
      '2027-01-01',
      '2028-02-29',
      '2027-02-28',
    ]);
  });

  it('are whole days that exist', () => {
    expect(['2026-12-08', '2026-13-01', '', 'soon', '2026-1-1'].map(isDay)).toEqual([true, false, false, false, false]);
  });

  it('offer only what may be chosen, the furthest last and once', () => {
    expect(choices('2026-11-28', '2026-12-09', '2027-02-26')).toEqual(['2026-12-28', '2027-01-27', '2027-02-26']);
    expect(choices('2026-11-28', '2027-01-10', '2027-01-27')).toEqual(['2027-01-27']);
  });
});

describe('quiet hours', () => {
  const nights = [{ days: [4], start: '22:00', end: '07:00' }];

  it('go over midnight into the day after the chosen one', () => {
    const at = (day: number, time: string) => isQuiet(nights, { day, time });
    expect([at(4, '21:59'), at(4, '22:00'), at(5, '06:59'), at(5, '07:00'), at(4, '06:00'), at(5, '23:00')]).toEqual([
      false,
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('last a whole day when they end where they begin', () => {
    const weekend = [{ days: [6], start: '00:00', end: '00:00' }];
    expect([isQuiet(weekend, { day: 6, time: '23:59' }), isQuiet(weekend, { day: 0, time: '00:00' })]).toEqual([
      true,
      false,
    ]);
  });

  it("are those of the person's zone, Monday first, and of the computer where a zone is unknown", () => {
    const monday = Date.parse('2026-11-29T22:30:00Z');
    expect(momentIn('Europe/Moscow', monday)).toEqual({ day: 0, time: '01:30' });
    expect(momentIn('America/New_York', monday)).toEqual({ day: 6, time: '17:30' });
    expect(momentIn('Moon/Sea', monday).time).toMatch(/^\d\d:\d\d$/);
  });

  it('take a day out and in again, in the order of the week', () => {
    const all = { days: WEEK, start: '22:00', end: '08:00' };
    expect(toggleDay(toggleDay(all, 0), 0)).toEqual(all);
    expect(toggleDay(all, 3).days).toEqual([0, 1, 2, 4, 5, 6]);
  });
});

describe('zones', () => {
  it('have Russia from west to east, and the present one whatever it is', () => {
    const { russia, other } = zones('Moon/Sea');
    expect([russia[0], russia.at(-1)]).toEqual(['Europe/Kaliningrad', 'Asia/Kamchatka']);
    expect(other).toContain('Moon/Sea');
    expect(other).not.toContain('Europe/Moscow');
  });

  it('tell their offset, and nothing for one that is not known', () => {
    expect([offset('Asia/Yekaterinburg', 0), offset('Moon/Sea', 0)]).toEqual(['UTC+5', '']);
  });
});
