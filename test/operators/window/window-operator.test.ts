import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WindowSpec } from '../../../src/model/job-graph.ts';
import type { WindowDefinition } from '../../../src/model/plan.ts';
import { StringPool } from '../../../src/model/string-pool.ts';
import { type Field, types } from '../../../src/model/types.ts';
import { createOperator } from '../../../src/operators/registry.ts';
import { batchOfRows, OperatorHarness, type Row } from '../../support/operator-harness.ts';
import { windowsOf } from '../../support/window-model.ts';

type SlicedDefinition = Exclude<WindowDefinition, { kind: 'session' }>;

function specOf(window: WindowDefinition, timeZone: string | null = null, precision = 3): WindowSpec {
  const type = timeZone === null ? types.timestamp(precision) : types.timestampLtz(precision);
  const inputFields: Field[] = [
    { name: 'id', type: types.of('int') },
    { name: 'et', type },
  ];
  const added: Field[] = [
    { name: 'window_start', type: types.timestamp(3) },
    { name: 'window_end', type: types.timestamp(3) },
    { name: 'window_time', type: timeZone === null ? types.timestamp(3) : types.timestampLtz(3) },
  ];
  return {
    kind: 'window',
    processingTime: false,
    window,
    time: { column: 1, type, timeZone },
    inputFields,
    fields: [...inputFields, ...added],
  };
}

function run(spec: WindowSpec, rows: readonly Row[]): OperatorHarness {
  const harness = new OperatorHarness(createOperator(spec), spec.fields);
  harness.operator.processBatch(batchOfRows(spec.inputFields, rows, { pool: new StringPool() }), 0);
  return harness;
}

const definition: fc.Arbitrary<SlicedDefinition> = fc
  .record({
    size: fc.integer({ min: 1, max: 30 }),
    part: fc.integer({ min: 1, max: 9 }),
    offset: fc.integer({ min: -8, max: 8 }),
  })
  .chain(({ size: sizeMs, part, offset: offsetMs }) =>
    fc.constantFrom<SlicedDefinition>(
      { kind: 'tumble', sizeMs, offsetMs },
      { kind: 'hop', sizeMs, slideMs: part, offsetMs },
      { kind: 'cumulate', sizeMs: part * 3, stepMs: part, offsetMs },
    ),
  );

describe('a window function on its own', () => {
  it('gives each row once for each of its windows, also where the size is no multiple of the slide', () => {
    fc.assert(
      fc.property(definition, fc.array(fc.integer({ min: -100, max: 100 }), { maxLength: 30 }), (window, times) => {
        const rows = times.map((time, id) => [id, time]);
        const expected = rows.flatMap(([id, time]) =>
          windowsOf(window, time!).map(({ start, end }) => [id, time, start, end, end - 1]),
        );
        expect(run(specOf(window), rows).takeRows()).toEqual(expected);
      }),
    );
  });

  it('drops rows without a rowtime and counts them', () => {
    const harness = run(specOf({ kind: 'tumble', sizeMs: 10, offsetMs: 0 }), [
      [1, 5],
      [2, null],
      [3, 15],
    ]);
    expect(harness.takeRows().map(([id]) => id)).toEqual([1, 3]);
    expect(harness.counts.get('nullRowtimes')).toBe(1);
  });

  it('makes wall time of TIMESTAMP_LTZ, and window_time an instant again', () => {
    const spec = specOf({ kind: 'tumble', sizeMs: 86_400_000, offsetMs: 0 }, 'Asia/Kolkata');
    const [row] = run(spec, [[1, Date.parse('2026-03-29T20:00:00Z')]]).takeRows();
    const [start, end] = [Date.parse('2026-03-30T00:00:00Z'), Date.parse('2026-03-31T00:00:00Z')];
    expect(row!.slice(2)).toEqual([start, end, Date.parse('2026-03-30T18:30:00Z') - 1]);
  });

  it.each([6, 9])('floors TIMESTAMP(%s) to the millisecond', (precision) => {
    const units = BigInt(10 ** (precision - 3));
    const spec = specOf({ kind: 'tumble', sizeMs: 10, offsetMs: 0 }, null, precision);
    const rows = run(spec, [
      [1, -1n],
      [2, 1_767_225_600_000n * units + 1n],
    ]).takeRows();
    expect(rows.map((row) => row.slice(2))).toEqual([
      [-10, 0, -1],
      [1_767_225_600_000, 1_767_225_600_010, 1_767_225_600_009],
    ]);
  });

  it('passes the watermarks of rows on with them, in batches of bounded size', () => {
    const spec = specOf({ kind: 'hop', sizeMs: 1_000, slideMs: 1, offsetMs: 0 });
    const harness = new OperatorHarness(createOperator(spec), spec.fields);
    const lengths: number[] = [];
    const marks = new Set<number>();
    harness.onBatch = ({ length, watermarks }) => {
      lengths.push(length);
      for (const mark of watermarks!) marks.add(mark);
    };
    const batch = batchOfRows(
      spec.inputFields,
      Array.from({ length: 10 }, (_, i) => [i, i]),
      { pool: new StringPool() },
    );
    harness.operator.processBatch({ ...batch, watermarks: Float64Array.from({ length: 10 }, (_, i) => i - 5) }, 0);
    expect(lengths).toEqual([4096, 4096, 1808]);
    expect(marks.size).toBe(10);
  });
});
