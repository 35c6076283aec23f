import { describe, expect, it } from 'vitest';
import { backoff, type Connection, type Input, idle, step } from '../../src/hub/connection';

const half = (): number => 0.5;

/** Runs inputs at their times; gives the last state and all effects. */
function run(inputs: [number, Input][], from: Connection = idle): [Connection, string[]] {
  let at = from;
  const effects: string[] = [];
  for (const [now, input] of inputs) {
    const [next, todo] = step(at, input, now, half);
    at = next;
    effects.push(...todo);
  }
  return [at, effects];
}

const opened: [number, Input][] = [
  [0, { type: 'start' }],
  [10, { type: 'opened' }],
  [20, { type: 'welcome', ping: 25 }],
];

describe('connection', () => {
  it('goes from start to open by hello and welcome', () => {
    const [at, effects] = run(opened);
    expect(at.phase).toBe('open');
    expect(effects).toEqual(['open', 'hello']);
  });

  it('gives a connection attempt 5 s', () => {
    const [early] = run([
      [0, { type: 'start' }],
      [4999, { type: 'timer' }],
    ]);
    expect(early.phase).toBe('connecting');
    const [at, effects] = run([[5000, { type: 'timer' }]], early);
    expect(at).toMatchObject({ phase: 'waiting', reason: { code: 1006, name: 'timeout' } });
    expect(effects).toEqual(['close']);
  });

  it('holds a hub dead that was silent for its ping interval and 10 s more', () => {
    const [at] = run([...opened, [10_000, { type: 'heard' }], [44_999, { type: 'timer' }]]);
    expect(at.phase).toBe('open');
    const [dead, effects] = run([[45_000, { type: 'timer' }]], at);
    expect(dead).toMatchObject({ phase: 'waiting', reason: { name: 'silent' } });
    expect(effects).toEqual(['close']);
  });

  it('waits a random part of 0.5 s times 2^n, at most 30 s', () => {
    expect([0, 1, 2, 6, 40].map((n) => backoff(n, 1))).toEqual([500, 1000, 2000, 30_000, 30_000]);
    expect(backoff(6, 0)).toBe(0);
  });

  it('grows the back-off with each failure and begins anew after 30 s of a good connection', () => {
    const closed: Input = { type: 'closed', code: 1006, name: 'lost' };
    const [first] = run([...opened, [100, closed]]);
    expect(first.due).toBe(100 + 250);
    const [second] = run(
      [
        [350, { type: 'timer' }],
        [400, closed],
      ],
      first,
    );
    expect(second.due).toBe(400 + 500);
    const [third] = run(
      [
        [900, { type: 'timer' }],
        [901, { type: 'opened' }],
        [902, { type: 'welcome', ping: 25 }],
        [30_903, closed],
      ],
      second,
    );
    expect(third.due).toBe(30_903 + 250);
  });

  it('tries at once when the browser wakes up, also in place of a connection that died unheard', () => {
    const [waiting] = run([...opened, [100, { type: 'closed', code: 1006, name: 'lost' }]]);
    expect(run([[110, { type: 'wake' }]], waiting)[1]).toEqual(['open']);
    const [open] = run(opened);
    expect(run([[30_000, { type: 'wake' }]], open)[1]).toEqual([]);
    expect(run([[3_600_000, { type: 'wake' }]], open)[1]).toEqual(['close', 'open']);
  });

  it("comes back at a random moment of the draining hub's window, whatever else happens", () => {
    const draining: Input = { type: 'draining', window: [2, 6] };
    const [open] = run([...opened, [1000, draining]]);
    expect(open.due).toBe(5000);
    expect(run([[5000, { type: 'timer' }]], open)[1]).toEqual(['close', 'open']);
    const [closed] = run([[1500, { type: 'closed', code: 4000, name: '' }]], open);
    expect(closed).toMatchObject({ phase: 'waiting', due: 5000, attempt: 0 });
    expect(run([[2000, { type: 'wake' }]], closed)[1]).toEqual([]);
    expect(run([[2000, { type: 'force' }]], closed)[1]).toEqual(['open']);
  });

  it('stays away after 4500 and above until it is forced', () => {
    const [stopped, effects] = run([...opened, [100, { type: 'closed', code: 4503, name: '' }]]);
    expect(stopped).toMatchObject({ phase: 'stopped', due: null, reason: { code: 4503, name: 'too_many_sessions' } });
    expect(effects).not.toContain('forget');
    expect(
      run(
        [
          [200, { type: 'wake' }],
          [300, { type: 'timer' }],
        ],
        stopped,
      )[1],
    ).toEqual([]);
    expect(run([[400, { type: 'force' }]], stopped)[1]).toEqual(['open']);
  });

  it('tells why it was signed out, when the hub says it', () => {
    for (const name of ['ended_by_you', 'ended_by_administrator', 'blocked'])
      expect(run([...opened, [100, { type: 'closed', code: 4501, name }]])[0].reason).toEqual({ code: 4501, name });
    expect(run([...opened, [100, { type: 'closed', code: 4501, name: 'lost' }]])[0].reason?.name).toBe('signed_out');
    expect(run([...opened, [100, { type: 'closed', code: 4503, name: 'blocked' }]])[0].reason?.name).toBe(
      'too_many_sessions',
    );
  });

  it('gives its positions up when the hub lost the state or the session ended', () => {
    for (const code of [4003, 4500, 4501])
      expect(run([...opened, [100, { type: 'closed', code, name: '' }]])[1]).toContain('forget');
    for (const code of [1006, 4000, 4001, 4502]) {
      expect(run([...opened, [100, { type: 'closed', code, name: '' }]])[1]).not.toContain('forget');
    }
  });

  it('stops from every phase', () => {
    for (let length = 0; length <= opened.length; length++) {
      const [at, effects] = run([...opened.slice(0, length), [50, { type: 'stop' }]]);
      expect(at.phase).toBe('idle');
      expect(effects.includes('close')).toBe(length > 0);
    }
  });
});
