// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TezCallsCard } from '../../src/calls/card';
import { keyAct } from '../../src/calls/keys';
import { TezCalls } from '../../src/calls/panel';
import { LONGEST_MS, Ring } from '../../src/calls/ring';
import { CallStore, type CallsHub } from '../../src/calls/store';
import { calls, config, dialog, FakeCallsHub, fakeApi, leg } from '../../src/gallery/calls-data';
import { HubError } from '../../src/hub/index';
import { setLocale } from '../../src/i18n/index';
import { Sound } from '../../src/inbox/sound';
import { setServerClock } from '../../src/ui/clock';

const TOPIC = 'finesse:1001';

class Bell {
  muted = false;
  locked = false;
  rings = 0;
  sounding = false;
  #listeners = new Set<() => void>();
  on(listener: () => void) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
  ring(): (() => void) | null {
    if (this.locked) return null;
    this.rings++;
    this.sounding = true;
    return () => {
      this.sounding = false;
    };
  }
  async unlock(): Promise<void> {
    this.locked = false;
    for (const listener of this.#listeners) listener();
  }
  tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

let hub: FakeCallsHub;
let store: CallStore;
let panel: TezCalls;
let bell: Bell;

const ringing = (more = {}) =>
  dialog({ state: 'ALERTING', leg: leg('ALERTING', ['ANSWER']), started: new Date().toISOString(), ...more });
const tell = (type: string, data: unknown) => hub.tell(TOPIC, `finesse.${type}`, data);
const text = (root: ParentNode | null | undefined): string =>
  [...(root?.childNodes ?? [])]
    .map((node) =>
      node instanceof HTMLElement ? text(node.shadowRoot ?? node) : node.nodeType === 3 ? (node.textContent ?? '') : '',
    )
    .join(' ')
    .replace(/\s+/g, ' ')
    .trim();
const inside = (selector: string, root: ParentNode | null = panel.shadowRoot): HTMLElement | null => {
  const found = root?.querySelector<HTMLElement>(selector);
  if (found) return found;
  for (const one of root?.querySelectorAll<HTMLElement>('*') ?? []) {
    const deep = one.shadowRoot ? inside(selector, one.shadowRoot) : null;
    if (deep) return deep;
  }
  return null;
};
const settle = async (): Promise<void> => {
  for (let i = 0; i < 6; i++) await vi.advanceTimersByTimeAsync(0);
};
const press = (init: KeyboardEventInit, at: EventTarget = document.body): boolean =>
  !at.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, composed: true, cancelable: true, ...init }));

beforeEach(async () => {
  vi.useFakeTimers();
  setServerClock(() => Date.now());
  localStorage.clear();
  setLocale('ru');
  hub = new FakeCallsHub();
  hub.put(TOPIC, calls());
  store = new CallStore(hub as unknown as CallsHub, fakeApi());
  bell = new Bell();
  panel = new TezCalls();
  Object.assign(panel, { store, sound: bell });
  await store.load();
  document.body.append(panel);
  await settle();
});

afterEach(() => {
  panel.remove();
  store.close();
  setServerClock(Date.now);
  setLocale('ru');
  vi.useRealTimers();
});

