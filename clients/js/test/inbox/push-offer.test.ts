// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { setLocale } from '../../src/i18n/index';
import { type PushControl, TezPushOffer } from '../../src/inbox/push-offer';

let offer: TezPushOffer;

beforeEach(() => {
  setLocale('en');
  localStorage.clear();
});

afterEach(() => offer.remove());

async function open(enable: () => Promise<PushControl['state']>, state: PushControl['state'] = 'off'): Promise<void> {
  const push = {
    state,
    async enable() {
      push.state = await enable();
    },
  };
  offer = new TezPushOffer();
  offer.push = push;
  document.body.append(offer);
  await offer.updateComplete;
}

const note = (): HTMLElement | null => offer.shadowRoot?.querySelector<HTMLElement>('.note') ?? null;

async function press(which: string): Promise<void> {
  note()?.querySelector<HTMLElement>(which)?.click();
  await new Promise((resolve) => setTimeout(resolve));
  await offer.updateComplete;
}

describe('the offer of push', () => {
  it.each(['on', 'denied', 'unsupported'] as const)('is not made while push is %s', async (state) => {
    await open(async () => state, state);
    expect(note()).toBeNull();
  });

  it('waits while the link is down', async () => {
    await open(async () => 'on');
    offer.held = true;
    await offer.updateComplete;
    expect(note()).toBeNull();
  });

  it('says that it worked until that is closed', async () => {
    await open(async () => 'on');
    await press('.primary');
    expect(note()?.getAttribute('role')).toBe('status');
    await press('button');
    expect(note()).toBeNull();
  });

  it('says why it did not', async () => {
    await open(async () => 'denied');
    await press('.primary');
    const denied = note()?.textContent;
    offer.remove();
    await open(() => Promise.reject(new Error('no')));
    await press('.primary');
    expect(note()?.getAttribute('role')).toBe('status');
    expect(note()?.textContent).not.toBe(denied);
  });

  it('is not made again after "later"', async () => {
    await open(async () => 'on');
    await press('.ghost');
    expect(note()).toBeNull();
    offer.remove();
    await open(async () => 'on');
    expect(note()).toBeNull();
  });
});
