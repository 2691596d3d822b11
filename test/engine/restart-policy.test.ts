import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/engine/clock.ts';
import { RestartPolicy } from '../../src/engine/restart-policy.ts';
import type { RestartStrategy } from '../../src/model/job-graph.ts';

function clockAt(times: readonly number[]): Clock {
  let i = 0;
  return { now: () => 0, monotonic: () => times[i++]!, random: () => 1, sleep: async () => {} };
}

const exponential: RestartStrategy = {
  kind: 'exponential-delay',
  initialMs: 100,
  maxMs: 1000,
  multiplier: 2,
  resetMs: 10_000,
  jitter: 0.1,
  attempts: 5,
};

describe('restart strategies', () => {
  it.each<[string, RestartStrategy, number[], (number | null)[]]>([
    ['none', { kind: 'none' }, [0], [null]],
    ['fixed-delay', { kind: 'fixed-delay', attempts: 2, delayMs: 7 }, [0, 1, 2], [7, 7, null]],
    [
      'failure-rate',
      { kind: 'failure-rate', maxFailures: 2, intervalMs: 100, delayMs: 5 },
      [0, 10, 150, 160, 170],
      [5, 5, 5, 5, null],
    ],
    ['exponential-delay', exponential, [0, 1, 2, 3, 4, 5], [110, 220, 440, 880, 1100, null]],
    ['exponential-delay, healthy in between', exponential, [0, 1, 20_000], [110, 220, 110]],
  ])('%s', (_name, strategy, times, delays) => {
    const policy = new RestartPolicy(strategy, clockAt(times));
    expect(times.map(() => policy.delayAfter('CONNECTION', true)).map((d) => d && Math.round(d))).toEqual(delays);
  });

  it('do not repeat what would fail again', () => {
    const policy = new RestartPolicy({ kind: 'fixed-delay', attempts: 9, delayMs: 1 }, clockAt([0, 0, 0]));
    expect(policy.delayAfter('BAD_RECORD', false)).toBeNull();
    expect(policy.delayAfter('CHECKPOINT', false)).toBeNull(); // rotten: it will be so the next time
    expect(policy.delayAfter('CHECKPOINT', true)).toBe(1); // could not be written: the disk may have room again
    expect(policy.delayAfter('IO', false)).toBe(1);
  });
});
