// @vitest-environment happy-dom

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HttpError } from '../../src/inbox/session';
import type { UserSession } from '../../src/people/types';
import { ProfileStore } from '../../src/profile/model';
import { ProfileSessions } from '../../src/profile/sessions';
import type { Ask, Profile, Vpn } from '../../src/profile/types';
import { ProfileVpn } from '../../src/profile/vpn';
import { TezDialog } from '../../src/ui/dialog';

const signIn = (id: string, more: Partial<UserSession> = {}): UserSession => ({
  id,
  this: false,
  browser: `Chrome 141, ${id}`,
  agent: 'Mozilla/5.0',
  address: '192.0.2.7',
  created_at: '2026-11-20T09:00:00Z',
  seen_at: '2026-11-28T09:00:00Z',
  expires_at: '2026-12-20T09:00:00Z',
  remember: false,
  online: false,
  ...more,
});

const device = {
  id: 'd1',
  label: 'Firefox, Android',
  created_at: '2026-11-20T09:00:00Z',
  seen_at: null,
  kinds: ['webpush'],
  last_error: 'gone',
};

const text = (element: HTMLElement): string => {
  const walk = (node: Node): string => {
    if (node.nodeType === 3) return (node as Text).data;
    if (node.nodeName === 'STYLE') return '';
    const shadow = (node as HTMLElement).shadowRoot;
    return [...(shadow ? [shadow] : []), ...node.childNodes].map(walk).join(' ');
  };
  return walk(element).replace(/\s+/g, ' ');
};

const button = (element: HTMLElement, name: string): HTMLButtonElement => {
  const all = [...(element.shadowRoot?.querySelectorAll('button') ?? [])];
  const found = all.find((one) => one.textContent?.trim() === name || one.getAttribute('aria-label')?.startsWith(name));
  if (!found) throw new Error(`no button ${name} among ${all.map((one) => one.textContent?.trim())}`);
  return found;
};

afterEach(() => {
  document.body.replaceChildren();
  vi.useRealTimers();
});

describe('sign-ins and devices', () => {
  let answers: Record<string, unknown>;
  let asked: string[];
  let panel: ProfileSessions;

  const ask: Ask = async <T>(method: string, path: string): Promise<T> => {
    asked.push(`${method} ${path}`);
    const answer = answers[`${method} ${path}`];
    if (answer instanceof Error) throw answer;
    return answer as T;
  };

  const open = async () => {
    panel = new ProfileSessions();
    panel.store = new ProfileStore(ask);
    document.body.append(panel);
    await vi.waitFor(() => expect(asked.length).toBeGreaterThan(1));
    await settled();
  };
  const settled = async () => {
    for (let i = 0; i < 5; i++) await panel.updateComplete;
  };

  beforeEach(() => {
    asked = [];
    answers = {
      'GET /users/api/sessions': { sessions: [signIn('other', { online: true }), signIn('mine', { this: true })] },
      'GET /users/api/devices': { devices: [device] },
    };
  });

  it('show this browser first and marked, with no way to end it here', async () => {
    await open();
    const rows = [...(panel.shadowRoot?.querySelectorAll('li') ?? [])].map((row) => text(row as HTMLElement));
    expect(rows.length).toBe(3);
    expect(rows[0]).toContain('Chrome 141, mine');
    expect(rows[0]).toContain('этот браузер');
    expect(rows[0]).not.toContain('Завершить');
    expect(rows[1]).toContain('на связи');
    expect(rows[2]).toContain('Последняя отправка не удалась');
  });

  it('end one, by its id, and say so', async () => {
    await open();
    button(panel, 'Завершить вход: Chrome 141, other').click();
    await settled();
    expect(asked).toContain('DELETE /users/api/sessions/other');
    expect(text(panel)).not.toContain('Chrome 141, other');
    expect(text(panel)).toContain('Завершён 1 вход');
    expect(text(panel)).toContain('Других входов нет');
  });

  it('end all others only after asking', async () => {
    await open();
    const dialog = panel.shadowRoot?.querySelector('tez-dialog');
    expect(dialog).toBeInstanceOf(TezDialog);
    const show = vi.spyOn(dialog as TezDialog, 'show').mockImplementation(() => undefined);
    vi.spyOn(dialog as TezDialog, 'close').mockImplementation(() => undefined);
    button(panel, 'Завершить все остальные').click();
    expect(show).toHaveBeenCalledOnce();
    expect(asked.some((one) => one.startsWith('DELETE'))).toBe(false);
    panel.shadowRoot?.querySelector<HTMLButtonElement>('tez-dialog .danger')?.click();
    await settled();
    expect(asked).toContain('DELETE /users/api/sessions');
    expect(text(panel)).toContain('Завершён 1 вход');
  });

  it('keep what could not be ended, with the reason', async () => {
    answers['DELETE /users/api/sessions/other'] = new HttpError(403, 'read_only', 'Только просмотр.');
    await open();
    button(panel, 'Завершить вход: Chrome 141, other').click();
    await settled();
    expect(text(panel)).toContain('Chrome 141, other');
    expect(text(panel)).toContain('Не завершено: Только просмотр.');
  });

  it('say why there is no list, and ask again when told to', async () => {
    answers['GET /users/api/sessions'] = new HttpError(404, 'not_found', 'По этому адресу ничего нет.');
    await open();
    expect(text(panel)).toContain('По этому адресу ничего нет.');
    answers['GET /users/api/sessions'] = { sessions: [signIn('mine', { this: true })] };
    panel.shadowRoot?.querySelector('tez-error')?.dispatchEvent(new CustomEvent('retry'));
    await settled();
    expect(text(panel)).toContain('этот браузер');
  });
});

