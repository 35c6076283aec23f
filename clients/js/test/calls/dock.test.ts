// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aimOf } from '../../src/calls/aim';
import { board, calls, dialog, FakeCallsHub, leg } from '../../src/gallery/calls-data';
import type { Session } from '../../src/inbox/session';
import { CallsDock } from '../../src/shell/calls';
import type { TezShell } from '../../src/shell/shell';

const shell = () => Object.assign(document.createElement('div'), { boot: null }) as unknown as TezShell;
const session = (permissions: readonly string[], viewer: object | null = null) => {
  const hub = new FakeCallsHub();
  hub.put('finesse:1001', calls({ dialogs: board(dialog()) }));
  return { base: 'http://x.test/', hub, boot: { user: { permissions }, viewer, csrf: 'c' } } as unknown as Session;
};
const config = { agent: '1001', topic: 'finesse:1001', hotkeys: true, lookup: false };
let fetched: ReturnType<typeof vi.fn>;

beforeEach(() => {
  fetched = vi.fn(async () => new Response(JSON.stringify(config), { status: 200 }));
  vi.stubGlobal('fetch', fetched);
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe() {}
      disconnect() {}
    },
  );
});
afterEach(() => vi.unstubAllGlobals());

describe('the telephone', () => {
  it('is there with the right, in the slot of the shell, and gone when the right is taken', async () => {
    const at = shell();
    new CallsDock(at, session(['finesse']));
    await vi.waitFor(() => expect(at.querySelector('tez-calls')?.slot).toBe('calls'), 5000);
    at.dispatchEvent(new CustomEvent('tez-rights', { detail: [] }));
    expect(at.querySelector('tez-calls')).toBeNull();
    at.dispatchEvent(new CustomEvent('tez-rights', { detail: ['finesse'] }));
    await vi.waitFor(() => expect(at.querySelector('tez-calls')).not.toBeNull(), 5000);
    at.dispatchEvent(new CustomEvent('tez-rights', { detail: [] }));
  });

  it('asks for nothing without the right, nor for who looks as somebody else', async () => {
    new CallsDock(shell(), session(['admin']));
    new CallsDock(shell(), session(['finesse'], { id: 2 }));
    await new Promise((resolve) => setTimeout(resolve));
    expect(fetched).not.toHaveBeenCalled();
  });

  it('is not shown where there is no contact centre', async () => {
    fetched.mockImplementation(async () => new Response('{}', { status: 404 }));
    const at = shell();
    new CallsDock(at, session(['finesse']));
    await vi.waitFor(() => expect(fetched).toHaveBeenCalled(), 5000);
    await new Promise((resolve) => setTimeout(resolve));
    expect(at.querySelector('tez-calls')).toBeNull();
    at.dispatchEvent(new CustomEvent('tez-rights', { detail: [] }));
  });
});

describe('a hotkey', () => {
  const held = dialog({ id: '1', leg: leg('HELD', ['RETRIEVE', 'TRANSFER', 'DROP']) });
  const active = dialog({ id: '2', leg: leg('ACTIVE', ['HOLD', 'DROP', 'CONSULT_CALL']) });

  it('means the first call that allows it', () => {
    expect(aimOf('drop', [active, held])).toEqual({ dialog: '2', action: 'drop' });
    expect(aimOf('hold', [held])).toEqual({ dialog: '1', action: 'retrieve' });
    expect(aimOf('answer', [active, held])).toBeNull();
    expect(aimOf('panel', [active])).toBeNull();
  });

  it('ends a consultation as a transfer, and asks to whom without one', () => {
    expect(aimOf('transfer', [active, held])).toEqual({ dialog: '1', action: 'transfer' });
    expect(aimOf('transfer', [active])).toEqual({ dialog: '2', sheet: 'transfer' });
    expect(aimOf('keypad', [active])).toBeNull();
  });
});