describe('an incoming call', () => {
  it('is shown, spoken and heard at once, with number, queue, then name and open tickets', async () => {
    tell('dialog', { dialog: ringing() });
    await panel.updateComplete;
    expect(inside('[role=alert]')?.textContent).toBe('Входящий звонок: +7 343 555-01-47, очередь Поддержка');
    expect(bell.sounding).toBe(true);
    expect(panel.ringing).toBe(true);
    await settle();
    const card = text(inside('tez-calls-card')?.shadowRoot);
    expect(card).toContain('Анна Петрова');
    expect(card.indexOf('№ 4812')).toBeLessThan(card.indexOf('Новая заявка'));
    expect(inside('a[href="/tasks/4812"]')).not.toBeNull();
  });

  it('is gone with its ring and its words the moment it is answered elsewhere', async () => {
    tell('dialog', { dialog: ringing() });
    await settle();
    tell('dialog_gone', { id: '16801', why: 'answered_elsewhere' });
    expect(bell.sounding).toBe(false);
    await panel.updateComplete;
    expect(inside('tez-calls-card')).toBeNull();
    expect(inside('[role=alert]')?.textContent).toBe('');
  });

  it('rings in the leading tab only, and in the one that leads next', () => {
    hub.turn('open', { leader: false });
    tell('dialog', { dialog: ringing() });
    expect([panel.ringing, bell.sounding]).toEqual([true, false]);
    hub.turn('open', { leader: true });
    expect(bell.sounding).toBe(true);
    hub.turn('open', { leader: false });
    expect(bell.sounding).toBe(false);
  });

  it('does not ring on when nobody knows whether it still does', async () => {
    tell('dialog', { dialog: ringing() });
    hub.turn('waiting');
    await vi.advanceTimersByTimeAsync(2001);
    expect(bell.sounding).toBe(false);
  });

  it('opens a panel that was folded', async () => {
    panel.dock = 'bar';
    tell('dialog', { dialog: ringing() });
    await settle();
    expect(panel.dock).toBe('side');
  });

  it('shows what callers send as text', async () => {
    const evil = '<img src=x onerror=alert(1)>';
    tell('dialog', { dialog: ringing({ number: evil, queue: evil, variables: { callVariable1: evil } }) });
    await settle();
    expect(inside('img')).toBeNull();
    expect(text(inside('tez-calls-card')?.shadowRoot)).toContain(evil);
  });
});

describe('the ring', () => {
  it('begins when the sound is unlocked, ends when it is muted, and never rings for ever', () => {
    const ring = new Ring(bell);
    bell.locked = true;
    ring.set(true);
    expect(ring.sounding).toBe(false);
    void bell.unlock();
    expect([ring.sounding, bell.rings]).toEqual([true, 1]);
    bell.muted = true;
    bell.tell();
    expect(bell.sounding).toBe(false);
    bell.muted = false;
    bell.tell();
    vi.advanceTimersByTime(LONGEST_MS + 1);
    expect(bell.sounding).toBe(false);
    ring.close();
  });

  it('is silenced in the middle of a tone', () => {
    const outs: { disconnect: ReturnType<typeof vi.fn> }[] = [];
    const node = () => {
      const made = {
        connect: vi.fn((to: unknown) => to),
        disconnect: vi.fn(),
        gain: { setValueAtTime: vi.fn(), linearRampToValueAtTime: vi.fn(), exponentialRampToValueAtTime: vi.fn() },
        frequency: { value: 0 },
        start: vi.fn(),
        stop: vi.fn(),
      };
      outs.push(made);
      return made;
    };
    vi.stubGlobal(
      'AudioContext',
      class {
        state = 'running';
        currentTime = 0;
        destination = {};
        createGain = node;
        createOscillator = node;
      },
    );
    vi.stubGlobal('navigator', { userActivation: { hasBeenActive: true } });
    const sound = new Sound();
    const hush = sound.ring('call');
    expect(hush).not.toBeNull();
    vi.advanceTimersByTime(5000);
    expect(outs.length).toBeGreaterThan(9); // rings again
    hush?.();
    expect(outs[0]?.disconnect).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(1); // the panel's own timer
    sound.muted = true;
    expect([sound.ring('call'), sound.refused]).toEqual([null, 'muted']);
    vi.unstubAllGlobals();
  });
});

