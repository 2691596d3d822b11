import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { functionDefinitions } from '../../../src/functions/registry.ts';
import type { AggregateFunction, SqlValue } from '../../../src/model/function.ts';
import type { GroupAggregateSpec } from '../../../src/model/job-graph.ts';
import { StringPool } from '../../../src/model/string-pool.ts';
import { type DataType, formatType, types } from '../../../src/model/types.ts';
import { bindAggregates } from '../../../src/operators/aggregate/bound-aggregate.ts';
import { GroupAggregateOperator } from '../../../src/operators/aggregate/group-aggregate.ts';
import { fitColumns } from '../../../src/operators/aggregate/group-columns.ts';
import { batchOfRows, OperatorHarness, type Row } from '../../support/operator-harness.ts';
import { testSession } from '../../support/sql-expressions.ts';

// Every aggregate that there is, of every type that it takes: by groups in columns it gives what it gives by groups in rows. Those have their
// state as long as a time to live, which makes them repeat themselves, and say nothing else.

const kinds: readonly [DataType, readonly SqlValue[]][] = [
  [types.of('tinyint'), [1, 127, -128]],
  [types.of('smallint'), [0, 32767, -5]],
  [types.of('int'), [0, 2 ** 31 - 1, -(2 ** 31)]],
  [types.of('bigint'), [1, 2 ** 53 - 1, 2n ** 63n - 1n, -(2n ** 63n)]],
  [types.of('float'), [0.5, NaN, -0, 3e38]],
  [types.of('double'), [0.5, 0, -0, 4e9, -1.5e17]],
  [types.decimal(10, 2), [199, -5, 9999999999]],
  [types.decimal(38, 6), [199, 10n ** 37n, -(10n ** 36n)]],
  [types.string(), ['', 'a', 'Zoë', '😀']],
  [types.of('boolean'), [true, false]],
  [types.of('date'), [0, -1, 20000]],
  [types.timestamp(9), [0, 10n ** 18n + 1n]],
];

type Case = readonly [title: string, spec: GroupAggregateSpec, rows: fc.Arbitrary<Row>];

function casesOf({ name, infer }: AggregateFunction): Case[] {
  return kinds.flatMap(([type]) =>
    [1, 2].flatMap((count): Case[] => {
      const signature = signatureOf(() => infer(Array.from({ length: count }, () => ({ type }))));
      if (signature === null) return [];
      const inputFields = [types.of('int'), ...signature.args].map((each, i) => ({ name: `f${i}`, type: each }));
      const args = signature.args.map((_, i) => i + 1);
      const spec: GroupAggregateSpec = {
        kind: 'group_aggregate',
        keys: [0],
        aggregates: [{ name, args, distinct: false, filter: null, type: signature.result }],
        fields: [inputFields[0]!, { name: 'result', type: signature.result }],
        inputFields,
        inputChanges: { update: false, delete: false },
        stateTtlMs: null,
        withoutRetraction: [false],
      };
      if (!fitColumns(spec, bindAggregates(spec.aggregates, inputFields, testSession))) return [];
      const values = signature.args.map((arg) => fc.option(fc.constantFrom(...valuesOf(arg)), { freq: 5 }));
      return [
        [`${name}(${signature.args.map(formatType).join(', ')}) of ${type.kind}`, spec, fc.tuple(fc.nat(2), ...values)],
      ];
    }),
  );
}

/** null: the function does not take such arguments. */
function signatureOf<T>(infer: () => T): T | null {
  try {
    return infer();
  } catch {
    return null;
  }
}

function valuesOf(type: DataType): readonly SqlValue[] {
  return kinds.find(([known]) => formatType(known) === formatType(type))![1];
}

/** What is new of each group, in order. */
function newResults(spec: GroupAggregateSpec, batches: readonly (readonly Row[])[]): string[] {
  const operator = new GroupAggregateOperator(spec);
  const harness = new OperatorHarness(operator, spec.fields);
  const last = new Map<unknown, string>();
  const changes: string[] = [];
  harness.onBatch = ({ ops }) => {
    for (const [i, row] of harness.takeRows().entries()) {
      const text = row.map(String).join(' ');
      if (ops?.[i] === 1 || last.get(row[0]) === text) continue;
      last.set(row[0], text);
      changes.push(text);
    }
  };
  const pool = new StringPool();
  for (const rows of batches) operator.processBatch(batchOfRows(spec.inputFields, rows, { pool }), 0);
  return changes;
}

const aggregates = functionDefinitions.filter((each) => each.kind === 'aggregate');
const cases = aggregates.filter(({ name }) => name !== 'SINGLE_VALUE').flatMap(casesOf); // of two rows it fails

describe('groups in columns and groups in rows', () => {
  it('are compared for many aggregates', () => {
    expect(
      new Set(
        cases.map(
          ([
            ,
            {
              aggregates: [call],
            },
          ]) => call!.name,
        ),
      ).size,
    ).toBeGreaterThan(10);
  });

  it.each(cases)('agree on %s', (_, spec, row) => {
    const batches = fc.array(fc.array(row, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(batches, (fed) => {
        const inRows = { ...spec, stateTtlMs: Number.MAX_SAFE_INTEGER };
        expect(newResults(spec, fed)).toEqual(newResults(inRows, fed));
      }),
      { numRuns: 15 },
    );
  });
});
