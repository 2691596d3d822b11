import { describe, expect, it } from 'vitest';
import type { LocalWindowAggregateSpec } from '../../../src/model/job-graph.ts';
import type { AggregateCall } from '../../../src/model/plan.ts';
import { StringPool } from '../../../src/model/string-pool.ts';
import { type Field, types } from '../../../src/model/types.ts';
import { createOperator } from '../../../src/operators/registry.ts';
import { localWindowFields } from '../../../src/operators/window/fields.ts';
import { maxLocalGroups } from '../../../src/operators/window/local-groups.ts';
import { batchOfRows, OperatorHarness, type Row } from '../../support/operator-harness.ts';

const inputFields: readonly Field[] = [
  { name: 'k', type: types.string() },
  { name: 'et', type: types.timestamp(3) },
  { name: 'v', type: types.of('bigint') },
];
const sum: AggregateCall = { name: 'SUM', args: [2], distinct: false, filter: null, type: types.of('bigint') };
const parts = { keys: [0], aggregates: [sum], inputFields };
const spec: LocalWindowAggregateSpec = {
  kind: 'local_window_aggregate',
  attached: false,
  window: { kind: 'tumble', sizeMs: 10, offsetMs: 0 },
  time: { column: 1, type: types.timestamp(3), timeZone: null },
  ...parts,
  fields: localWindowFields(parts),
};

function harnessWith(pool = new StringPool()): { harness: OperatorHarness; feed: (...rows: Row[]) => void } {
  const harness = new OperatorHarness(createOperator(spec), spec.fields, { pool });
  return { harness, feed: (...rows) => harness.operator.processBatch(batchOfRows(inputFields, rows, { pool }), 0) };
}

describe('the row between the halves', () => {
  it('is keys, slice end, cells, and how many rows went in', () => {
    expect(spec.fields.map(({ name }) => name)).toEqual(['k', '$slice_end', '$a0_sum', '$a0_count', '$rows']);
  });
});

describe('the local half', () => {
  const rows: readonly Row[] = [
    ['a', 1, 5],
    ['b', 2, 7],
    ['a', 3, null],
    ['a', 12, 1],
    [null, 4, 1],
  ];
  const partials: readonly Row[] = [
    ['a', 10, 5, 1, 2],
    ['b', 10, 7, 1, 1],
    [null, 10, 1, 1, 1],
    ['a', 20, 1, 1, 1],
  ];

  it.each([
    { when: 'a barrier comes', act: (h: OperatorHarness) => h.operator.prepareBarrier!() },
    { when: 'the input ends', act: (h: OperatorHarness) => h.operator.endInput!() },
    { when: 'codes are released', act: (h: OperatorHarness) => h.operator.releaseCodes!() },
  ])('sends on what it holds when $when, once', ({ act }) => {
    const { harness, feed } = harnessWith();
    feed(...rows);
    expect(harness.takeRows()).toEqual([]);
    act(harness);
    expect(harness.takeRows()).toEqual(partials);
    act(harness);
    expect(harness.takeRows()).toEqual([]);
  });

  it('sends rows before the watermark that crosses a window end, and holds them while none is crossed', () => {
    const { harness, feed } = harnessWith();
    harness.operator.processWatermark(0);
    harness.emitted = [];
    feed(...rows);
    harness.operator.processWatermark(8);
    expect(harness.emitted).toEqual([{ kind: 'watermark', watermark: 8 }]);
    harness.operator.processWatermark(9);
    expect(harness.emitted.map(({ kind }) => kind)).toEqual(['watermark', 'row', 'row', 'row', 'row', 'watermark']);
  });

  it('cuts a batch where the watermark beside its rows crosses a window end', () => {
    const { harness } = harnessWith();
    const batch = batchOfRows(inputFields, rows, { pool: new StringPool() });
    harness.operator.processBatch({ ...batch, watermarks: Float64Array.of(-Infinity, -3, -3, 8, 11) }, 0);
    harness.operator.prepareBarrier!();
    const shown = harness.emitted.map((element) => (element.kind === 'row' ? element.row : element.watermark));
    expect(shown).toEqual([
      ['a', 10, 5, 1, 1],
      -3,
      ['b', 10, 7, 1, 1],
      ['a', 10, 0, 0, 1],
      8,
      ['a', 20, 1, 1, 1],
      11,
      [null, 10, 1, 1, 1],
    ]);
  });

  it('goes on after the pool was emptied', () => {
    const pool = new StringPool();
    const { harness, feed } = harnessWith(pool);
    feed(['a', 1, 1], ['b', 1, 2]);
    harness.operator.releaseCodes!();
    pool.clear();
    feed(['b', 1, 3], ['a', 1, 4]);
    harness.operator.endInput!();
    expect(harness.takeRows().map(([key, , total]) => [key, total])).toEqual([
      ['a', 1],
      ['b', 2],
      ['b', 3],
      ['a', 4],
    ]);
  });

  it('sends on what it holds when it is full, without losing a row', () => {
    const { harness, feed } = harnessWith(new StringPool({ maxCodes: 1 << 18 }));
    const count = maxLocalGroups + 100;
    for (let from = 0; from < count; from += 8192) {
      feed(...Array.from({ length: Math.min(8192, count - from) }, (_, i): Row => [`key-${from + i}`, 1, 1]));
    }
    expect(harness.takeRows().length).toBe(maxLocalGroups);
    harness.operator.prepareBarrier!();
    expect(harness.takeRows().length).toBe(100);
  });
});