describe('the state', () => {
  it('takes two keys to NOT_READY with a reason, also on the Russian layout, and waits for the word of the server', async () => {
    expect(press({ code: 'KeyN', key: 'т', altKey: true })).toBe(true);
    await settle();
    const menu = inside('tez-calls-reasons');
    expect(text(menu?.shadowRoot)).toContain('Обед');
    const first = inside('[role=menuitemradio]');
    press({ code: 'Digit2', key: '2' }, first ?? document);
    await settle();
    expect(hub.calls).toEqual([['finesse.state', { state: 'NOT_READY', reason: '17' }]]);
    expect(inside('tez-calls-reasons')).toBeNull();
    const shown = text(inside('tez-calls-state')?.shadowRoot);
    expect(shown).toContain('Запрошено: «Не готов · Перерыв»');
    expect(inside('strong')?.textContent).toBe('Готов');
  });

  const notRead = { not_ready: [], logout: [], wrap_up: [] };
  const lineUp = async (reasons: object, ago = 0) => {
    const service = { state: 'live', since: new Date(Date.now() - ago).toISOString(), why: null, node: null };
    tell('all', { ...calls(), service, reasons });
    await settle();
  };
  const askWhy = async () => {
    press({ code: 'KeyN', key: 'т', altKey: true });
    await settle();
  };

  it('asks for no reason where there are none', async () => {
    await lineUp(notRead, 60_000);
    await askWhy();
    expect(hub.calls).toEqual([['finesse.state', { state: 'NOT_READY' }]]);
  });

  it('waits for reasons that have not been read, and opens their list then', async () => {
    await lineUp(notRead);
    await askWhy();
    await askWhy();
    expect(hub.calls).toEqual([]);
    expect(text(inside('tez-calls-state')?.shadowRoot)).toContain('Читаем причины…');
    tell('reasons', { reasons: calls().reasons });
    await settle();
    expect(inside('tez-calls-reasons')?.shadowRoot?.activeElement?.role).toBe('menuitemradio');
    expect(text(inside('tez-calls-state')?.shadowRoot)).not.toContain('Читаем причины…');
    await vi.advanceTimersByTimeAsync(20_000);
    expect(hub.calls).toEqual([]);
  });

  it('asks without a reason when none came for long, and for nothing when the key is pressed again or the line is lost', async () => {
    await lineUp(notRead);
    await askWhy();
    inside('[data-key=not_ready]')?.click();
    await vi.advanceTimersByTimeAsync(3000);
    await askWhy();
    tell('service', { service: { state: 'stale', since: new Date().toISOString(), why: null, node: null } });
    await settle();
    await lineUp(notRead);
    await vi.advanceTimersByTimeAsync(9000);
    expect(hub.calls).toEqual([]);
    await askWhy();
    await vi.advanceTimersByTimeAsync(1001);
    expect(hub.calls).toEqual([['finesse.state', { state: 'NOT_READY' }]]);
  });

  it('reads the reasons anew when one is wanted all the same', async () => {
    await lineUp(notRead, 60_000);
    hub.answer = async (name) => {
      if (name === 'finesse.refresh') return null;
      throw new HubError({ code: 'finesse_reason_needed', message: '', temporary: false });
    };
    await askWhy();
    expect(hub.calls.map(([name]) => name)).toEqual(['finesse.state', 'finesse.refresh']);
    expect(text(panel.shadowRoot)).toContain('Выберите причину');
  });

  it('gives the focus back when the reasons are left', async () => {
    press({ code: 'KeyN', key: 'n', altKey: true });
    await settle();
    press({ code: 'Escape', key: 'Escape' }, inside('[role=menuitemradio]') ?? document);
    await settle();
    expect(inside('tez-calls-reasons')).toBeNull();
    expect(inside('tez-calls-state')?.shadowRoot?.activeElement?.getAttribute('data-key')).toBe('not_ready');
  });

  it('has words for the reasons that the contact centre gives by itself', async () => {
    const reason = { id: '9', code: '32763', label: 'Ring No Answer' };
    tell('agent', { agent: { ...store.view.calls.agent, state: 'NOT_READY', reason } });
    await settle();
    expect(text(inside('tez-calls-state')?.shadowRoot)).toContain('Вызов без ответа ·');
    setLocale('en');
    await settle();
    expect(text(inside('tez-calls-state')?.shadowRoot)).toContain('Call not answered ·');
  });

  it("runs by the server's clock", async () => {
    const now = Date.now() + 3_600_000;
    setServerClock(() => now);
    tell('agent', { agent: { ...store.view.calls.agent, since: new Date(now - 65_000).toISOString() } });
    await settle();
    expect(text(inside('tez-calls-timer', inside('tez-calls-state')?.shadowRoot ?? null)?.shadowRoot)).toBe('01:05');
  });
});

