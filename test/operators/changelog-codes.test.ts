import { describe, expect, it } from 'vitest';
import { op, rowKinds } from '../../src/model/column.ts';
import { insertOnly } from '../../src/model/plan.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import { type Field, types } from '../../src/model/types.ts';
import { createOperator } from '../../src/operators/registry.ts';
import { batchOfRows, OperatorHarness, type Row } from '../support/operator-harness.ts';

const opField: Field = { name: 'op', type: types.string() };
const rowFields: readonly Field[] = [
  { name: 'k', type: types.string() },
  { name: 'n', type: types.of('int') },
];
const coded: readonly Field[] = [opField, ...rowFields];
const all = { update: true, delete: true } as const;
const codes = [
  { code: 'neu', change: op.insert },
  { code: 'è', change: op.updateAfter },
  { code: '', change: op.delete },
];

type Change = readonly [kind: (typeof rowKinds)[number], ...row: Row];

/** The changes that come out, of `changes` in one batch with a watermark before each row. */
function run(
  harness: OperatorHarness,
  fields: readonly Field[],
  changes: readonly Change[],
  strings: 'codes' | 'bytes',
) {
  const seen: (readonly unknown[])[] = [];
  harness.onBatch = ({ ops, watermarks, length }) => {
    const rows = harness.takeRows();
    for (let i = 0; i < length; i++) seen.push([rowKinds[ops?.[i] ?? 0], watermarks?.[i], ...rows[i]!]);
  };
  const { pool } = harness.ctx;
  const batch = batchOfRows(
    fields,
    changes.map(([, ...row]) => row),
    { pool, strings },
  );
  const ops = Uint8Array.from(changes, ([kind]) => rowKinds.indexOf(kind));
  const watermarks = Float64Array.from(changes, (_, i) => i);
  harness.operator.processBatch({ ...batch, ops: ops.every((each) => each === 0) ? null : ops, watermarks }, 0);
  return seen;
}

describe.each(['codes', 'bytes'] as const)('of texts as %s', (strings) => {
  it('TO_CHANGELOG makes inserts of changes, and leaves out those without a code', () => {
    const spec = { kind: 'to_changelog', codes, inputFields: rowFields, inputChanges: all, fields: coded } as const;
    const harness = new OperatorHarness(createOperator(spec), coded, { pool: new StringPool() });
    const changes: Change[] = [
      ['+I', 'a', 1],
      ['-U', 'a', 1],
      ['+U', 'a', null],
      ['-D', 'a', null],
    ];
    expect(run(harness, rowFields, changes, strings)).toEqual([
      ['+I', 0, 'neu', 'a', 1],
      ['+I', 2, 'è', 'a', null],
      ['+I', 3, '', 'a', null],
    ]);
    expect(run(harness, rowFields, [['+I', 'b', 2]], strings)).toEqual([['+I', 0, 'neu', 'b', 2]]);
    expect(run(harness, rowFields, [['-U', 'b', 2]], strings)).toEqual([]);
  });

  it('FROM_CHANGELOG makes changes of rows', () => {
    const rows: Change[] = [
      ['+I', 'neu', 'a', 1],
      ['+I', 'è', 'a', 2],
      ['+I', '', null, 2],
    ];
    expect(run(fromChangelog(), coded, rows, strings)).toEqual([
      ['+I', 0, 'a', 1],
      ['+U', 1, 'a', 2],
      ['-D', 2, null, 2],
    ]);
  });

  it.each([
    ['x', "FROM_CHANGELOG: expected one of 'neu', 'è', '' in the column 'op', got 'x'"],
    [null, "FROM_CHANGELOG: expected one of 'neu', 'è', '' in the column 'op', got NULL"],
  ])('FROM_CHANGELOG fails on the code %s', (code, message) => {
    expect(() => run(fromChangelog(), coded, [['+I', code, 'a', 1]], strings)).toThrow(message);
  });
});

function fromChangelog(): OperatorHarness {
  const common = { column: 0, codes, inputFields: coded, inputChanges: insertOnly, fields: rowFields };
  return new OperatorHarness(createOperator({ kind: 'from_changelog', ...common }), rowFields);
}
