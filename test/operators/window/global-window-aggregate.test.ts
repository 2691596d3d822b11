import { describe, expect, it } from 'vitest';
import type { GlobalWindowAggregateSpec } from '../../../src/model/job-graph.ts';
import type { AggregateCall, WindowDefinition } from '../../../src/model/plan.ts';
import { StringPool } from '../../../src/model/string-pool.ts';
import { type Field, types } from '../../../src/model/types.ts';
import { createOperator } from '../../../src/operators/registry.ts';
import { localWindowFields } from '../../../src/operators/window/fields.ts';
import { batchOfRows, OperatorHarness, type Row } from '../../support/operator-harness.ts';

const rowFields: readonly Field[] = [
  { name: 'k', type: types.string() },
  { name: 'et', type: types.timestamp(3) },
  { name: 'v', type: types.decimal(20, 0) },
];
const aggregates: readonly AggregateCall[] = [
  { name: 'SUM', args: [2], distinct: false, filter: null, type: types.decimal(38, 0) },
];
const inputFields = localWindowFields({ keys: [0], aggregates, inputFields: rowFields });
const fields: readonly Field[] = [
  rowFields[0]!,
  { name: 'total', type: types.decimal(38, 0) },
  { name: 'window_end', type: types.timestamp(3, false) },
];

function specOf(window: WindowDefinition): GlobalWindowAggregateSpec {
  const time = { column: 1, type: types.timestamp(3), timeZone: null };
  return {
    kind: 'global_window_aggregate',
    attached: false,
    window,
    time,
    keyCount: 1,
    aggregates,
    rowFields,
    properties: ['window_end'],
    inputFields,
    fields,
  };
}

/** `partials`: key, slice end, sum, how many values, how many rows. */
function harnessOf(window: WindowDefinition): { harness: OperatorHarness; feed: (...partials: Row[]) => void } {
  const pool = new StringPool();
  const harness = new OperatorHarness(createOperator(specOf(window)), fields, { pool });
  return { harness, feed: (...rows) => harness.operator.processBatch(batchOfRows(inputFields, rows, { pool }), 0) };
}

const tumble: WindowDefinition = { kind: 'tumble', sizeMs: 10, offsetMs: 0 };

describe('the global half', () => {
  it('fires windows in the order of their ends, each before the watermark that completes it', () => {
    const { harness, feed } = harnessOf(tumble);
    feed(['a', 30, 1, 1, 1], ['a', 10, 2, 1, 1], ['b', 20, 3, 1, 1], ['a', 10, 4, 1, 1]);
    harness.operator.processWatermark(8);
    harness.operator.processWatermark(19);
    expect(harness.emitted).toEqual([
      { kind: 'watermark', watermark: 8 },
      { kind: 'row', row: ['a', 6, 10] },
      { kind: 'row', row: ['b', 3, 20] },
      { kind: 'watermark', watermark: 19 },
    ]);
  });

  it('counts every row of a partial accumulator that is late', () => {
    const { harness, feed } = harnessOf(tumble);
    harness.operator.processWatermark(9);
    feed(['a', 10, 2, 1, 5], ['b', 10, 2, 1, 2], ['b', 20, 1, 1, 1]);
    expect(harness.counts.get('lateRecords')).toBe(7);
    harness.operator.processWatermark(Infinity);
    expect(harness.takeRows()).toEqual([['b', 1, 20]]);
  });

  it('keeps sums beyond doubles and beyond 64 bits exact', () => {
    const { harness, feed } = harnessOf({ kind: 'hop', sizeMs: 20, slideMs: 10, offsetMs: 0 });
    feed(['a', 10, 2 ** 53 - 1, 1, 1], ['a', 20, 2 ** 53 - 1, 1, 1], ['b', 10, 10n ** 19n, 1, 1], ['b', 20, 1, 1, 1]);
    harness.operator.processWatermark(19);
    expect(harness.takeRows().slice(2)).toEqual([
      ['a', 2n ** 54n - 2n, 20],
      ['b', 10n ** 19n + 1n, 20],
    ]);
  });

  it('gives large windows in batches of bounded size', () => {
    const { harness, feed } = harnessOf(tumble);
    const lengths: number[] = [];
    harness.onBatch = ({ length }) => lengths.push(length);
    for (let from = 0; from < 9_000; from += 3_000) {
      feed(...Array.from({ length: 3_000 }, (_, i): Row => [`key-${from + i}`, 10, 1, 1, 1]));
    }
    harness.operator.processWatermark(9);
    expect(lengths).toEqual([4096, 4096, 808]);
    expect(new Set(harness.takeRows().map(([key]) => key)).size).toBe(9_000);
    expect(harness.operator.stateBytes!()).toBe(0);
  });

  it('takes the least watermark of the former subtasks, in any order of chunks, and fires nothing twice', () => {
    const window: WindowDefinition = { kind: 'hop', sizeMs: 20, slideMs: 10, offsetMs: 0 };
    const { harness, feed } = harnessOf(window);
    feed(['a', 10, 1, 1, 1]);
    harness.operator.processWatermark(12);
    const chunks = Array.from(harness.operator.snapshot!().chunks());
    const restored = harnessOf(window);
    for (const chunk of chunks.reverse()) restored.harness.operator.restore!(chunk);
    restored.feed(['a', 0, 1, 1, 1], ['a', 10, 1, 1, 1]);
    restored.harness.operator.processWatermark(Infinity);
    expect(restored.harness.takeRows()).toEqual([['a', 2, 20]]);
    expect(restored.harness.counts.get('lateRecords')).toBe(1);
  });

  it('refuses the state of another query', () => {
    const { harness, feed } = harnessOf(tumble);
    feed(['a', 10, 1, 1, 1]);
    const chunk = Array.from(harness.operator.snapshot!().chunks()).find(({ keyColumns }) => keyColumns > 0)!;
    const changed = {
      ...chunk,
      fields: chunk.fields.map((field, i) => (i === 0 ? { ...field, type: types.of('int') } : field)),
    };
    const failure = (pattern: RegExp): unknown =>
      expect.objectContaining({ code: 'CHECKPOINT', message: expect.stringMatching(pattern) });
    expect(() => harnessOf(tumble).harness.operator.restore!(changed)).toThrow(
      failure(/expected rows of \(STRING.*found \(INT/) as Error,
    );
    expect(() => harnessOf(tumble).harness.operator.restore!({ ...changed, table: 'sums', keyColumns: 0 })).toThrow(
      failure(/found sums/) as Error,
    );
  });
});
