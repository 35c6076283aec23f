import { describe, expect, it } from 'vitest';
import { adopt, fold, foldRounds, ROUNDS, type Told } from '../../src/netmonitor/model';
import type { Net, Round } from '../../src/netmonitor/types';

interface Case {
  readonly what: string;
  readonly state: Told;
  readonly events: readonly { readonly type: string; readonly data: unknown }[];
  readonly result: Told;
}

const files = import.meta.glob<Case[]>('../../../../tests/vectors/net_fold.json', { eager: true, import: 'default' });
const cases = Object.values(files)[0] ?? [];
const told = (net: Net) => ({ ...net, hosts: Object.fromEntries(net.hosts) });

describe('the fold', () => {
  it.each(cases)("is the server's own: $what", ({ state, events, result }) => {
    const before = adopt(state);
    let net = before;
    for (const { type, data } of events) net = fold(net, type, data);
    expect(told(net)).toEqual(result);
    expect(told(before)).toEqual({ ...told(adopt(undefined)), ...state }); // and what was, is not touched
  });

  it('has a table to be tried by', () => expect(cases.length).toBeGreaterThan(9));

  it('keeps the last rounds of a host, and no more', () => {
    let rounds: readonly Round[] = [];
    for (let i = 0; i < ROUNDS + 5; i++) rounds = foldRounds(rounds, 'net.round', { sent: i });
    expect(rounds.map((round) => round.sent)).toEqual(Array.from({ length: ROUNDS }, (_, i) => i + 5));
    expect(foldRounds(rounds, 'net.other', {})).toBe(rounds);
  });
});