describe('the keys', () => {
  it.each([
    ['KeyA', 'answer'],
    ['KeyH', 'hold'],
    ['KeyX', 'drop'],
    ['KeyM', 'dial'],
  ] as const)('%s: %s', (code, act) => {
    const stroke = { code, key: 'ф', ctrlKey: false, metaKey: false, altKey: true, shiftKey: false };
    expect(keyAct(stroke)).toBe(act);
    expect(keyAct({ ...stroke, altKey: false })).toBeNull();
    expect(keyAct({ ...stroke, ctrlKey: true })).toBeNull(); // AltGr
  });

  it('answer from wherever one types, and mean nothing when there is nothing to do', async () => {
    const field = document.createElement('input');
    document.body.append(field);
    expect(press({ code: 'KeyA', key: 'ф', altKey: true }, field)).toBe(false);
    tell('dialog', { dialog: ringing() });
    expect(press({ code: 'KeyA', key: 'ф', altKey: true }, field)).toBe(true);
    await settle();
    expect(hub.calls).toEqual([['finesse.dialog', { dialog: '16801', action: 'answer' }]]);
    field.remove();
  });

  it('can be switched off', async () => {
    store.close();
    store = new CallStore(hub as unknown as CallsHub, fakeApi({ config: async () => ({ ...config, hotkeys: false }) }));
    panel.store = store;
    await store.load();
    tell('dialog', { dialog: ringing() });
    await settle();
    expect(press({ code: 'KeyA', key: 'a', altKey: true })).toBe(false);
  });
});

describe('what came with a call', () => {
  it('has words for names, and the names themselves for whoever points at them', async () => {
    const variables = { callVariable1: 'Договор 4411', 'user.booking': 'TZ-20931', 'user.': 'x', BAStatus: 'x' };
    tell('dialog', { dialog: dialog({ variables, leg: leg('ACTIVE', ['UPDATE_CALL_DATA']) }) });
    await settle();
    const terms = [...(inside('tez-calls-data')?.shadowRoot?.querySelectorAll('dt') ?? [])];
    expect(terms.map((term) => [term.textContent, term.title])).toEqual([
      ['Переменная 1', 'callVariable1'],
      ['booking', 'user.booking'],
      ['user.', 'user.'],
    ]);
  });
});

describe('a call', () => {
  const names = () =>
    [...(inside('tez-calls-card')?.shadowRoot?.querySelectorAll<HTMLElement>('.key') ?? [])].map(
      (key) => key.dataset.key,
    );

  it('offers what its leg lists and nothing else', async () => {
    tell('dialog', { dialog: dialog({ leg: leg('ACTIVE', ['HOLD', 'DROP', 'A_NEW_ONE']) }) });
    await settle();
    expect(names()).toEqual(['hold', 'drop']);
    tell('dialog', { dialog: dialog({ leg: leg('HELD', ['RETRIEVE', 'TRANSFER', 'CONFERENCE', 'DROP']) }) });
    await settle();
    expect(names()).toEqual(['retrieve', 'transfer', 'conference', 'drop']);
  });

  it('is transferred by the keyboard alone: a name, Enter', async () => {
    tell('dialog', { dialog: dialog() });
    await settle();
    press({ code: 'KeyT', key: 'е', altKey: true });
    await settle();
    const input = inside('#to') as HTMLInputElement;
    expect(inside('tez-calls-pick')?.shadowRoot?.activeElement).toBe(input);
    input.value = 'волк';
    input.dispatchEvent(new Event('input'));
    await vi.advanceTimersByTimeAsync(200);
    await settle();
    press({ code: 'Enter', key: 'Enter' }, input);
    await settle();
    expect(hub.calls).toEqual([['finesse.dialog', { dialog: '16801', action: 'direct_transfer', to: '4002' }]]);
  });

  it('keeps the number that was typed when the transfer is refused', async () => {
    tell('dialog', { dialog: dialog() });
    await settle();
    await (inside('tez-calls-card') as TezCallsCard).open('consult');
    await settle();
    const input = inside('#to') as HTMLInputElement;
    input.value = '4 0-99';
    input.dispatchEvent(new Event('input'));
    hub.answer = async () =>
      Promise.reject(new HubError({ code: 'finesse_invalid_destination', message: '', temporary: false }));
    press({ code: 'Enter', key: 'Enter' }, input);
    await settle();
    expect(hub.calls[0]?.[1]).toEqual({ dialog: '16801', action: 'consult', to: '4099' });
    expect((inside('#to') as HTMLInputElement).value).toBe('4 0-99');
    expect(text(panel.shadowRoot)).toContain('этот номер набрать нельзя');
  });

  it('closes what can no longer be asked for', async () => {
    tell('dialog', { dialog: dialog() });
    await settle();
    await (inside('tez-calls-card') as TezCallsCard).open('keypad');
    await settle();
    expect(inside('tez-calls-pad')).not.toBeNull();
    tell('dialog', { dialog: dialog({ leg: leg('HELD', ['RETRIEVE']) }) });
    await settle();
    expect(inside('tez-calls-pad')).toBeNull();
  });
});

