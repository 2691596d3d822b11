/**
 * Columns and batches: what flows between a source and a sink. Typed arrays, no objects a row.
 *
 * A batch is *borrowed*: whoever hands it over may reuse its arrays as soon as the call returns. Who keeps rows, copies them.
 * Arrays may be longer than the batch; only the first `length` entries count.
 */

import { assert } from './errors.ts';
import type { StringPool } from './string-pool.ts';
import { type DataType, layoutOf } from './types.ts';

/** One byte a row, 1 = NULL; null where the batch has no NULL in this column. The value beside a NULL means nothing. */
export type Nulls = Uint8Array | null;

export type BoolColumn = { readonly layout: 'bool'; values: Uint8Array; nulls: Nulls };
export type Int32Column = { readonly layout: 'i32'; values: Int32Array; nulls: Nulls };
export type DoubleColumn = { readonly layout: 'f64'; values: Float64Array; nulls: Nulls };

/**
 * Exact integers. *Narrow*: all within ±(2^53 − 1), as doubles, the fast way. *Wide*: as bigint; a typed array where the type fits
 * 64 bits, a plain array for DECIMAL of more than 18 digits. A column is widened before exactness would be lost, never after.
 */
export type NarrowColumn = { readonly layout: 'int'; readonly wide: false; values: Float64Array; nulls: Nulls };
export type WideColumn = {
  readonly layout: 'int';
  readonly wide: true;
  values: BigInt64Array | bigint[];
  nulls: Nulls;
};

/** Strings and bytes as codes of this thread's pool: for what repeats. Valid until the pool is emptied. */
export type CodeColumn = {
  readonly layout: 'string';
  readonly encoding: 'codes';
  values: Int32Array;
  pool: StringPool;
  nulls: Nulls;
};
/** Strings and bytes as ranges of a buffer: for what is mostly distinct. Ranges may lie in any order and overlap. */
export type BytesColumn = {
  readonly layout: 'string';
  readonly encoding: 'bytes';
  bytes: Uint8Array;
  starts: Int32Array;
  ends: Int32Array;
  nulls: Nulls;
};
/** ARRAY as array, MAP and MULTISET as Map, ROW as array of fields; inside, values as `valueAt` gives them. */
export type ObjectColumn = { readonly layout: 'object'; values: unknown[]; nulls: Nulls };

export type StringColumn = CodeColumn | BytesColumn;
export type IntColumn = NarrowColumn | WideColumn;
export type Column = BoolColumn | Int32Column | DoubleColumn | IntColumn | StringColumn | ObjectColumn;

/** The kinds of change, as codes of the `ops` column, in the order of Flink's RowKind. */
export const rowKinds = ['+I', '-U', '+U', '-D'] as const;
export type RowKind = (typeof rowKinds)[number];
export const op = { insert: 0, updateBefore: 1, updateAfter: 2, delete: 3 } as const;

export type ColumnBatch = {
  readonly length: number;
  readonly columns: readonly Column[];
  /** A code of `rowKinds` a row; null = all inserts. */
  readonly ops: Uint8Array | null;
  /**
   * With `pipeline.auto-watermark-interval` = 0: the watermark in force *before* the row, in ms, never falling; operators advance to it
   * before they look at the row. The watermark after the last row follows the batch as an element. null = the operator's own.
   */
  readonly watermarks: Float64Array | null;
};

export const minWatermark = -Infinity;
export const maxWatermark = Infinity;

/** What flows along a channel, in order. */
export type StreamElement =
  | { readonly kind: 'batch'; readonly batch: ColumnBatch }
  | { readonly kind: 'watermark'; readonly watermark: number }
  | { readonly kind: 'idle' }
  | { readonly kind: 'active' }
  | { readonly kind: 'barrier'; readonly checkpointId: number }
  /** No more rows will come. Barriers still may: finished subtasks do not stop checkpoints. */
  | { readonly kind: 'end' };

/** Widens a column in place of its narrow form. Values are integers already. */
export function widen(column: IntColumn, length: number): WideColumn {
  if (column.wide) return column;
  const values = new BigInt64Array(length);
  for (let i = 0; i < length; i++) {
    if (column.nulls === null || column.nulls[i] === 0) values[i] = BigInt(column.values[i]!);
  }
  return { layout: 'int', wide: true, values, nulls: column.nulls };
}

