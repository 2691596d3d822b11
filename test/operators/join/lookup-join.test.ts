import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { maxWatermark } from '../../../src/model/column.ts';
import { columnRef } from '../../../src/model/expression.ts';
import type { LookupJoinSpec } from '../../../src/model/job-graph.ts';
import { insertOnly } from '../../../src/model/plan.ts';
import type { Row } from '../../../src/model/row.ts';
import { StringPool } from '../../../src/model/string-pool.ts';
import { types } from '../../../src/model/types.ts';
import { createOperator } from '../../../src/operators/registry.ts';
import { fieldsNamed } from '../../support/join-run.ts';
import { batchOfRows, OperatorHarness } from '../../support/operator-harness.ts';

const inputFields = fieldsNamed(['a', 'k'], types.of('int'));
const columns = ['id', 'v'].map((name) => ({ kind: 'physical' as const, name, type: types.of('int'), path: [name] }));
const pool = new StringPool();

function harnessOf(join: 'inner' | 'left', table: readonly Row[]) {
  const spec: LookupJoinSpec = {
    kind: 'lookup_join',
    join,
    columns,
    keys: [{ column: 0, value: columnRef(1, types.of('int')) }],
    condition: null,
    fields: [...inputFields, ...fieldsNamed(['id', 'v'], types.of('int'))],
    inputFields,
    inputChanges: insertOnly,
    connector: 'test',
    config: {},
    tableName: 't',
  };
  const asked: Row[][] = [];
  const lookup = {
    lookup: async (keys: readonly Row[]) => {
      asked.push([...keys]);
      await sleep(1);
      return keys.map(([key]) => table.filter(([id]) => id === key));
    },
    close: async () => {},
  };
  const harness = new OperatorHarness(createOperator(spec), spec.fields, { lookup, pool });
  return { harness, asked };
}

describe('a lookup join', () => {
  it('keeps the order of rows and watermarks, and asks for each key of a batch once', async () => {
    const { harness, asked } = harnessOf('inner', [
      [1, 10],
      [2, 20],
      [1, 11],
    ]);
    const batch = batchOfRows(
      inputFields,
      [
        [0, 1],
        [1, 2],
        [2, 1],
        [3, 9],
      ],
      { pool },
    );
    await harness.operator.processBatch({ ...batch, watermarks: Float64Array.of(5, 5, 7, 7) }, 0);
    harness.operator.processWatermark(maxWatermark);
    expect(harness.emitted.map((each) => (each.kind === 'row' ? each.row.join() : each.watermark))).toEqual([
      5,
      '0,1,1,10',
      '0,1,1,11',
      '1,2,2,20',
      7,
      '2,1,1,10',
      '2,1,1,11',
      maxWatermark,
    ]);
    expect(asked).toEqual([[[1], [2], [9]]]);
  });

  it('pads rows without a match where it is a left join; a NULL key is not asked for', async () => {
    const { harness, asked } = harnessOf('left', [[1, 10]]);
    const rows = [
      [0, 2],
      [1, null],
    ];
    await harness.operator.processBatch(batchOfRows(inputFields, rows, { pool }), 0);
    expect(harness.takeRows()).toEqual([
      [0, 2, null, null],
      [1, null, null, null],
    ]);
    expect(asked).toEqual([[[2]]]);
  });
});