describe('who calls', () => {
  it('has three tickets in sight, the others behind a key that gives the focus to the first of them', async () => {
    const tickets = [1, 2, 3, 4, 5].map((id) => ({ id, subject: 's', status: 'x', updated_at: null, open: true }));
    const people = [{ kind: 'erp', id: '1', name: 'Анна' }];
    store.close();
    store = new CallStore(
      hub as unknown as CallsHub,
      fakeApi({ callers: async (number) => ({ number, people, tickets, total: 7 }) }),
    );
    panel.store = store;
    await store.load();
    tell('dialog', { dialog: ringing() });
    await settle();
    const links = () => [...(inside('tez-calls-caller')?.shadowRoot?.querySelectorAll('li a') ?? [])];
    expect(links()).toHaveLength(3);
    const more = inside('.more-tickets');
    expect(text(more)).toBe('Ещё: 4');
    more?.click();
    await settle();
    expect(links()).toHaveLength(5);
    expect(inside('tez-calls-caller')?.shadowRoot?.activeElement).toBe(links()[3]);
    expect(text(inside('tez-calls-caller')?.shadowRoot)).toContain('Ещё: 2');
    expect(inside('.more-tickets')).toBeNull();
  });
});

describe('the folded panel', () => {
  it('has the call that wants something, and says how many more there are', async () => {
    panel.dock = 'bar';
    const held = leg('HELD', ['RETRIEVE']);
    tell('all', { ...calls(), dialogs: { a: dialog({ id: 'a', leg: held }), b: dialog({ id: 'b', number: '4002' }) } });
    await settle();
    expect(text(inside('.now'))).toMatch(/^4002 .* и ещё 1 звонок$/);
    tell('dialog_gone', { id: 'a', why: 'ended' });
    await settle();
    expect(text(inside('.now'))).not.toContain('и ещё');
  });
});

describe('without a line', () => {
  const unusable = (root: ParentNode | null = panel.shadowRoot): string[] =>
    [...(root?.querySelectorAll<HTMLElement>('*') ?? [])].flatMap((one) => [
      ...(one.matches('.key, .btn') && one.getAttribute('aria-disabled') === 'true'
        ? [one.dataset.key ?? one.title]
        : []),
      ...(one.shadowRoot ? unusable(one.shadowRoot) : []),
    ]);

  it('every key of a call looks unusable and says why, before it is pressed and when it is', async () => {
    tell('dialog', {
      dialog: dialog({ leg: leg('ACTIVE', ['HOLD', 'DROP', 'SEND_DTMF', 'CONSULT_CALL', 'TRANSFER_SST']) }),
    });
    await settle();
    const keys = ['not_ready', 'hold', 'keypad', 'consult', 'transfer', 'drop', 'dial'];
    expect(unusable()).toEqual([]);
    hub.turn('waiting');
    await settle();
    expect(unusable()).toEqual(keys);
    for (const key of keys) {
      expect(inside(`[data-key=${key}]`)?.title).toBe('Нет связи с сервером. Аппарат на столе работает.');
      store.forgive();
      inside(`[data-key=${key}]`)?.click();
      await settle();
      expect(store.view.fault?.code).toBe('offline');
    }
    expect(inside('tez-calls-pick, tez-calls-pad, tez-calls-reasons')).toBeNull();
    expect(hub.calls).toEqual([]);
    hub.turn('open');
    await settle();
    expect(unusable()).toEqual([]);
  });
});

