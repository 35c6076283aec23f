// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setLocale } from '../../src/i18n/index';
import { TezSnooze } from '../../src/inbox/snooze';
import { serverNow, setServerClock } from '../../src/ui/clock';
import type { MenuItem } from '../../src/ui/menu';

let snooze: TezSnooze;
let then: ReturnType<typeof vi.fn<(until: Date) => void>>;

const $ = <T extends Element = HTMLElement>(selector: string): T | null =>
  snooze.shadowRoot?.querySelector<T>(selector) ?? null;
const items = (): readonly MenuItem[] => $<HTMLElement & { items: MenuItem[] }>('tez-menu')?.items ?? [];

async function pick(id: string): Promise<void> {
  $('tez-menu')?.dispatchEvent(new CustomEvent('pick', { detail: id }));
  await snooze.updateComplete;
}

async function submit(value: string): Promise<void> {
  const until = $<HTMLInputElement>('#until');
  if (until) until.value = value;
  $('form')?.dispatchEvent(new Event('submit', { cancelable: true }));
  await snooze.updateComplete;
}

beforeEach(async () => {
  setLocale('en');
  snooze = new TezSnooze();
  then = vi.fn<(until: Date) => void>();
  document.body.append(snooze);
  await snooze.updateComplete;
  await Promise.resolve();
  snooze.ask(document.body, then);
  await snooze.updateComplete;
});

afterEach(() => {
  snooze.remove();
  setServerClock(Date.now);
});

describe('snoozing', () => {
  it('offers the moments as they are when it is asked', async () => {
    setServerClock(() => new Date(2026, 10, 25, 10, 0).getTime()); // a Wednesday
    snooze.ask(document.body, then);
    await snooze.updateComplete;
    expect(items().map((item) => item.id)).toEqual(['hour', 'tomorrow', 'monday', 'own']);
    expect(items()[0]?.hint).toMatch(/11:00/);
    setServerClock(() => new Date(2026, 10, 29, 10, 0).getTime()); // a Sunday: tomorrow is Monday
    snooze.ask(document.body, then);
    await snooze.updateComplete;
    expect(items().map((item) => item.id)).toEqual(['hour', 'tomorrow', 'own']);
  });

  it('hands over the moment that was picked, once', async () => {
    await pick('hour');
    await pick('hour');
    expect(then).toHaveBeenCalledOnce();
    const [until] = then.mock.calls[0] ?? [];
    expect((until?.getTime() ?? 0) - serverNow()).toBeGreaterThan(3_590_000);
  });

  it('takes a time of one’s own, but none of the past', async () => {
    await pick('own');
    expect(snooze.open).toBe(true);
    await submit('2001-01-01T09:00');
    expect($('#wrong')?.textContent).not.toBe('');
    expect($('#until')?.getAttribute('aria-invalid')).toBe('true');
    expect(then).not.toHaveBeenCalled();
    await submit('2999-01-01T09:00');
    expect(then).toHaveBeenCalledWith(new Date(2999, 0, 1, 9));
    expect(snooze.open).toBe(false);
  });

  it('forgets the complaint when it is asked again', async () => {
    await pick('own');
    await submit('2001-01-01T09:00');
    $<HTMLElement & { close(): void }>('tez-dialog')?.close();
    await pick('own');
    expect($('#wrong')?.textContent).toBe('');
  });
});
