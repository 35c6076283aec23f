import { describe, expect, it } from 'vitest';
import { Kept, weigh } from '../../src/hub/kept';
import type { SnapshotFrame, TopicFrame } from '../../src/hub/messages';

const snapshot = (data: unknown): SnapshotFrame =>
  ({ t: 'snapshot', topic: 'net', epoch: 'e1', offset: 0, data }) as SnapshotFrame;
const event = (offset: number, data: unknown): TopicFrame =>
  ({ t: 'event', topic: 'net', offset, id: `${offset}`, type: 'net.tick', source: '/x', time: '', data }) as TopicFrame;
const hosts = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, n) => [
      `h-${n}`,
      { name: `host ${n}`, spark: Array.from({ length: 30 }, () => 1.5) },
    ]),
  );
const tick = (count: number) => ({ rows: Array.from({ length: count }, (_, n) => [`h-${n}`, 1.2, 1.9, 0]) });

describe('what is kept of a topic', () => {
  it('is 300 light events at most; with the first of them goes the snapshot', () => {
    const kept = new Kept(snapshot({}));
    for (let n = 1; n <= 300; n++) kept.push(event(n, { key: n }));
    expect(kept.snapshot).not.toBeNull();
    expect(kept.events).toHaveLength(300);
    kept.push(event(301, { key: 301 }));
    expect(kept.snapshot).toBeNull();
    expect(kept.events.map(({ offset }) => offset)).toEqual(Array.from({ length: 300 }, (_, n) => n + 2));
    expect(kept.after(299).map(({ offset }) => offset)).toEqual([300, 301]);
  });

  it('weighs no more than the snapshot, so that a thousand measurements a second do not pile up', () => {
    const state = hosts(1000);
    const kept = new Kept(snapshot(state));
    let most = 0;
    for (let n = 1; n <= 300; n++) {
      kept.push(event(n, tick(1000)));
      most = Math.max(most, weigh(kept.events.map(({ data }) => data)) - 1);
    }
    expect(most).toBeLessThanOrEqual(weigh(state));
    expect(most).toBeGreaterThan(weigh(state) / 2); // and yet what a tab that missed a few seconds needs
    expect(kept.events.at(-1)?.offset).toBe(300);
    expect(kept.snapshot).toBeNull();
  });

  it('lets go of a single event that weighs more than all it may', () => {
    const kept = new Kept(snapshot({}));
    kept.push(event(1, tick(5000)));
    expect(kept.events).toEqual([]);
    kept.push(event(2, { key: 1 }));
    expect(kept.events).toHaveLength(1);
    expect(kept.snapshot).toBeNull();
  });
});

describe('the weight', () => {
  it('counts numbers, words, keys and long texts', () => {
    expect([
      weigh(1),
      weigh(null),
      weigh('ab'),
      weigh('a'.repeat(160)),
      weigh([1, 2]),
      weigh({ a: 1, b: [2] }),
    ]).toEqual([1, 1, 1, 11, 3, 6]);
  });
});
