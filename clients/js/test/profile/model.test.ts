import { beforeEach, describe, expect, it } from 'vitest';
import { HttpError } from '../../src/inbox/session';
import { ProfileStore } from '../../src/profile/model';
import type { Ask, Profile, Vpn, Wish } from '../../src/profile/types';

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

const wish = (more: Partial<Wish>): Wish => ({
  until: '2027-01-27',
  key: 'key-1',
  state: 'done',
  code: null,
  message: null,
  open: false,
  at: '2026-11-28T09:00:00Z',
  ...more,
});

const profile = (more: Partial<Profile> = {}): Profile => ({
  erp: {
    full_name: 'Анна Петрова',
    email: '',
    office: '',
    department: '',
    post: 'Инженер',
    phone: '',
    standing: 'active',
    checked_at: '2026-11-28T08:00:00Z',
  },
  vpn: vpn(),
  avatar: null,
  signature: { text: '', html: '', on_comments: false },
  preferences: { locale: 'ru', zone: 'Europe/Moscow' },
  ...more,
});

type Answer = unknown | Error;

/** A server that gives the answers in the order they are asked for, and writes down what was asked. */
class Server {
  asked: [string, string, unknown?][] = [];
  answers: Answer[] = [];
  #held: (() => void) | null = null;
  holding = false;

