import { describe, expect, it } from 'vitest';
import { type Item, listing, Names, noWish } from '../../src/netmonitor/listing';
import { Presence } from '../../src/netmonitor/presence';
import { inPlace, movedIn } from '../../src/netmonitor/standing';
import { net } from './hosts';

const list = (down: readonly string[]) =>
  listing(
    net(
      Object.fromEntries(['a', 'b', 'c'].map((id) => [id, { group: 'Г', state: down.includes(id) ? 'down' : 'up' }])),
    ),
    noWish,
    new Names(),
    'ru',
    () => true,
  );
const keys = (items: readonly Item[]) => items.map((item) => item.key);

describe('rows that somebody is at', () => {
  it('stay where they are, and their groups count anew', () => {
    const [before, after] = [list([]), list(['c'])];
    expect(movedIn(before.items, before.items)).toBe(0);
    expect(movedIn(before.items, after.items)).toBeGreaterThan(0);
    const kept = inPlace(before.items, after);
    expect(keys(kept.items)).toEqual(keys(before.items));
    expect(keys(kept.items)).not.toEqual(keys(after.items));
    const [group] = kept.items;
    expect(group?.kind === 'group' && group.group.counts.down).toBe(1);
  });

  it('get the focus back once, if they had it when another page took their place', () => {
    const presence = new Presence();
    presence.focused = presence.hovered = true;
    presence.hide();
    presence.hide(); // told twice: by the focus, and by the page
    expect(presence.here).toBe(false);
    expect([presence.back(), presence.back()]).toEqual([true, false]);
    presence.hovered = true;
    presence.hide();
    expect(presence.back()).toBe(false);
  });
});
