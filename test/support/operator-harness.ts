import {
  allocateColumn,
  batchOf,
  type Column,
  type ColumnBatch,
  gatherBatch,
  minWatermark,
  valueAt,
} from '../../src/model/column.ts';
import type { Operator, OperatorContext } from '../../src/model/operator.ts';
import type { StateChunk } from '../../src/model/state.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import { type DataType, type Field, layoutOf } from '../../src/model/types.ts';
import { encodeStrings } from '../../src/state/cell-column.ts';
import { hashKeys, keyGroupOf, subtaskOf } from '../../src/state/key-group.ts';
import { testSession } from './sql-expressions.ts';

// Runs one operator as the task loop would: batches and watermarks in, everything that comes out kept as rows.

export type Row = readonly unknown[];
export type Emitted = Readonly<{ kind: 'row'; row: Row }> | Readonly<{ kind: 'watermark'; watermark: number }>;

/** How columns of rows are made: strings as codes or bytes, integers narrow unless a value needs more or `wide` says so. */
export type ColumnForm = Readonly<{ pool: StringPool; strings?: 'codes' | 'bytes'; wide?: boolean }>;

export function columnOf(type: DataType, values: readonly unknown[], form: ColumnForm): Column {
  const nulls = values.includes(null) ? Uint8Array.from(values, (value) => (value === null ? 1 : 0)) : null;
  if (layoutOf(type) === 'string' && form.strings === 'bytes')
    return { ...encodeStrings(values, values.length), nulls };
  if (layoutOf(type) === 'int' && (form.wide || values.some((value) => typeof value === 'bigint'))) {
    const numbers = values.map((value) => BigInt((value ?? 0) as number));
    const fits = type.kind !== 'decimal' || type.precision <= 18;
    return { layout: 'int', wide: true, values: fits ? BigInt64Array.from(numbers) : numbers, nulls };
  }
  const column = allocateColumn(type, values.length, form.pool);
  column.nulls = nulls;
  for (const [i, value] of values.entries()) {
    if (value === null) continue;
    if (column.layout === 'string' && column.encoding === 'codes') {
      column.values[i] = form.pool.internString(value as string);
    } else if (column.layout !== 'string') (column.values as unknown[])[i] = value;
  }
  return column;
}

export function batchOfRows(fields: readonly Field[], rows: readonly Row[], form: ColumnForm): ColumnBatch {
  const columns = fields.map(({ type }, i) =>
    columnOf(
      type,
      rows.map((row) => row[i] ?? null),
      form,
    ),
  );
  return batchOf(rows.length, columns);
}

/** Rows of a batch as values; integers as numbers where they are exact, so that narrow and wide columns compare. */
function rowsOfBatch(fields: readonly Field[], batch: ColumnBatch): Row[] {
  return Array.from({ length: batch.length }, (_, row) =>
    fields.map(({ type }, i) => plain(valueAt(batch.columns[i]!, type, row))),
  );
}

function plain(value: unknown): unknown {
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

export class OperatorHarness {
  readonly operator: Operator;
  readonly fields: readonly Field[];
  readonly counts = new Map<string, number>();
  readonly ctx: OperatorContext;
  emitted: Emitted[] = [];
  /** What the next operator is given; batches are borrowed. */
  onBatch: (batch: ColumnBatch) => void = () => {};
  onWatermark: (watermark: number) => void = () => {};
  #lastWatermark = minWatermark;

  constructor(operator: Operator, fields: readonly Field[], ctx: Partial<OperatorContext> = {}) {
    this.operator = operator;
    this.fields = fields;
    this.ctx = {
      subtaskIndex: 0,
      parallelism: 1,
      maxParallelism: 128,
      pool: new StringPool(),
      session: testSession,
      counters: { add: (name, count) => void this.counts.set(name, (this.counts.get(name) ?? 0) + count) },
      ...ctx,
    };
    operator.open(this.ctx, {
      emitBatch: (batch) => {
        for (const row of rowsOfBatch(fields, batch)) this.emitted.push({ kind: 'row', row });
        this.onBatch(batch);
      },
      emitWatermark: (watermark) => {
        if (watermark < this.#lastWatermark) throw new Error(`watermark fell: ${this.#lastWatermark} -> ${watermark}`);
        this.#lastWatermark = watermark;
        this.emitted.push({ kind: 'watermark', watermark });
        this.onWatermark(watermark);
      },
    });
  }

  /** What came out since the last call, rows only. */
  takeRows(): Row[] {
    const rows = this.emitted.flatMap((element) => (element.kind === 'row' ? [element.row] : []));
    this.emitted = [];
    return rows;
  }
}

/** Deals the chunks of a snapshot out as the engine does: keyed rows to the owner of their key group, others to everyone. */
export function chunksFor(
  chunks: readonly StateChunk[],
  { subtaskIndex, parallelism, maxParallelism }: OperatorContext,
): StateChunk[] {
  return chunks.flatMap((chunk) => {
    if (chunk.keyColumns === 0) return [chunk];
    const { batch } = chunk;
    const hashes = hashKeys(batch.columns.slice(0, chunk.keyColumns), batch.length, new Int32Array(batch.length));
    const selection = Int32Array.from(
      Array.from(hashes.keys()).filter(
        (row) => subtaskOf(keyGroupOf(hashes[row]!, maxParallelism), parallelism, maxParallelism) === subtaskIndex,
      ),
    );
    return [{ ...chunk, batch: gatherBatch(batch, selection, selection.length) }];
  });
}