  ask: Ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    this.asked.push(body === undefined ? [method, path] : [method, path, body]);
    if (this.holding) await new Promise<void>((resolve) => (this.#held = resolve));
    const answer = this.answers.shift();
    if (answer instanceof Error) throw answer;
    return answer as T;
  };

  release(): void {
    this.holding = false;
    this.#held?.();
  }
}

let server: Server;
let store: ProfileStore;
let keys: number;

beforeEach(async () => {
  server = new Server();
  keys = 0;
  store = new ProfileStore(server.ask, () => `made-${++keys}`);
  server.answers = [profile(), profile()];
  await store.load();
  server.asked = [];
});

describe('loading', () => {
  it('shows what is kept first, and what the ERP says after it', async () => {
    const fresh = profile({ vpn: vpn({ days_left: 9 }) });
    server.answers = [profile(), fresh];
    await store.load();
    expect(server.asked.map(([, path]) => path)).toEqual(['/users/api/profile', '/users/api/profile?fresh=1']);
    expect([store.erp, store.profile?.vpn?.days_left]).toEqual(['fresh', 9]);
  });

  it('keeps what is known, with the reason, while the ERP is down', async () => {
    server.answers = [new HttpError(503, 'erp_unavailable', 'ERP не отвечает.')];
    await store.look();
    expect(store.erp).toEqual({ code: 'erp_unavailable', message: 'ERP не отвечает.' });
    expect(store.profile?.erp?.post).toBe('Инженер');
  });

  it('asks no ERP for a local account', async () => {
    server.answers = [profile({ erp: null, vpn: null })];
    await store.load();
    expect(server.asked.length).toBe(1);
    expect(store.erp).toBe('fresh');
  });

  it('tells why there is nothing', async () => {
    const other = new ProfileStore(server.ask);
    server.answers = [new TypeError('no network')];
    await other.load();
    expect([other.profile, other.failed]).toEqual([null, { code: 'no_answer', message: '' }]);
  });

  it('does not take away what was saved while the ERP was asked', async () => {
    server.holding = true;
    server.answers = [profile()];
    const looking = store.look();
    store.setAvatar({ version: 'a', urls: {} });
    server.release();
    await looking;
    expect(store.profile?.avatar?.version).toBe('a');
  });
});

describe('renewing', () => {
  it('sends one wish at a time, however often it is asked', async () => {
    server.holding = true;
    server.answers = [{ vpn: vpn({ last: wish({}) }) }];
    const all = [store.renew('2027-01-27'), store.renew('2027-01-27'), store.renew('2027-01-28')];
    server.release();
    await Promise.all(all);
    expect(server.asked).toEqual([['PUT', '/users/api/profile/vpn', { until: '2027-01-27', key: 'made-1' }]]);
    expect(store.renewing).toBeNull();
  });

  it('repeats the same wish for the same date when no answer came, and a new one for another', async () => {
    server.answers = [new TypeError('cut'), new TypeError('cut'), { vpn: vpn() }];
    await store.renew('2027-01-27');
    expect(store.renewFault?.code).toBe('no_answer');
    await store.renew('2027-01-27');
    await store.renew('2027-01-28');
    expect(server.asked.map(([, , body]) => (body as Wish).key)).toEqual(['made-1', 'made-1', 'made-2']);
  });

  it('repeats the wish of an earlier page that the ERP has not confirmed', async () => {
    server.answers = [profile({ vpn: vpn({ last: wish({ state: 'unknown', open: true }) }) }), { vpn: vpn() }];
    await store.look();
    expect(store.waiting?.key).toBe('key-1');
    await store.renew('2027-01-27');
    expect(server.asked[1]?.[2]).toEqual({ until: '2027-01-27', key: 'key-1' });
    expect(store.waiting).toBeNull();
  });

  it('shows a refusal with its sentence, reads the rules anew, and makes a new wish of the next try', async () => {
    const refusal = new HttpError(422, 'erp_rule', 'ERP отказала: Только через отдел ИБ.');
    server.answers = [refusal, profile({ vpn: vpn({ may_renew: false, why: 'department' }) }), { vpn: vpn() }];
    await store.renew('2027-01-27');
    expect(store.renewFault).toEqual({ code: 'erp_rule', message: 'ERP отказала: Только через отдел ИБ.' });
    expect(store.profile?.vpn?.why).toBe('department');
    await store.renew('2027-01-27');
    expect(server.asked[2]?.[2]).toEqual({ until: '2027-01-27', key: 'made-2' });
    expect(store.renewFault).toBeNull();
  });
});

describe('preferences', () => {
  it('acts at once and is put back, with the reason, when it is not taken', async () => {
    server.holding = true;
    server.answers = [new HttpError(422, 'bad_value', 'Так нельзя.')];
    const saving = store.set('zone', 'Moon/Sea');
    expect(store.profile?.preferences.zone).toBe('Moon/Sea');
    server.release();
    await saving;
    expect(store.profile?.preferences.zone).toBe('Europe/Moscow');
    expect(store.saves.get('zone')).toEqual({ is: 'failed', fault: { code: 'bad_value', message: 'Так нельзя.' } });
  });

  it('saves the last of several in a row, one after the other', async () => {
    server.holding = true;
    const saving = store.set('sound', { volume: 0.1 });
    void store.set('sound', { volume: 0.2 });
    void store.set('sound', { volume: 0.3 });
    expect(server.asked.length).toBe(1);
    server.release();
    await saving;
    expect(server.asked.map(([, , body]) => body)).toEqual([{ value: { volume: 0.1 } }, { value: { volume: 0.3 } }]);
    expect(store.profile?.preferences.sound).toEqual({ volume: 0.3 });
  });

  it('goes back to what the server has when the last of several is not taken', async () => {
    server.holding = true;
    server.answers = [undefined, new TypeError('cut')];
    const saving = store.set('zone', 'Asia/Omsk');
    void store.set('zone', 'Asia/Tokyo');
    server.release();
    await saving;
    expect(store.profile?.preferences.zone).toBe('Asia/Omsk');
    expect(store.saves.get('zone')?.is).toBe('failed');
  });
});

describe('picture and signature', () => {
  it('keeps the picture when its removal fails', async () => {
    store.setAvatar({ version: 'a', urls: {} });
    server.answers = [new TypeError('cut'), undefined];
    expect(await store.removeAvatar()).toEqual({ code: 'no_answer', message: '' });
    expect(store.profile?.avatar?.version).toBe('a');
    expect(await store.removeAvatar()).toBeNull();
    expect(store.profile?.avatar).toBeNull();
  });

  it('takes the signature over as the server keeps it', async () => {
    server.answers = [{ signature: { text: 'А', html: '<p>А</p>', on_comments: true } }];
    await store.saveSignature(' А ', true);
    expect(server.asked).toEqual([['PUT', '/users/api/signature', { text: ' А ', on_comments: true }]]);
    expect(store.profile?.signature.html).toBe('<p>А</p>');
    expect(store.saves.get('signature')).toEqual({ is: 'saved' });
  });
});