/** An empty column for `capacity` rows of a type, strings as codes of `pool`, integers narrow. */
export function allocateColumn(type: DataType, capacity: number, pool: StringPool): Column {
  const nulls = null;
  switch (layoutOf(type)) {
    case 'bool':
      return { layout: 'bool', values: new Uint8Array(capacity), nulls };
    case 'i32':
      return { layout: 'i32', values: new Int32Array(capacity), nulls };
    case 'f64':
      return { layout: 'f64', values: new Float64Array(capacity), nulls };
    case 'int':
      return { layout: 'int', wide: false, values: new Float64Array(capacity), nulls };
    case 'string':
      return { layout: 'string', encoding: 'codes', values: new Int32Array(capacity), pool, nulls };
    case 'object':
      return { layout: 'object', values: new Array<unknown>(capacity), nulls };
  }
}

/** A batch of inserts without watermarks. */
export function batchOf(length: number, columns: readonly Column[]): ColumnBatch {
  return { length, columns, ops: null, watermarks: null };
}

/**
 * One value as a JavaScript value: boolean, number, bigint (where the column is wide), string, Uint8Array (for bytes), or the object;
 * null for NULL. DECIMAL unscaled, TIMESTAMP in its unit. For the edges (JSON out, tests), not for hot loops.
 */
export function valueAt(column: Column, type: DataType, row: number): unknown {
  if (column.nulls !== null && column.nulls[row] === 1) return null;
  switch (column.layout) {
    case 'bool':
      return column.values[row] === 1;
    case 'string':
      return type.kind === 'binary' || type.kind === 'varbinary' ? bytesAt(column, row) : stringAt(column, row);
    default:
      return column.values[row];
  }
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true }); // U+FEFF at a string's beginning belongs to it

export function stringAt(column: StringColumn, row: number): string {
  if (column.encoding === 'codes') return column.pool.string(column.values[row]!);
  return decoder.decode(column.bytes.subarray(column.starts[row], column.ends[row]));
}

/** A view, valid as long as the batch. */
export function bytesAt(column: StringColumn, row: number): Uint8Array {
  if (column.encoding === 'bytes') return column.bytes.subarray(column.starts[row], column.ends[row]);
  return column.pool.bytes(column.values[row]!);
}

/** The rows `selection[0 … count)` of a column, in that order, in arrays of their own. Bytes stay shared. */
export function gather(column: Column, selection: Int32Array, count: number): Column {
  const nulls = gatherNulls(column.nulls, selection, count);
  switch (column.layout) {
    case 'bool':
      return { layout: 'bool', values: pick(column.values, new Uint8Array(count), selection), nulls };
    case 'i32':
      return { layout: 'i32', values: pick(column.values, new Int32Array(count), selection), nulls };
    case 'f64':
      return { layout: 'f64', values: pick(column.values, new Float64Array(count), selection), nulls };
    case 'int':
      return gatherInt(column, selection, count, nulls);
    case 'object':
      return { layout: 'object', values: Array.from({ length: count }, (_, i) => column.values[selection[i]!]), nulls };
    case 'string': {
      if (column.encoding === 'codes')
        return { ...column, values: pick(column.values, new Int32Array(count), selection), nulls };
      const starts = pick(column.starts, new Int32Array(count), selection);
      return { ...column, starts, ends: pick(column.ends, new Int32Array(count), selection), nulls };
    }
  }
}

function gatherInt(column: IntColumn, selection: Int32Array, count: number, nulls: Nulls): IntColumn {
  if (!column.wide)
    return { layout: 'int', wide: false, values: pick(column.values, new Float64Array(count), selection), nulls };
  const source = column.values;
  const values = source instanceof BigInt64Array ? new BigInt64Array(count) : new Array<bigint>(count);
  for (let i = 0; i < count; i++) values[i] = source[selection[i]!]!;
  return { layout: 'int', wide: true, values, nulls };
}

function gatherNulls(nulls: Nulls, selection: Int32Array, count: number): Nulls {
  return nulls === null ? null : pick(nulls, new Uint8Array(count), selection);
}

function pick<T extends Uint8Array | Int32Array | Float64Array>(source: T, target: T, selection: Int32Array): T {
  for (let i = 0; i < target.length; i++) target[i] = source[selection[i]!]!;
  return target;
}

/** Rows of a batch by selection, ops and watermarks with them. */
export function gatherBatch(batch: ColumnBatch, selection: Int32Array, count: number): ColumnBatch {
  assert(count <= batch.length, () => `a selection of ${count} rows of a batch of ${batch.length}`);
  return {
    length: count,
    columns: batch.columns.map((column) => gather(column, selection, count)),
    ops: gatherNulls(batch.ops, selection, count),
    watermarks: batch.watermarks === null ? null : pick(batch.watermarks, new Float64Array(count), selection),
  };
}
