import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Column, ColumnBatch } from '../../src/model/column.ts';
import { batchOf, gatherBatch, valueAt } from '../../src/model/column.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import { type DataType, types } from '../../src/model/types.ts';
import { decodeBatch, encodeBatch } from '../../src/state/batch-codec.ts';

const pool = new StringPool();
const encoder = new TextEncoder();

type Made = Readonly<{ type: DataType; column: Column }>;

const nested: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: false }),
    fc.bigInt(),
    fc.string(),
    fc.uint8Array(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(fc.string(), tie('value')), { maxLength: 3 }).map((entries) => new Map(entries)),
  ),
})).value;

function columns(rows: number): fc.Arbitrary<Made[]> {
  const of = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(value, { minLength: rows, maxLength: rows });
  const nulls = fc.option(of(fc.constantFrom(0, 1)).map((flags) => Uint8Array.from(flags)));
  const column = fc.oneof(
    fc.record({ v: of(fc.boolean()), nulls }).map(({ v, nulls }): Made => {
      return { type: types.of('boolean'), column: { layout: 'bool', values: Uint8Array.from(v, Number), nulls } };
    }),
    fc.record({ v: of(fc.integer()), nulls }).map(({ v, nulls }): Made => {
      return { type: types.of('int'), column: { layout: 'i32', values: Int32Array.from(v), nulls } };
    }),
    fc.record({ v: of(fc.double()), nulls }).map(({ v, nulls }): Made => {
      return { type: types.of('double'), column: { layout: 'f64', values: Float64Array.from(v), nulls } };
    }),
    fc.record({ v: of(fc.maxSafeInteger()), nulls }).map(({ v, nulls }): Made => {
      return { type: types.of('bigint'), column: { layout: 'int', wide: false, values: Float64Array.from(v), nulls } };
    }),
    fc.record({ v: of(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })), nulls }).map(({ v, nulls }): Made => {
      return { type: types.of('bigint'), column: { layout: 'int', wide: true, values: BigInt64Array.from(v), nulls } };
    }),
    fc.record({ v: of(fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n })), nulls }).map(({ v, nulls }): Made => {
      return { type: types.decimal(38, 0), column: { layout: 'int', wide: true, values: v, nulls } };
    }),
    fc.record({ v: of(fc.string({ unit: 'binary' })), nulls }).map(({ v, nulls }): Made => {
      const values = Int32Array.from(v, (text) => pool.internString(text));
      return { type: types.string(), column: { layout: 'string', encoding: 'codes', values, pool, nulls } };
    }),
    fc.record({ v: of(fc.string({ unit: 'binary' })), nulls }).map(({ v, nulls }): Made => {
      const parts = v.map((text) => encoder.encode(text));
      const ends = Int32Array.from(parts, (_, i) => parts.slice(0, i + 1).reduce((sum, p) => sum + p.length, 0));
      const starts = Int32Array.from(parts, (part, i) => ends[i]! - part.length);
      const bytes = Uint8Array.from(parts.flatMap((part) => [...part]));
      return { type: types.string(), column: { layout: 'string', encoding: 'bytes', bytes, starts, ends, nulls } };
    }),
    fc.record({ v: of(nested), nulls }).map(({ v, nulls }): Made => {
      return { type: types.array(types.string()), column: { layout: 'object', values: v, nulls } };
    }),
  );
  return fc.array(column, { maxLength: 5 });
}

const batches = fc.integer({ min: 0, max: 20 }).chain((rows) =>
  fc.record({
    made: columns(rows),
    rows: fc.constant(rows),
    ops: fc.option(fc.uint8Array({ minLength: rows, maxLength: rows, max: 3 })),
    watermarks: fc.option(fc.float64Array({ minLength: rows, maxLength: rows, noNaN: true })),
    picked: fc.array(fc.integer({ min: 0, max: Math.max(0, rows - 1) }), { maxLength: rows }),
  }),
);

function valuesOf(batch: ColumnBatch, made: readonly Made[]): unknown {
  const rows = Array.from({ length: batch.length }, (_, row) =>
    batch.columns.map((column, i) => normal(valueAt(column, made[i]!.type, row))),
  );
  return {
    rows,
    ops: batch.ops && [...batch.ops.subarray(0, batch.length)],
    watermarks: batch.watermarks && [...batch.watermarks],
  };
}

/** Narrow and wide, number and bigint: what counts is the value; the kind of a nested number counts too. */
function normal(value: unknown): unknown {
  return value === undefined ? null : value;
}

describe('the batch codec', () => {
  it('gives back what it was given', () => {
    fc.assert(
      fc.property(batches, ({ made, rows, ops, watermarks }) => {
        const batch: ColumnBatch = {
          ...batchOf(
            rows,
            made.map((m) => m.column),
          ),
          ops,
          watermarks,
        };
        expect(valuesOf(decodeBatch(encodeBatch(batch).buffer), made)).toEqual(valuesOf(batch, made));
      }),
    );
  });

  it('takes a selection of rows as gather does, also into a buffer that held something else', () => {
    fc.assert(
      fc.property(batches, ({ made, rows, ops, watermarks, picked }) => {
        fc.pre(rows > 0);
        const batch: ColumnBatch = {
          ...batchOf(
            rows,
            made.map((m) => m.column),
          ),
          ops,
          watermarks,
        };
        const selection = Int32Array.from(picked);
        const dirty = (bytes: number): ArrayBuffer => new Uint8Array(bytes + 64).fill(0xa5).buffer as ArrayBuffer;
        const decoded = decodeBatch(encodeBatch(batch, selection, picked.length, dirty).buffer);
        expect(valuesOf(decoded, made)).toEqual(valuesOf(gatherBatch(batch, selection, picked.length), made));
      }),
    );
  });

  it('refuses other bytes', () => {
    expect(() => decodeBatch(new ArrayBuffer(64))).toThrow(/expected it to begin with/);
  });
});
