import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowKinds } from '../../../src/model/column.ts';
import type { GroupAggregateSpec } from '../../../src/model/job-graph.ts';
import type { AggregateCall } from '../../../src/model/plan.ts';
import type { StateChunk } from '../../../src/model/state.ts';
import { StringPool } from '../../../src/model/string-pool.ts';
import { type DataType, type Field, types } from '../../../src/model/types.ts';
import { bindAggregates } from '../../../src/operators/aggregate/bound-aggregate.ts';
import { GroupAggregateOperator } from '../../../src/operators/aggregate/group-aggregate.ts';
import { fitColumns } from '../../../src/operators/aggregate/group-columns.ts';
import { BatchRows } from '../../../src/state/value-column.ts';
import { batchOfRows, chunksFor, OperatorHarness, type Row } from '../../support/operator-harness.ts';
import { testSession } from '../../support/sql-expressions.ts';

// Groups in columns (what rows that only come are aggregated by) beside groups in rows: the same changes, and the same state.

const inputFields: readonly Field[] = [
  { name: 's', type: types.string() },
  { name: 'i', type: types.of('int') },
  { name: 'd', type: types.of('double') },
  { name: 'b', type: types.of('bigint') },
  { name: 'm', type: types.decimal(38, 0) },
  { name: 'f', type: types.of('boolean') },
];

function call(name: string, args: readonly number[], type: DataType, filter: number | null = null): AggregateCall {
  return { name, args, distinct: false, filter, type };
}

const calls = [
  call('COUNT', [], types.of('bigint', false)),
  call('COUNT', [1], types.of('bigint', false), 5),
  call('SUM', [1], types.of('int')),
  call('SUM', [3], types.of('bigint')),
  call('AVG', [3], types.of('bigint'), 5),
  call('SUM', [4], types.decimal(38, 0)),
  call('AVG', [2], types.of('double')),
  call('STDDEV_POP', [2], types.of('double')),
  call('MIN', [2], types.of('double')),
  call('MAX', [0], types.string()),
  call('MIN', [5], types.of('boolean')),
];

const whileAlive = Number.MAX_SAFE_INTEGER;

function spec(keys: readonly number[], aggregates = calls, more: Partial<GroupAggregateSpec> = {}): GroupAggregateSpec {
  return {
    kind: 'group_aggregate',
    keys,
    aggregates,
    fields: [...keys.map((key) => inputFields[key]!), ...aggregates.map(({ type }, i) => ({ name: `a${i}`, type }))],
    inputFields,
    inputChanges: { update: false, delete: false },
    stateTtlMs: null,
    withoutRetraction: aggregates.map(() => false),
    ...more,
  };
}

class Groups {
  readonly operator: GroupAggregateOperator;
  readonly #harness: OperatorHarness;
  readonly #pool = new StringPool();
  readonly #out: string[] = [];

