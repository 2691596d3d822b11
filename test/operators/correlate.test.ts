import { describe, expect, it } from 'vitest';
import { columnRef } from '../../src/model/expression.ts';
import type { CorrelateSpec } from '../../src/model/job-graph.ts';
import { insertOnly } from '../../src/model/plan.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import { type DataType, type Field, types } from '../../src/model/types.ts';
import { createOperator } from '../../src/operators/registry.ts';
import { batchOfRows, OperatorHarness } from '../support/operator-harness.ts';

const int = types.of('int');
const row: DataType = types.row([
  { name: 'x', type: int },
  { name: 'y', type: types.string() },
]);

type Case = Readonly<{
  title: string;
  type: DataType;
  value: unknown;
  made: readonly Field[];
  rows: readonly (readonly unknown[])[];
  ordinality?: boolean;
}>;

const element: Field = { name: 'e', type: int };
const cases: readonly Case[] = [
  { title: 'an array', type: types.array(int), value: [3, null], made: [element], rows: [[3], [null]] },
  {
    title: 'an array of rows: their fields; a NULL gives no row, as in Flink',
    type: types.array(row),
    value: [[1, 'a'], null],
    made: [element, { name: 'y', type: types.string() }],
    rows: [[1, 'a']],
  },
  {
    title: 'a map: keys and values',
    type: types.map(types.string(), int),
    value: new Map([['k', 5]]),
    made: [{ name: 'k', type: types.string() }, element],
    rows: [['k', 5]],
  },
  {
    title: 'a multiset: each element as often as it is in',
    type: { kind: 'multiset', element: int, nullable: true },
    value: new Map([
      [7, 2],
      [8, 1],
    ]),
    made: [element],
    rows: [[7], [7], [8]],
  },
  {
    title: 'with ordinality: numbers from 1',
    type: types.array(int),
    value: [9, 9],
    made: [element, { name: 'n', type: int }],
    rows: [
      [9, 1],
      [9, 2],
    ],
    ordinality: true,
  },
];

function run(join: 'inner' | 'left', { type, made, ordinality = false }: Case, values: readonly unknown[]) {
  const inputFields: readonly Field[] = [
    { name: 'id', type: int },
    { name: 'c', type },
  ];
  const spec: CorrelateSpec = {
    kind: 'correlate',
    join,
    function: { kind: 'unnest', collection: columnRef(1, type), ordinality, fields: made },
    condition: null,
    fields: [...inputFields, ...made],
    inputFields,
    inputChanges: insertOnly,
  };
  const pool = new StringPool();
  const harness = new OperatorHarness(createOperator(spec), spec.fields, { pool });
  const rows = values.map((value, i) => [i, value]);
  harness.operator.processBatch(batchOfRows(inputFields, rows, { pool }), 0);
  return harness.takeRows().map(([id, , ...rest]) => [id, ...rest]);
}

describe('UNNEST of', () => {
  it.each(cases.map((each) => [each.title, each] as const))('%s', (_, each) => {
    expect(run('inner', each, [null, each.value])).toEqual(each.rows.map((values) => [1, ...values]));
  });

  it('nothing keeps the row in a left join', () => {
    const [array] = cases;
    const empty = run('left', array!, [null, [], [1]]);
    expect(empty).toEqual([
      [0, null],
      [1, null],
      [2, 1],
    ]);
  });
});
