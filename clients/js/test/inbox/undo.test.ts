// @vitest-environment happy-dom
import { html, LitElement } from 'lit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Undo } from '../../src/inbox/undo';

class Host extends LitElement {
  left = 0;
  readonly undo = new Undo(this, () => this.left++);
  override render() {
    return html`${this.undo.render()}`;
  }
}
customElements.define('undo-host', Host);

let host: Host;

beforeEach(async () => {
  vi.useFakeTimers();
  host = new Host();
  document.body.append(host);
  await host.updateComplete;
});

afterEach(() => {
  host.remove();
  vi.useRealTimers();
});

const bar = (): HTMLElement | null => host.shadowRoot?.querySelector<HTMLElement>('.bar') ?? null;
const button = (): HTMLElement | null => bar()?.querySelector('button') ?? null;

describe('undo', () => {
  it('runs what was offered once and is gone', async () => {
    const run = vi.fn();
    host.undo.offer('done', run);
    await host.updateComplete;
    expect(bar()?.querySelector('[role=status]')?.textContent).toBe('done');
    host.undo.run();
    host.undo.run();
    await host.updateComplete;
    expect(run).toHaveBeenCalledOnce();
    expect(button()).toBeNull();
  });

  it('says without a button what cannot be taken back', async () => {
    host.undo.offer('snoozed');
    await host.updateComplete;
    expect(host.undo.ready).toBe(false);
    expect(bar()?.textContent).toContain('snoozed');
    expect(button()).toBeNull();
  });

  it('gives a later offer its full ten seconds', () => {
    host.undo.offer('one', () => {});
    vi.advanceTimersByTime(9000);
    host.undo.offer('two', () => {});
    vi.advanceTimersByTime(9000);
    expect(host.undo.ready).toBe(true);
    vi.advanceTimersByTime(1000);
    expect(host.undo.ready).toBe(false);
  });

  it('hands the focus on only when the focus was in the bar', async () => {
    host.undo.offer('one', () => {});
    await host.updateComplete;
    host.undo.run();
    await host.updateComplete;
    expect(host.left).toBe(0);
    host.undo.offer('two', () => {});
    await host.updateComplete;
    button()?.focus();
    button()?.click();
    await host.updateComplete;
    await Promise.resolve();
    expect(host.left).toBe(1);
  });

  it('leaves no timer behind when its host goes', () => {
    host.undo.offer('one', () => {});
    host.remove();
    expect(vi.getTimerCount()).toBe(0);
  });
});
