import { describe, expect, it } from 'vitest';
import {
  clock,
  dialable,
  elapsed,
  newTicketUrl,
  offers,
  ordered,
  readable,
  rings,
  shapeOf,
} from '../../src/calls/look';
import { adopt, fold, foldTeam, noTeam } from '../../src/calls/model';
import type { Calls } from '../../src/calls/types';
import { board, calls, dialog, leg } from '../../src/gallery/calls-data';

interface Case {
  readonly what: string;
  readonly state: Calls;
  readonly events: readonly { readonly type: string; readonly data: unknown }[];
  readonly result: Calls;
}

const files = import.meta.glob<Case[]>('../../../../tests/vectors/finesse_fold.json', {
  eager: true,
  import: 'default',
});
const cases = Object.values(files)[0] ?? [];

describe('the fold', () => {
  it.each(cases)("is the server's own: $what", ({ state, events, result }) => {
    const before = adopt(state);
    const kept = structuredClone(before);
    let now = before;
    for (const { type, data } of events) now = fold(now, type, data);
    expect(now).toEqual(result);
    expect(before).toEqual(kept); // and what was, is not touched
  });

  it('has a table to be tried by', () => expect(cases.length).toBeGreaterThan(15));

  it("takes a team's whole and one agent of it", () => {
    const all = foldTeam(noTeam, 'finesse_team.all', {
      team: { id: '5', name: 'Б' },
      agents: { a: { state: 'READY' } },
    });
    const more = foldTeam(all, 'finesse_team.agent', { agent: 'b', row: { state: 'TALKING' } });
    expect(Object.keys(more.agents)).toEqual(['a', 'b']);
    expect(more.team?.name).toBe('Б');
    expect(foldTeam(more, 'finesse_team.other', {})).toBe(more);
  });
});

describe('the calls', () => {
  it('come in the order in which they want something', () => {
    const of = (id: string, state: string) => dialog({ id, leg: leg(state, []) });
    const all = calls({
      dialogs: board(of('1', 'WRAP_UP'), of('2', 'HELD'), of('3', 'ACTIVE'), of('4', 'ALERTING'), of('5', 'DROPPED')),
    });
    expect(ordered(all).map(({ id }) => id)).toEqual(['4', '3', '2', '1']);
  });

  it('ring while they wait for an answer here, and only then', () => {
    const alerting = leg('ALERTING', ['ANSWER']);
    expect(rings(dialog({ leg: alerting }))).toBe(true);
    expect(rings(dialog({ leg: alerting, direction: 'consult' }))).toBe(true);
    expect(rings(dialog({ leg: alerting, direction: 'out' }))).toBe(false);
    expect(rings(dialog({ leg: leg('ACTIVE', []) }))).toBe(false);
    expect(rings(dialog({ leg: null }))).toBe(false);
  });
});

describe('what is offered', () => {
  const may = (state: string, platform: 'ccx' | 'cce', pending: string | null = null) =>
    offers(calls({ platform }, { state, pending }));

  it('follows the state and the platform', () => {
    expect(may('NOT_READY', 'ccx')).toEqual({ ready: true, notReady: true, signOut: true });
    expect(may('READY', 'cce')).toEqual({ ready: false, notReady: true, signOut: false });
    expect(may('READY', 'ccx').signOut).toBe(true);
    expect(may('TALKING', 'cce')).toEqual({ ready: false, notReady: true, signOut: false });
    expect(may('TALKING', 'cce', 'NOT_READY').ready).toBe(true);
    expect(may('TALKING', 'ccx', 'NOT_READY').ready).toBe(false);
    expect(may('WORK', 'ccx').ready).toBe(true);
    expect(may('LOGOUT', 'cce')).toEqual({ ready: false, notReady: false, signOut: false });
  });

  it('knows no state that is only a name of objects', () => expect(shapeOf('constructor')).toBe('unknown'));
});

describe('numbers', () => {
  it.each([
    ['8 (343) 555-01-47', '83435550147'],
    ['+7 343 555‑01‑47', '+73435550147'],
    ['*21#', '*21#'],
    ['4002', '4002'],
  ])('%s can be dialled', (typed, number) => expect(dialable(typed)).toBe(number));

  it.each(['', '  ', 'Волков', '40a2', '12+3', '+', '1'.repeat(40), '4002;1'])('"%s" cannot', (typed) =>
    expect(dialable(typed)).toBeNull(),
  );

  it('are read in groups where that is known', () => {
    expect(readable('83435550147')).toBe('+7 343 555-01-47');
    expect(readable('4002')).toBe('4002');
    expect(readable('+15550100')).toBe('+15550100');
  });
});

describe('times', () => {
  it('are of the clock that is given, and never below nought', () => {
    const at = '2026-11-29T10:00:00.000Z';
    expect(elapsed(at, Date.parse(at) + 134_500)).toBe(134_500);
    expect(elapsed(at, Date.parse(at) - 9000)).toBe(0);
    expect(elapsed(null)).toBeNull();
    expect([clock(134_500), clock(3_600_000 + 61_000)]).toEqual(['02:14', '1:01:01']);
  });
});

describe("a new ticket's address", () => {
  const who = { number: '+73435550147', name: 'Анна & <b>', queue: '' };
  const words = { subject: '', description: 'Звонок: Анна' };
  it('carries the caller, escaped, and leads nowhere else', () => {
    const url = new URL(newTicketUrl('https://redmine.test/issues/new?tracker_id=3', who, words) ?? '');
    expect(url.searchParams.get('tracker_id')).toBe('3');
    expect(url.searchParams.get('caller[name]')).toBe('Анна & <b>');
    expect(url.searchParams.get('issue[description]')).toBe('Звонок: Анна');
    expect(url.searchParams.has('caller[queue]')).toBe(false);
  });
  it.each([null, undefined, '', 'javascript:alert(1)', 'https://'])('is none for %s', (base) =>
    expect(newTicketUrl(base, who, words)).toBeNull(),
  );
});
