import { describe, expect, it } from 'vitest';
import { insertOnly } from '../../src/model/plan.ts';
import { type Field, types } from '../../src/model/types.ts';
import { matchSpec } from '../support/match-harness.ts';
import { insert, type OneInputSpec, RowRun } from '../support/row-run.ts';

// Operators that wait for processing time: after a restore time alone has to be enough, without a row or a watermark.

const inputFields: readonly Field[] = [
  { name: 'k', type: types.of('int') },
  { name: 'v', type: types.of('int') },
  { name: 'pt', type: types.timestampLtz(3, false) },
];
const sum = { name: 'SUM', args: [1], distinct: false, filter: null, type: types.of('int') };
const time = { column: 2, type: types.timestampLtz(3), timeZone: 'UTC' };
const window = ['window_start', 'window_end', 'window_time'].map((name) => ({ name, type: types.timestamp(3, false) }));

const specs: Readonly<Record<string, () => OneInputSpec | Promise<OneInputSpec>>> = {
  'OVER a range': () => ({
    kind: 'over',
    partition: [0],
    order: [{ column: 2, descending: false, nullsFirst: true }],
    time: 'proctime',
    frame: { unit: 'range', preceding: 10 },
    aggregates: [sum],
    inputFields,
    inputChanges: insertOnly,
    fields: [...inputFields, { name: 'sum', type: sum.type }],
    stateTtlMs: null,
  }),
  SESSION: () => ({
    kind: 'session',
    gapMs: 10,
    time,
    processingTime: true,
    partition: [0],
    inputFields,
    fields: [...inputFields, ...window],
  }),
  'a window row by row': () => ({
    kind: 'row_window_aggregate',
    window: { kind: 'tumble', sizeMs: 10, offsetMs: 0 },
    attached: false,
    time,
    processingTime: true,
    emit: null,
    keys: [0],
    aggregates: [sum],
    properties: ['window_end'],
    inputFields,
    inputChanges: { update: true, delete: true },
    fields: [inputFields[0]!, { name: 'sum', type: sum.type }, window[1]!],
  }),
  MATCH_RECOGNIZE: () =>
    matchSpec(`CREATE TABLE t (k INT, v INT, pt AS PROCTIME()) WITH ('connector' = 'kafka');
      SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY k ORDER BY pt, v MEASURES A.v AS v PATTERN (A) DEFINE A AS v > 0);`),
};

describe('processing time', () => {
  it.each(Object.entries(specs))('is enough after a restore: %s', async (_, make) => {
    let now = 100;
    const spec = await make();
    const order = spec.inputFields.map(({ name }) => ['k', 'v'].indexOf(name));
    const ctx = { session: { timeZone: 'UTC', now: () => now, random: () => 0 } };
    const first = new RowRun(spec, [order.indexOf(0)], { ctx });
    expect(first.feed([insert(...order.map((place) => [1, 5][place] ?? 0))])).toEqual([]);
    const second = new RowRun(spec, [order.indexOf(0)], { parallelism: 2, chunks: first.snapshot(), ctx });
    now = 200;
    for (const { operator } of second.subtasks) operator.processTime!(now);
    expect(second.take()).toHaveLength(1);
  });
});