  constructor(given: GroupAggregateSpec, subtaskIndex = 0, parallelism = 1) {
    this.operator = new GroupAggregateOperator(given);
    this.#harness = new OperatorHarness(this.operator, given.fields, { subtaskIndex, parallelism });
    this.#harness.onBatch = ({ ops }) => {
      for (const [i, row] of this.#harness.takeRows().entries()) {
        this.#out.push([rowKinds[ops?.[i] ?? 0], ...row.map(String)].join(' '));
      }
    };
  }

  feed(rows: readonly Row[], strings: 'codes' | 'bytes' = 'codes'): string[] {
    this.operator.processBatch(batchOfRows(inputFields, rows, { pool: this.#pool, strings }), 0);
    return this.#out.splice(0);
  }

  chunks(): StateChunk[] {
    const snapshot = this.operator.snapshot();
    const chunks = [...snapshot.chunks()];
    snapshot.done();
    return chunks;
  }

  restore(chunks: readonly StateChunk[]): this {
    for (const chunk of chunksFor(chunks, this.#harness.ctx)) this.operator.restore(chunk);
    return this;
  }
}

function stateOf(chunks: readonly StateChunk[]): string[] {
  const groups = chunks.flatMap(({ table, fields, batch }) => {
    if (table !== 'groups') return [];
    const types = fields.map(({ type }) => type);
    const rows = new BatchRows(batch, types);
    return Array.from({ length: batch.length }, (_, i) => rows.row(i).map(String).join(' '));
  });
  return groups.sort();
}

const largest = Number.MAX_SAFE_INTEGER;
const number = fc.constantFrom(0, -0, 1, 2.5, -3, NaN, Infinity);

const row: fc.Arbitrary<Row> = fc.tuple(
  fc.constantFrom('a', 'b', 'Zoë', '', null),
  fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(2 ** 31 - 1, null)),
  fc.option(number, { freq: 4 }),
  fc.oneof({ weight: 8, arbitrary: fc.integer({ min: -3, max: 3 }) }, fc.constantFrom(largest, -largest, null)),
  fc.oneof({ weight: 8, arbitrary: fc.integer({ min: -3, max: 3 }) }, fc.constantFrom(largest, 10n ** 30n, null)),
  fc.constantFrom(true, false, null),
);
const batches = fc.array(fc.array(row, { minLength: 1, maxLength: 12 }), { maxLength: 6 });
const keys = fc.constantFrom<readonly number[]>([0], [1], [2], [3], [5], [0, 1], [2, 0], []);

describe('groups in columns', () => {
  it('are those of rows that only come', () => {
    const given = spec([0]);
    const bound = bindAggregates(calls, inputFields, testSession);
    expect(fitColumns(given, bound)).toBe(true);
    expect(fitColumns({ ...given, inputChanges: { update: true, delete: false } }, bound)).toBe(false);
    expect(fitColumns({ ...given, stateTtlMs: 1 }, bound)).toBe(false);
    const distinct = bindAggregates([{ ...calls[1]!, distinct: true }], inputFields, testSession);
    expect(fitColumns(given, distinct)).toBe(false);
  });

  it('change as groups in rows do', () =>
    fc.assert(
      fc.property(keys, batches, fc.constantFrom('codes', 'bytes'), (columns, fed, strings) => {
        const inColumns = new Groups(spec(columns));
        const inRows = new Groups(spec(columns, calls, { inputChanges: { update: true, delete: true } }));
        for (const rows of fed) expect(inColumns.feed(rows, strings)).toEqual(inRows.feed(rows, strings));
      }),
      { numRuns: 150 },
    ));

  it('of SELECT DISTINCT are given once', () =>
    fc.assert(
      fc.property(keys, batches, (columns, fed) => {
        const inColumns = new Groups(spec(columns, []));
        const inRows = new Groups(spec(columns, [], { inputChanges: { update: true, delete: true } }));
        for (const rows of fed) {
          expect(inColumns.feed(rows)).toEqual(inRows.feed(rows).filter((change) => change.startsWith('+I')));
        }
      }),
      { numRuns: 50 },
    ));

  it('take what a batch has beyond one turn', () => {
    const rows = Array.from({ length: 5000 }, (_, i) => ['k', i, i, i === 3000 ? largest : 1, 1, true]);
    const sums = [call('SUM', [3], types.of('bigint')), call('COUNT', [], types.of('bigint', false))];
    const out = new Groups(spec([0], sums)).feed(rows);
    expect(out).toHaveLength(9999);
    expect(out.at(-1)).toBe(`+U k ${BigInt(largest) + 4999n} 5000`);
  });

  it('advance to the watermark before each row', () => {
    const groups = new Groups(spec([0], [call('COUNT', [], types.of('bigint', false))]));
    const seen: string[] = [];
    const harness = new OperatorHarness(groups.operator, spec([0], [calls[0]!]).fields);
    harness.onBatch = ({ length }) => seen.push(`${length} rows`);
    harness.onWatermark = (watermark) => seen.push(`watermark ${watermark}`);
    const rows = ['a', 'b', 'c', 'd'].map((key) => [key, 1, 1, 1, 1, true]);
    const batch = batchOfRows(inputFields, rows, { pool: new StringPool() });
    harness.operator.processBatch({ ...batch, watermarks: Float64Array.of(-Infinity, 5, 5, 7) }, 0);
    expect(seen).toEqual(['1 rows', 'watermark 5', '2 rows', 'watermark 7', '1 rows']);
  });
});

describe('the state of groups in columns', () => {
  it('is that of groups in rows, and either goes on from the other', () =>
    fc.assert(
      fc.property(keys, batches, (columns, fed) => {
        const ofRows = spec(columns, calls, { stateTtlMs: whileAlive });
        const [inColumns, inRows] = [new Groups(spec(columns)), new Groups(ofRows)];
        for (const rows of fed) {
          inColumns.feed(rows);
          inRows.feed(rows);
        }
        const expected = stateOf(inRows.chunks());
        expect(stateOf(inColumns.chunks())).toEqual(expected);
        expect(stateOf(new Groups(spec(columns)).restore(inRows.chunks()).chunks())).toEqual(expected);
        expect(stateOf(new Groups(ofRows).restore(inColumns.chunks()).chunks())).toEqual(expected);
      }),
      { numRuns: 60 },
    ));

  it('is dealt out to other subtasks, which go on', () =>
    fc.assert(
      fc.property(batches, batches, (before, after) => {
        const whole = new Groups(spec([0]));
        for (const rows of before) whole.feed(rows);
        const parts = [0, 1].map((subtask) => new Groups(spec([0]), subtask, 2).restore(whole.chunks()));
        expect(parts.flatMap((part) => stateOf(part.chunks())).sort()).toEqual(stateOf(whole.chunks()));
        for (const rows of after) {
          const expected = whole.feed(rows);
          const owned = parts.map((part) => new Set(stateOf(part.chunks()).map((group) => group.split(' ')[0])));
          for (const [i, part] of parts.entries()) {
            const known = rows.filter(([key]) => owned[i]!.has(String(key)));
            const isKnown = (change: string): boolean => owned[i]!.has(change.split(' ')[1]);
            if (known.length > 0) expect(part.feed(known)).toEqual(expected.filter(isKnown));
          }
        }
      }),
      { numRuns: 40 },
    ));

  it('has nothing of what comes behind the snapshot', () => {
    const groups = new Groups(spec([0]));
    groups.feed([['a', 1, 1, 1, 1, true]]);
    const expected = stateOf(groups.chunks());
    const snapshot = groups.operator.snapshot();
    groups.feed([
      ['a', 1, 1, 1, 1, true],
      ['b', 1, 1, largest, 1, true],
      ['b', 1, 1, largest, 1, true],
    ]);
    expect(stateOf([...snapshot.chunks()])).toEqual(expected);
    snapshot.done();
  });
});
