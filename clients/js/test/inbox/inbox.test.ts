// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeHub, FakeInbox, item } from '../../src/gallery/fake';
import { setLocale } from '../../src/i18n/index';
import { TezInbox } from '../../src/inbox/inbox';
import { Sound, sound } from '../../src/inbox/sound';

let inbox: TezInbox;
let store: FakeInbox;
let hub: FakeHub;

beforeEach(async () => {
  setLocale('ru');
  store = new FakeInbox([item(2, {}), item(1, {})]);
  hub = new FakeHub();
  inbox = new TezInbox();
  inbox.store = store;
  inbox.hub = hub;
  document.body.append(inbox);
  await inbox.updateComplete;
});

afterEach(() => {
  inbox.remove();
  vi.useRealTimers();
});

const $ = (selector: string): HTMLElement | null => inbox.shadowRoot?.querySelector<HTMLElement>(selector) ?? null;

/** What the browser says when a popover opens or closes. */
async function toggle(newState: 'open' | 'closed'): Promise<void> {
  const event = Object.assign(new Event('toggle'), { newState });
  $('.panel')?.dispatchEvent(event);
  await inbox.updateComplete;
  await inbox.updateComplete;
  await new Promise((resolve) => setTimeout(resolve));
}

describe('the bell', () => {
  it('shows the number, says it in words, and stops at 99+', async () => {
    expect($('.count')?.textContent).toBe('2');
    expect($('.bell')?.getAttribute('aria-label')).toBe('Уведомления: 2 новых');
    store.arrive(...Array.from({ length: 120 }, (_, i) => item(i + 3, {})));
    await inbox.updateComplete;
    expect($('.count')?.textContent).toBe('99+');
  });

  it('drops the number when it opens, not before', async () => {
    expect(store.calls).toEqual([]);
    await toggle('open');
    expect(store.calls).toContainEqual(['seen']);
    expect($('.count')).toBeNull();
    expect(store.items.every((it) => it.level === 'shown')).toBe(true);
  });

  it('counts what comes in while it is open as seen, unless it waits behind the pill', async () => {
    await toggle('open');
    store.arrive(item(3, {}));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(store.unseen).toBe(0);
    const list = $('tez-inbox-list');
    list?.shadowRoot?.querySelector('.scroll')?.dispatchEvent(new Event('pointerenter'));
    store.arrive(item(4, {}));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(store.unseen).toBe(1);
  });

  it('tells the page the number', async () => {
    const told: number[] = [];
    inbox.addEventListener('tez-unseen', (event) => told.push((event as CustomEvent).detail.unseen));
    store.arrive(item(3, {}));
    store.mark(['e1', 'e2'], 'read');
    expect(told).toEqual([3, 1]);
  });
});

describe('a burst', () => {
  it('is spoken once, with its number', () => {
    vi.useFakeTimers();
    for (let seq = 3; seq < 13; seq++) store.arrive(item(seq, {}));
    vi.advanceTimersByTime(1000);
    return inbox.updateComplete.then(() => {
      expect($('[role=status]')?.textContent).toBe('10 новых уведомлений');
    });
  });

  it('asks for one sound at a time, and only in the tab that leads', () => {
    const play = vi.spyOn(sound, 'play').mockReturnValue(true);
    store.arrive(item(3, {}));
    expect(play).toHaveBeenCalledTimes(1);
    hub.turn('open', { leader: false });
    store.arrive(item(4, {}));
    expect(play).toHaveBeenCalledTimes(1);
  });
});

describe('the link', () => {
  it('is not called lost before two seconds have passed', async () => {
    vi.useFakeTimers();
    await toggleQuietly();
    hub.turn('waiting', { lastFrameAt: Date.now() });
    vi.advanceTimersByTime(1900);
    await inbox.updateComplete;
    expect(stale()).toBe(false);
    vi.advanceTimersByTime(200);
    await inbox.updateComplete;
    expect(stale()).toBe(true);
    hub.turn('open');
    await inbox.updateComplete;
    expect(stale()).toBe(false);
  });

  async function toggleQuietly(): Promise<void> {
    $('.panel')?.dispatchEvent(Object.assign(new Event('toggle'), { newState: 'open' }));
    await inbox.updateComplete;
  }
  const stale = () =>
    ($('tez-inbox-list') as (HTMLElement & { staleSince: number | null }) | null)?.staleSince !== null;
});

describe('sound', () => {
  class Context {
    static made = 0;
    state = 'suspended';
    currentTime = 0;
    destination = {};
    started = 0;
    constructor() {
      Context.made++;
    }
    resume(): Promise<void> {
      this.state = 'running';
      return Promise.resolve();
    }
    createOscillator = () => ({
      type: '',
      frequency: { value: 0 },
      connect: (to: unknown) => to,
      start: () => void this.started++,
      stop: () => undefined,
    });
    createGain = () => ({
      gain: { setValueAtTime() {}, linearRampToValueAtTime() {}, exponentialRampToValueAtTime() {} },
      connect: (to: unknown) => to,
    });
  }

  beforeEach(() => {
    Context.made = 0;
    vi.stubGlobal('AudioContext', Context);
    localStorage.clear();
  });
  afterEach(() => vi.unstubAllGlobals());

  it('is locked before the first click and makes no audio context until then', () => {
    vi.stubGlobal('navigator', { userActivation: { hasBeenActive: false } });
    const own = new Sound(() => 0);
    expect(own.locked).toBe(true);
    expect(own.play()).toBe(false);
    expect(own.refused).toBe('locked');
    expect(Context.made).toBe(0);
  });

  it('makes one sound of a burst and none when muted', async () => {
    let now = 0;
    vi.stubGlobal('navigator', { userActivation: { hasBeenActive: true } });
    const own = new Sound(() => now);
    await own.unlock();
    expect([own.play(), own.play(), own.play()]).toEqual([true, false, false]);
    expect(own.refused).toBe('burst');
    now = 2000;
    expect(own.play()).toBe(true);
    own.muted = true;
    now = 4000;
    expect(own.play()).toBe(false);
    expect(own.refused).toBe('muted');
  });
});
