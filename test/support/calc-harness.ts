/** Feeds rows to a calc and collects what it emits, for tests. */
import { allocateColumn, batchOf, type Column, type ColumnBatch, valueAt } from '../../src/model/column.ts';
import type { Expression } from '../../src/model/expression.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import { type DataType, type Field, isCharacter, layoutOf } from '../../src/model/types.ts';
import { CalcOperator } from '../../src/operators/calc.ts';
import { testSession } from './sql-expressions.ts';

export type Row = readonly unknown[];
export type StringEncoding = 'codes' | 'bytes';

/** A column of values: integers wide where one is a bigint, strings encoded as told. */
export function columnOf(
  type: DataType,
  values: readonly unknown[],
  pool: StringPool,
  encoding: StringEncoding = 'codes',
): Column {
  const nulls = values.includes(null) ? Uint8Array.from(values, (value) => (value === null ? 1 : 0)) : null;
  if (layoutOf(type) === 'string') {
    const encoded = values.map((value) => encode(value, type));
    return encoding === 'bytes' ? rangesOf(encoded, nulls) : codesOf(encoded, nulls, pool);
  }
  if (layoutOf(type) === 'int' && values.some((value) => typeof value === 'bigint')) {
    const wide = values.map((value) => (value === null ? 0n : BigInt(value as number)));
    return { layout: 'int', wide: true, values: wide, nulls };
  }
  const column = allocateColumn(type, values.length, pool);
  for (const [i, value] of values.entries()) if (value !== null) (column as { values: unknown[] }).values[i] = value;
  column.nulls = nulls;
  return column;
}

function encode(value: unknown, type: DataType): Uint8Array {
  if (value === null) return new Uint8Array(0);
  return isCharacter(type) ? new TextEncoder().encode(value as string) : (value as Uint8Array);
}

function codesOf(encoded: readonly Uint8Array[], nulls: Uint8Array | null, pool: StringPool): Column {
  const values = Int32Array.from(encoded, (bytes, i) => (nulls?.[i] === 1 ? 0 : pool.intern(bytes, 0, bytes.length)));
  return { layout: 'string', encoding: 'codes', values, pool, nulls };
}

function rangesOf(encoded: readonly Uint8Array[], nulls: Uint8Array | null): Column {
  const bytes = Uint8Array.from(encoded.flatMap((part) => [...part]));
  const ends = new Int32Array(encoded.length);
  const starts = new Int32Array(encoded.length);
  let at = 0;
  for (const [i, { length }] of encoded.entries()) {
    starts[i] = at;
    at += length;
    ends[i] = at;
  }
  return { layout: 'string', encoding: 'bytes', bytes, starts, ends, nulls };
}

export class CalcHarness {
  readonly pool = new StringPool();
  /** The rows emitted, copied. */
  readonly rows: unknown[][] = [];
  /** The batches emitted: borrowed, so only the last one is still what it was. */
  readonly batches: ColumnBatch[] = [];
  readonly watermarks: number[] = [];
  readonly #operator: CalcOperator;
  readonly #inputFields: readonly Field[];
  readonly #encoding: StringEncoding;

  constructor(
    inputFields: readonly Field[],
    predicate: Expression | null,
    projections: readonly Expression[],
    encoding: StringEncoding = 'codes',
    session = testSession,
  ) {
    this.#inputFields = inputFields;
    this.#encoding = encoding;
    const fields = projections.map(({ type }, i) => ({ name: `f${i}`, type }));
    this.#operator = new CalcOperator({ kind: 'calc', predicate, projections, inputFields, fields });
    const counters = { add: () => undefined };
    const parallel = { subtaskIndex: 0, parallelism: 1, maxParallelism: 128 };
    this.#operator.open(
      { ...parallel, pool: this.pool, session, counters },
      {
        emitBatch: (batch) => {
          this.batches.push(batch);
          for (let row = 0; row < batch.length; row++) {
            this.rows.push(fields.map(({ type }, i) => valueAt(batch.columns[i]!, type, row)));
          }
        },
        emitWatermark: (watermark) => this.watermarks.push(watermark),
      },
    );
  }

  batch(rows: readonly Row[]): ColumnBatch {
    const columns = this.#inputFields.map(({ type }, i) => {
      const values = rows.map((row) => row[i]);
      return columnOf(type, values, this.pool, this.#encoding);
    });
    return batchOf(rows.length, columns);
  }

  feed(rows: readonly Row[], extra: Partial<ColumnBatch> = {}): this {
    this.#operator.processBatch({ ...this.batch(rows), ...extra });
    return this;
  }

  watermark(value: number): this {
    this.#operator.processWatermark(value);
    return this;
  }
}
