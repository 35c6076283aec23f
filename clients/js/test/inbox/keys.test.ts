import { describe, expect, it } from 'vitest';
import { keyAct, type Standing, type Stroke } from '../../src/inbox/keys';

const standing: Standing = { undo: false, inList: false, row: true };
const bare: Stroke = { code: '', key: '', ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
const act = (stroke: Partial<Stroke>, at: Partial<Standing> = {}) =>
  keyAct({ ...bare, ...stroke }, { ...standing, ...at });

describe('the keyboard map', () => {
  it.each([
    ['KeyJ', 'о', 'next'],
    ['KeyK', 'л', 'previous'],
    ['KeyE', 'у', 'done'],
    ['KeyU', 'г', 'read'],
    ['KeyZ', 'я', 'snooze'],
  ])('reads %s by its place, whatever the layout calls it', (code, key, wanted) => {
    expect(act({ code, key })).toBe(wanted);
  });

  it('leaves other keys alone', () => {
    expect(act({ code: 'KeyA', key: 'a' })).toBeNull();
    expect(act({ code: 'Enter', key: 'Enter' })).toBeNull();
    expect(act({ code: 'Slash', key: '/' })).toBeNull();
  });

  it('moves with the arrows only from a row: elsewhere they scroll', () => {
    expect(act({ code: 'ArrowDown' })).toBeNull();
    expect(act({ code: 'ArrowUp' })).toBeNull();
    expect(act({ code: 'ArrowDown' }, { inList: true })).toBe('down');
    expect(act({ code: 'ArrowUp' }, { inList: true })).toBe('up');
  });

  it('does nothing to a row that is not there, but still moves', () => {
    for (const code of ['KeyE', 'KeyU', 'KeyZ']) expect(act({ code }, { row: false })).toBeNull();
    expect(act({ code: 'KeyJ' }, { row: false })).toBe('next');
  });

  it('helps with a question mark of either layout', () => {
    expect(act({ code: 'Slash', key: '?', shiftKey: true })).toBe('help');
    expect(act({ code: 'Digit7', key: '?', shiftKey: true })).toBe('help');
    expect(act({ code: 'Slash', key: ',', shiftKey: true })).toBe('help');
    expect(act({ code: 'Slash', key: '?', shiftKey: true, ctrlKey: true })).toBeNull();
  });

  it('takes back with Ctrl+Z or ⌘Z while there is something to take back', () => {
    expect(act({ code: 'KeyZ', ctrlKey: true }, { undo: true })).toBe('undo');
    expect(act({ code: 'KeyZ', metaKey: true }, { undo: true })).toBe('undo');
    expect(act({ code: 'KeyZ', ctrlKey: true })).toBeNull();
    expect(act({ code: 'KeyZ', ctrlKey: true, shiftKey: true }, { undo: true })).toBeNull();
    expect(act({ code: 'KeyZ', ctrlKey: true, altKey: true }, { undo: true })).toBeNull();
    expect(act({ code: 'KeyZ' }, { undo: true })).toBe('snooze');
  });

  it('is silent while Ctrl, ⌘, Alt or Shift is held', () => {
    for (const held of ['ctrlKey', 'metaKey', 'altKey', 'shiftKey'] as const)
      expect(act({ code: 'KeyE', [held]: true })).toBeNull();
  });
});
