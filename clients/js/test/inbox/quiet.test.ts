import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silenced } from '../../src/inbox/quiet';
import { Sound } from '../../src/inbox/sound';

const nights = {
  windows: [{ days: [0, 1, 2, 3, 4, 5, 6], start: '22:00', end: '07:00' }],
  zone: 'Europe/Moscow',
  pierced: true,
};
const night = Date.UTC(2026, 2, 4, 20, 30); // 23:30 in Moscow
const day = Date.UTC(2026, 2, 4, 9, 0);

describe('quiet hours', () => {
  it.each([
    ['at night', night, false, true],
    ['by day', day, false, false],
    ['at night, what is critical', night, true, false],
  ])('%s', (_when, now, critical, expected) => {
    expect(silenced(nights, now, critical)).toBe(expected);
  });

  it('let nothing through when the person wants that', () => {
    expect(silenced({ ...nights, pierced: false }, night, true)).toBe(true);
  });

  it('are none when none are set', () => {
    expect(silenced({ ...nights, windows: [] }, night)).toBe(false);
  });
});

describe('sound in quiet hours', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: night });
    vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined, removeItem: () => undefined });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('stays away and says why', () => {
    const sound = new Sound(() => 0);
    sound.quiet = nights;
    expect(sound.play('ticket')).toBe(false);
    expect(sound.refused).toBe('quiet');
    sound.play('network', true);
    expect(sound.refused).not.toBe('quiet');
    vi.setSystemTime(day);
    sound.play('ticket');
    expect(sound.refused).not.toBe('quiet');
  });
});
