// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type TezToast, TezToasts } from '../../src/ui/toasts';

let stack: TezToasts;

beforeEach(async () => {
  vi.useFakeTimers();
  stack = new TezToasts();
  document.body.append(stack);
  await stack.updateComplete;
});

afterEach(() => {
  stack.remove();
  vi.useRealTimers();
});

const shown = (): TezToast[] => [...(stack.shadowRoot?.querySelectorAll<TezToast>('tez-toast') ?? [])];

async function show(text: string, more = {}): Promise<void> {
  stack.show({ text, ...more });
  await stack.updateComplete;
  for (const toast of shown()) await toast.updateComplete;
}

describe('toasts', () => {
  it('have their live regions before the first message', () => {
    expect(stack.shadowRoot?.querySelector('[role=status]')?.textContent).toBe('');
    expect(stack.shadowRoot?.querySelector('[role=alert]')?.textContent).toBe('');
  });

  it('never take the focus, and are spoken', async () => {
    const button = document.createElement('button');
    document.body.append(button);
    button.focus();
    await show('Сохранено');
    expect(document.activeElement).toBe(button);
    expect(stack.shadowRoot?.querySelector('[role=status]')?.textContent).toContain('Сохранено');
    button.remove();
  });

  it('interrupt only for a failure', async () => {
    await show('Не удалось', { tone: 'bad' });
    expect(stack.shadowRoot?.querySelector('[role=alert]')?.textContent).toContain('Не удалось');
  });

  it('go after their time', async () => {
    await show('a');
    vi.advanceTimersByTime(6000);
    await stack.updateComplete;
    expect(shown()).toHaveLength(0);
  });

  it('stay while hovered or focused', async () => {
    await show('a');
    const [toast] = shown();
    toast?.dispatchEvent(new Event('pointerenter'));
    toast?.dispatchEvent(new Event('focusin'));
    vi.advanceTimersByTime(60_000);
    toast?.dispatchEvent(new Event('pointerleave'));
    vi.advanceTimersByTime(60_000);
    await stack.updateComplete;
    expect(shown()).toHaveLength(1);
    toast?.dispatchEvent(new Event('focusout'));
    vi.advanceTimersByTime(6000);
    await stack.updateComplete;
    expect(shown()).toHaveLength(0);
  });

  it('are text, never HTML, and at most four', async () => {
    for (let i = 0; i < 6; i++) await show(`<img src=x onerror=alert(${i})>`);
    expect(shown()).toHaveLength(4);
    expect(shown()[0]?.shadowRoot?.querySelector('img')).toBeNull();
  });
});
