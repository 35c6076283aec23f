// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from 'vitest';
import { setLocale } from '../../src/i18n/index';
import { faviconSvg } from '../../src/shell/counter';
import { outage } from '../../src/shell/outage';
import { countText } from '../../src/ui/badge';
import { relativeTime } from '../../src/ui/clock';
import { position } from '../../src/ui/place';
import { windowOf } from '../../src/ui/table';

afterEach(() => setLocale('ru'));

describe('relative time', () => {
  const now = new Date(2026, 10, 24, 14, 0, 0).getTime();
  const ago = (seconds: number) => relativeTime(now - seconds * 1000, now);

  it('goes from now over minutes and hours to yesterday and the date', () => {
    expect([ago(5), ago(60), ago(720), ago(3 * 3600), ago(20 * 3600), ago(9 * 86400)]).toEqual([
      'сейчас',
      '1 мин. назад',
      '12 мин. назад',
      '3 ч назад',
      'вчера, 18:00',
      '15 нояб.',
    ]);
  });

  it('speaks English too', () => {
    setLocale('en');
    expect(ago(720)).toBe('12 min. ago');
  });
});

describe('a floating box', () => {
  it.each([
    [320, 568],
    [768, 1024],
    [1366, 768],
    [1920, 1080],
  ])('stays inside a viewport of %d x %d wherever its anchor is', (width, height) => {
    const box = { width: Math.min(440, width - 16), height: Math.min(660, height - 76) };
    for (const left of [0, width / 2, width - 44]) {
      for (const top of [0, height / 2, height - 44]) {
        for (const align of ['start', 'end'] as const) {
          const at = position({ left, top, width: 44, height: 44 }, box, { width, height }, align);
          expect(at.left).toBeGreaterThanOrEqual(8);
          expect(at.top).toBeGreaterThanOrEqual(8);
          expect(at.left + box.width).toBeLessThanOrEqual(width - 8);
          expect(at.top + box.height).toBeLessThanOrEqual(height - 8);
        }
      }
    }
  });
});

describe('a windowed table', () => {
  it('draws only what is near the view', () => {
    expect(windowOf(0, 400, 36, 10_000)).toEqual({ from: 0, to: 20 });
    const deep = windowOf(180_000, 400, 36, 10_000);
    expect(deep).toEqual({ from: 4992, to: 5020 });
    expect(windowOf(999_999, 400, 36, 100)).toEqual({ from: 92, to: 100 });
  });
});

describe('counts', () => {
  it('stop at 99+', () => {
    expect([countText(3), countText(99), countText(100)]).toEqual(['3', '99', '99+']);
  });

  it('stand on the favicon', () => {
    expect(faviconSvg(0)).not.toContain('<text');
    expect(faviconSvg(3)).toContain('>3</text>');
    expect(faviconSvg(42)).toContain('>9+</text>');
  });
});

describe('the banner', () => {
  const now = new Date(2026, 10, 24, 14, 5).getTime();
  const link = { state: 'open', since: now, leader: true } as const;
  const redmine = { source: 'redmine', state: 'late', as_of: new Date(now).toISOString(), error: null } as const;

  it('is silent while all is well', () => {
    expect(outage(link, [{ ...redmine, state: 'ok' }], now)).toBeNull();
  });

  it('says since when the hub is out, and puts it before any source', () => {
    const out = outage({ ...link, state: 'waiting' }, [redmine], now);
    expect(out).toMatchObject({ kind: 'lost', action: 'reconnect' });
    expect(out?.text).toContain('с 14:05');
  });

  it('names the source that is late or down', () => {
    expect(outage(link, [redmine], now)?.text).toBe('Redmine отстаёт: данные на 14:05.');
    expect(outage(link, [{ ...redmine, state: 'down', as_of: null }], now)?.text).toBe('Redmine не отвечает.');
  });

  it('asks to sign in again when the session was ended elsewhere', () => {
    const reason = { code: 4501, name: 'revoked' };
    expect(outage({ ...link, state: 'stopped', reason }, [], now)).toMatchObject({ action: 'sign-in' });
  });
});
