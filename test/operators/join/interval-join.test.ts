import { describe, expect, it } from 'vitest';
import type { IntervalJoinSpec } from '../../../src/model/job-graph.ts';
import { insertOnly } from '../../../src/model/plan.ts';
import { StringPool } from '../../../src/model/string-pool.ts';
import { type Field, types } from '../../../src/model/types.ts';
import { createOperator } from '../../../src/operators/registry.ts';
import { type Change, JoinRun } from '../../support/join-run.ts';
import { batchOfRows, chunksFor, OperatorHarness } from '../../support/operator-harness.ts';
import { testSession } from '../../support/sql-expressions.ts';

const side = (key: string, time: string): readonly Field[] => [
  { name: key, type: types.of('int') },
  { name: time, type: types.timestamp(3) },
];

function specOf(join: IntervalJoinSpec['join'], times: Partial<IntervalJoinSpec> = {}): IntervalJoinSpec {
  const [leftFields, rightFields] = [side('k', 't'), side('l', 'u')];
  return {
    kind: 'interval_join',
    join,
    leftKeys: [0],
    rightKeys: [0],
    nullSafe: [false],
    condition: null,
    leftTime: 1,
    rightTime: 1,
    lowerMs: -10,
    upperMs: 10,
    fields: [...leftFields, ...rightFields],
    leftFields,
    rightFields,
    leftChanges: insertOnly,
    rightChanges: insertOnly,
    ...times,
  };
}

const left = (...row: number[]): Change => ({ input: 0, kind: '+I', row });
const right = (...row: number[]): Change => ({ input: 1, kind: '+I', row });

// As Flink's RowTimeIntervalJoin: with the same times its tests give the same rows.
describe('an interval join of rowtimes', () => {
  it('joins a late row with what has not been cleared away yet, and keeps it no longer', () => {
    const run = new JoinRun(specOf('left'));
    run.feed(right(1, 100));
    run.watermark(112);
    expect(run.feed(left(1, 105))).toEqual(['+I 1 105 1 100']);
    run.watermark(122); // later than 100 + 10 + the spare 10 + 1
    expect(run.feed(left(1, 104))).toEqual(['+I 1 104 null null']);
  });

  it('pads a row when it is cleared away, once', () => {
    const run = new JoinRun(specOf('full'));
    run.feed(left(1, 100), right(2, 100));
    expect(run.watermark(120)).toEqual([]);
    expect(run.watermark(121).sort()).toEqual(['+I 1 100 null null', '+I null null 2 100']);
    expect(run.watermark(Infinity)).toEqual([]);
  });

  it('holds the watermark back as long as rows are held', () => {
    const spec = specOf('inner', { lowerMs: -3, upperMs: 20 });
    const harness = new OperatorHarness(createOperator(spec), spec.fields);
    for (const watermark of [100, Infinity]) harness.operator.processWatermark(watermark);
    expect(harness.emitted).toEqual([
      { kind: 'watermark', watermark: 80 },
      { kind: 'watermark', watermark: Infinity },
    ]);
  });
});

describe('an interval join of processing time', () => {
  it('goes by the clock, also after a restore', () => {
    const spec = specOf('left', { leftTime: null, rightTime: null });
    const pool = new StringPool();
    let now = 1_000;
    const session = { ...testSession, now: () => now };
    const start = () => new OperatorHarness(createOperator(spec), spec.fields, { session, pool });
    const first = start();
    const feed = ({ operator }: OperatorHarness, row: readonly number[], input: 0 | 1): void =>
      void operator.processBatch(batchOfRows(input === 0 ? spec.leftFields : spec.rightFields, [row], { pool }), input);
    feed(first, [1, 0], 0);
    feed(first, [2, 0], 0);
    now = 1_010;
    feed(first, [1, 7], 1);
    expect(first.takeRows()).toEqual([[1, 0, 1, 7]]);
    const second = start();
    for (const chunk of chunksFor([...first.operator.snapshot!().chunks()], second.ctx)) {
      second.operator.restore!(chunk);
    }
    now = 1_021;
    second.operator.processTime!(now);
    expect(second.takeRows()).toEqual([[2, 0, null, null]]);
  });
});