describe('the locked sound', () => {
  it('is offered in one place of the page: by the inbox, where there is one', async () => {
    bell.locked = true;
    bell.tell();
    await settle();
    expect(text(panel.shadowRoot)).toContain('Включить звук звонка');
    const inbox = document.createElement('tez-inbox');
    inbox.setAttribute('mode', 'page');
    document.body.append(inbox);
    bell.tell();
    await settle();
    expect(text(panel.shadowRoot)).not.toContain('Включить звук звонка');
    inbox.remove();
    await bell.unlock();
    await settle();
    expect(text(panel.shadowRoot)).not.toContain('Включить звук звонка');
  });
});

describe('signing in', () => {
  beforeEach(async () => {
    hub.put(TOPIC, { ...calls(), service: { state: 'off', since: null, why: null, node: null }, agent: null });
    await settle();
  });
  const field = (name: string) => inside(`[name=${name}]`) as HTMLInputElement;
  const send = async () => {
    inside('form')?.dispatchEvent(new Event('submit', { cancelable: true }));
    await settle();
  };

  it('keeps the form and what was typed while it connects, and names the field when the contact centre refuses later', async () => {
    field('extension').value = '4999';
    field('password').value = 'secret';
    await send();
    const service = { since: new Date().toISOString(), node: null };
    tell('service', { service: { ...service, state: 'connecting', why: null } });
    await settle();
    expect(text(inside('[type=submit]'))).toBe('Подключаемся…');
    await send(); // a second time it is the same wish
    expect(hub.calls).toHaveLength(1);
    tell('service', { service: { ...service, state: 'off', why: 'finesse_device_invalid' } });
    await settle();
    expect([field('extension').value, field('password').value]).toEqual(['4999', 'secret']);
    expect(field('extension').getAttribute('aria-invalid')).toBe('true');
    expect(inside('tez-calls-sign-in')?.shadowRoot?.activeElement).toBe(field('extension'));
    expect(text(panel.shadowRoot).match(/С этого внутреннего номера/g)).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2000); // no echo of the request is waited for any more
    field('extension').value = '4001';
    await send();
    expect(hub.calls[1]).toEqual(['finesse.sign_in', { extension: '4001', password: 'secret' }]);
  });

  it('says what the topic tells of the request itself, however late, and once', async () => {
    field('extension').value = '4001';
    field('password').value = 'secret';
    hub.answer = async () => ({ request: 'r1' });
    await send();
    tell('asked', { request: 'r1', action: 'sign_in', dialog: null, at: new Date().toISOString(), detail: '' });
    await vi.advanceTimersByTimeAsync(20_000);
    tell('answered', { request: 'r1', error: { code: 'finesse_unconfirmed', message: { ru: 'Неизвестно.', en: '' } } });
    await settle();
    expect(text(inside('tez-calls-sign-in')?.shadowRoot?.querySelector('#fault'))).toContain('ничего не изменилось');
    expect(panel.shadowRoot?.querySelector('.notes .bad')).toBeNull();
    hub.answer = async () => new Promise(() => undefined);
    field('password').value = 'secret';
    await send();
    expect(text(inside('tez-calls-sign-in')?.shadowRoot?.querySelector('#fault'))).toBe('');
  });

  it('says after a reload why the last one came to nothing', async () => {
    const service = { state: 'off', since: new Date().toISOString(), why: 'finesse_device_invalid', node: null };
    tell('service', { service });
    await settle();
    expect(text(inside('tez-calls-sign-in')?.shadowRoot)).toContain('С этого внутреннего номера войти нельзя');
  });

  it('names the field that is wrong, keeps what was typed, and sends nothing before all is there', async () => {
    expect(field('extension').value).toBe('4001');
    field('extension').value = 'abc';
    await send();
    expect(field('extension').getAttribute('aria-invalid')).toBe('true');
    field('extension').value = '4001';
    field('password').value = 'secret';
    hub.answer = async () =>
      Promise.reject(new HubError({ code: 'finesse_wrong_password', message: '', temporary: false }));
    await send();
    expect(hub.calls).toEqual([['finesse.sign_in', { extension: '4001', password: 'secret' }]]);
    expect(field('password').getAttribute('aria-invalid')).toBe('true');
    expect([field('password').value, field('extension').value]).toEqual(['', '4001']);
    expect(text(inside('tez-calls-sign-in')?.shadowRoot)).toContain('Finesse Пароль не подходит.');
  });
});