describe('VPN', () => {
  const vpn = (more: Partial<Vpn> = {}): Vpn => ({
    has: true,
    until: '2026-12-08',
    days_left: 10,
    may_renew: true,
    min_until: '2026-12-09',
    max_until: '2027-02-26',
    from_day: null,
    why: null,
    rules: { ahead_days: 90, early_days: 30 },
    today: '2026-11-28',
    last: null,
    ...more,
  });
  const last = {
    until: '2027-01-27',
    key: 'k',
    state: 'unknown',
    code: 'erp_slow',
    message: null,
    open: true,
    at: '2026-11-28T09:00:00Z',
  } as const;

  const shown = async (given: Vpn, change: (store: ProfileStore) => void = () => undefined) => {
    const store = new ProfileStore(async () => ({}) as never);
    store.profile = { vpn: given } as Profile;
    change(store);
    const panel = new ProfileVpn();
    panel.store = store;
    document.body.append(panel);
    await panel.updateComplete;
    return panel;
  };

  it('tells the date, what is left, and what may be chosen', async () => {
    const panel = await shown(vpn());
    expect(text(panel)).toContain('до 8 декабря 2026');
    expect(text(panel)).toContain('осталось 10 дней');
    expect(text(panel)).toContain('с 9 декабря по 26 февраля 2027: не дальше 90 дней');
    expect(panel.shadowRoot?.querySelector('input')?.value).toBe('2027-02-26');
  });

  it.each([
    [{ days_left: 0 }, 'последний день'],
    [{ days_left: -3, until: '2026-11-25' }, 'закончился 25 ноября 2026'],
    [{ until: null, days_left: null }, 'Срок не задан'],
    [{ has: false, until: null, days_left: null, may_renew: false, why: 'no_vpn' }, 'VPN не подключён'],
    [{ may_renew: false, why: 'early', from_day: '2026-12-20' }, 'Продлить можно будет с 20 декабря 2026'],
    [{ may_renew: false, why: 'department' }, 'Ваш отдел не продлевает VPN сам'],
  ] as [Partial<Vpn>, string][])('says %j in words', async (more, words) => {
    expect(text(await shown(vpn(more)))).toContain(words);
  });

  it('claims nothing while the ERP has not confirmed, and offers to check', async () => {
    vi.useFakeTimers();
    const panel = await shown(vpn({ may_renew: false, why: 'unsettled', last }));
    expect(text(panel)).toContain('ERP ещё не подтвердила продление до 27 января 2027');
    expect(text(panel)).not.toMatch(/Готово|отказала|не приняла/);
    expect(panel.shadowRoot?.querySelector('form')).toBeNull();
    expect(button(panel, 'Проверить сейчас')).toBeTruthy();
  });

  it('looks again by itself, ever less often, until the word comes', async () => {
    vi.useFakeTimers();
    const looks: number[] = [];
    const panel = await shown(vpn({ may_renew: false, last }), (store) => {
      store.look = async () => void looks.push(Date.now());
    });
    const began = Date.now();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(looks.map((at) => Math.round((at - began) / 1000))).toEqual([5, 15, 35, 75]);
    panel.remove();
    await vi.advanceTimersByTimeAsync(300_000);
    expect(looks.length).toBe(4);
  });

  it('says after a wish without an answer that the outcome is not known', async () => {
    const panel = await shown(vpn(), (store) => {
      store.renewFault = { code: 'no_answer', message: '' };
    });
    expect(text(panel)).toContain('Ответа нет, поэтому итог неизвестен');
  });

  it('does not tell of an old refusal as if it were of now', async () => {
    const panel = await shown(vpn({ last: { ...last, state: 'refused', code: 'not_taken', open: false } }));
    expect(text(panel)).not.toContain('не приняла');
  });
});
