import { describe, expect, it } from 'vitest';
import type { DeduplicateSpec, RankSpec } from '../../../src/model/job-graph.ts';
import { insertOnly } from '../../../src/model/plan.ts';
import { type Field, types } from '../../../src/model/types.ts';
import { cutRun, insert, RowRun, type Step } from '../../support/row-run.ts';

const inputFields: readonly Field[] = [
  { name: 'k', type: types.string() },
  { name: 'v', type: types.of('int') },
  { name: 'et', type: types.timestamp(3) },
  { name: 'window_start', type: types.timestamp(3, false) },
  { name: 'window_end', type: types.timestamp(3, false) },
];
const window = { start: 3, end: 4, zoned: false };
const common = { inputFields, inputChanges: insertOnly, stateTtlMs: null, timeZone: null, window } as const;

function rankSpec(partition: readonly number[], change: Partial<RankSpec> = {}): RankSpec {
  return {
    kind: 'rank',
    ...common,
    partition,
    order: [{ column: 1, descending: true, nullsFirst: false }],
    from: 1,
    to: 2,
    outputRank: true,
    unique: null,
    falls: false,
    fields: [...inputFields, { name: 'rn', type: types.of('bigint', false) }],
    ...change,
  } as RankSpec;
}

function deduplicateSpec(keep: 'first' | 'last'): DeduplicateSpec {
  return { kind: 'deduplicate', ...common, keys: [0], keep, time: 2, fields: inputFields };
}

/** In the window [start, start + 10). */
const row = (k: string, v: number | null, et: number): Step => {
  const start = Math.floor(et / 10) * 10;
  return insert(k, v, et, start, start + 10);
};

describe('Top-N of windows', () => {
  it('gives the first rows of each window when its end has passed, equals in the order of their coming', () => {
    const run = new RowRun(rankSpec([0]), [0]);
    expect(run.feed([row('a', 1, 1), row('a', 3, 2), row('a', 3, 3), row('a', null, 4), row('a', 9, 11), 8])).toEqual(
      [],
    );
    expect(run.feed([9])).toEqual(['+I a 3 2 0 10 1', '+I a 3 3 0 10 2']);
    expect(run.feed([row('a', 7, 5)])).toEqual([]); // late
    expect(run.count('lateRecords')).toBe(1);
    expect(run.feed([100])).toEqual(['+I a 9 11 10 20 1']);
  });

  it('gives rows from a place on, without the rank', () => {
    const run = new RowRun(rankSpec([], { from: 2, to: 3, outputRank: false, fields: inputFields }), [4]);
    expect(run.feed([row('a', 1, 1), row('b', 2, 1), row('c', 3, 1), row('d', 4, 1), 100])).toEqual([
      '+I c 3 1 0 10',
      '+I b 2 1 0 10',
    ]);
  });

  it('goes on from a snapshot at another parallelism', () => {
    const steps = [
      row('a', 1, 1),
      row('b', 2, 12),
      row('a', 5, 3),
      4,
      row('b', 8, 13),
      row('c', 1, 9),
      row('a', 2, 8),
      200,
    ];
    const whole = new RowRun(rankSpec([0]), [0]).feed(steps);
    for (let at = 0; at <= steps.length; at++) {
      expect(cutRun(rankSpec([0]), [0], steps, at).sort()).toEqual([...whole].sort());
    }
  });
});

describe('deduplication of windows', () => {
  it.each([
    { keep: 'first', expected: ['+I a 2 1 0 10', '+I b 4 1 0 10'] },
    { keep: 'last', expected: ['+I a 3 5 0 10', '+I b 5 1 0 10'] },
  ] as const)('keeps the $keep row by the rowtime', ({ keep, expected }) => {
    const run = new RowRun(deduplicateSpec(keep), [0]);
    const steps = [row('a', 1, 4), row('a', 2, 1), row('a', 3, 5), row('b', 4, 1), row('b', 5, 1)];
    expect(run.feed(steps)).toEqual([]);
    expect(run.feed([9]).sort()).toEqual(expected);
    run.feed([row('a', 9, 9)]);
    expect(run.count('lateRecords')).toBe(1);
  });

  it('goes on from a snapshot at another parallelism', () => {
    const steps = [row('a', 1, 4), row('b', 2, 1), 3, row('a', 3, 5), row('b', 4, 15), row('b', 5, 11), 9, 200];
    const whole = new RowRun(deduplicateSpec('last'), [0]).feed(steps);
    for (let at = 0; at <= steps.length; at++) {
      expect(cutRun(deduplicateSpec('last'), [0], steps, at).sort()).toEqual([...whole].sort());
    }
  });
});
