// @vitest-environment happy-dom
import { render } from 'lit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { NavNetworkAck, NavNetworkMaintain } from '../../src/netmonitor/dialogs';
import { HostDialogs } from '../../src/netmonitor/host-dialogs';
import { host, taken } from './hosts';

describe('the dialogs of a page with hosts', () => {
  let root: HTMLElement;
  let offline: boolean;
  let dialogs: HostDialogs;
  const say = vi.fn();
  const ack = () => root.querySelector('nav-network-ack') as NavNetworkAck;
  const maintain = () => root.querySelector('nav-network-maintain') as NavNetworkMaintain;
  const field = (of: HTMLElement, selector: string) =>
    of.shadowRoot?.querySelector(selector) as HTMLInputElement | HTMLTextAreaElement;

  beforeEach(() => {
    root = document.createElement('div');
    document.body.append(root);
    offline = false;
    say.mockClear();
    dialogs = new HostDialogs({ renderRoot: root, api: null, say }, () => offline);
    render(
      dialogs.view(() => undefined),
      root,
    );
  });

  afterEach(() => root.remove());

  /** Presses keys on the page, and says which of them the page below heard. */
  function press(...keys: string[]): string[] {
    const heard: string[] = [];
    const below = ({ key }: KeyboardEvent) => void heard.push(key);
    document.addEventListener('keydown', below);
    for (const key of keys) root.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    document.removeEventListener('keydown', below);
    return heard;
  }

  it('get what is typed while their script is on its way, and the page below gets none of it', async () => {
    dialogs.acknowledge('h-1', host());
    expect(dialogs.open).toBe(true);
    expect(press('м', 'j', 'Backspace', 'ы', 'Enter', 'p')).toEqual([]);
    await vi.waitFor(() => expect(ack().open).toBe(true));
    expect(field(ack(), 'textarea').value).toBe('мы\np');
    expect(ack().shadowRoot?.activeElement).toBe(field(ack(), 'textarea'));
    expect(press('j')).toEqual(['j']); // the keys are the dialog's own again
  });

  it('add it to what was said before', async () => {
    dialogs.acknowledge('h-1', host({ ack: taken }));
    press('!');
    await vi.waitFor(() => expect(ack().open).toBe(true));
    expect(field(ack(), 'textarea').value).toBe('ждём!');
  });

  it('do not send maintenance for an Enter that came before its form', async () => {
    dialogs.maintain({ group: 'Москва', name: 'Москва' });
    expect(press('а', 'Enter')).toEqual([]);
    await vi.waitFor(() => expect(maintain().open).toBe(true));
    expect(field(maintain(), '[name=why]').value.trim()).toBe('а');
  });

  it('do not open when Escape came first, and open the next time without what was typed', async () => {
    dialogs.maintain({ host: 'h-1', name: 'Шлюз' });
    expect(press('а', 'Escape', 'j')).toEqual(['j']);
    expect(dialogs.open).toBe(false);
    await vi.dynamicImportSettled();
    expect(maintain().open).toBe(false);
    dialogs.maintain({ host: 'h-1', name: 'Шлюз' });
    await vi.waitFor(() => expect(maintain().open).toBe(true));
    expect(field(maintain(), '[name=why]').value).toBe('');
  });

  it('stay closed without a link, and leave the keys to the page', () => {
    offline = true;
    dialogs.acknowledge('h-1', host());
    expect(say).toHaveBeenCalledOnce();
    expect(press('j')).toEqual(['j']);
  });
});
