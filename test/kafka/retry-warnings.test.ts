import { describe, expect, it } from 'vitest';
import { RetryWarnings } from '../../src/kafka/retry-warnings.ts';

/** What is warned of when faults come at these times, ms. */
function warningsAt(times: readonly number[]): [number, string][] {
  let now = 0;
  const warnings: [number, string][] = [];
  const retries = new RetryWarnings(
    'table t',
    () => now,
    (message) => warnings.push([now, message]),
  );
  for (now of times) retries.retried('broker down');
  return warnings;
}

describe('warnings of an outage', () => {
  it('come after a while, and then about every ten seconds', () => {
    const warnings = warningsAt(Array.from({ length: 31 }, (_, i) => i * 1_000));
    expect(warnings).toEqual([
      [3_000, 'table t: broker down; retrying since 1970-01-01T00:00:00.000Z (3 s)'],
      [13_000, 'table t: broker down; retrying since 1970-01-01T00:00:00.000Z (13 s)'],
      [23_000, 'table t: broker down; retrying since 1970-01-01T00:00:00.000Z (23 s)'],
    ]);
  });

  it('do not come of a leader that moves, again and again', () => {
    expect(warningsAt([0, 100, 300, 60_000, 60_100, 200_000])).toEqual([]);
  });

  it('name the begin of the outage that is on', () => {
    const [, second] = warningsAt([0, 5_000, 100_000, 105_000]);
    expect(second).toEqual([105_000, 'table t: broker down; retrying since 1970-01-01T00:01:40.000Z (5 s)']);
  });
});
