/**
 * Accumulator cells as columns that can be written: typed arrays, integers narrow until they have to be wide. Strings, bytes and nested
 * values lie as JavaScript values in an object column whose NULL is `null` (its `nulls` stays unused), and become a `Column` on the way out.
 */
import type { BytesColumn, Column, Nulls, StringColumn } from '../model/column.ts';
import type { SqlValue } from '../model/function.ts';
import { type DataType, layoutOf } from '../model/types.ts';
import { StringWriter } from './string-writer.ts';

/** `initial` null: a new row's cell is NULL. */
export type Cell = Readonly<{ type: DataType; initial: number | null }>;

export type CellColumn = Exclude<Column, StringColumn>;

/** Cells of `capacity` rows, all at their initial value. */
export function allocateCells({ type, initial }: Cell, capacity: number, wide: boolean): CellColumn {
  const nulls = type.nullable || initial === null ? new Uint8Array(capacity).fill(initial === null ? 1 : 0) : null;
  const value = initial ?? 0;
  switch (layoutOf(type)) {
    case 'bool':
      return { layout: 'bool', values: new Uint8Array(capacity).fill(value), nulls };
    case 'i32':
      return { layout: 'i32', values: new Int32Array(capacity).fill(value), nulls };
    case 'f64':
      return { layout: 'f64', values: new Float64Array(capacity).fill(value), nulls };
    case 'int':
      if (!wide) return { layout: 'int', wide, values: new Float64Array(capacity).fill(value), nulls };
      return { layout: 'int', wide, values: wideArray(type, capacity).fill(BigInt(value)), nulls };
    default:
      return { layout: 'object', values: new Array<unknown>(capacity).fill(initial), nulls: null };
  }
}

/** A copy of the first `length` rows in arrays of `capacity` rows; the rest is at the initial value. */
export function copyCells(cell: Cell, source: CellColumn, length: number, capacity: number): CellColumn {
  const target = allocateCells(cell, capacity, source.layout === 'int' && source.wide);
  if (Array.isArray(source.values)) {
    for (let i = 0; i < length; i++) target.values[i] = ownValue(source.values[i]) as never;
  } else {
    (target.values as Float64Array).set((source.values as Float64Array).subarray(0, length));
  }
  if (source.nulls !== null) target.nulls?.set(source.nulls.subarray(0, length));
  return target;
}

/** Containers are changed in place: each copy of a cell needs its own. */
function ownValue(value: unknown): unknown {
  if (value instanceof Map) return new Map(value);
  if (value instanceof Uint8Array) return value.slice();
  return Array.isArray(value) ? [...value] : value;
}

/** Back to the initial value, for rows [0, length). A wide column is replaced by a narrow one. */
export function resetCells(cell: Cell, column: CellColumn, length: number): CellColumn {
  if (column.layout === 'int' && column.wide) return allocateCells(cell, column.values.length, false);
  if (column.layout === 'object') column.values.fill(cell.initial, 0, length);
  else (column.values as Float64Array).fill(cell.initial ?? 0, 0, length);
  column.nulls?.fill(cell.initial === null ? 1 : 0, 0, length);
  return column;
}

/** One row back to the initial value. */
export function resetCell({ initial }: Cell, column: CellColumn, row: number): void {
  if (column.nulls !== null) column.nulls[row] = initial === null ? 1 : 0;
  if (column.layout === 'object') column.values[row] = initial;
  else column.values[row] = (column.layout === 'int' && column.wide ? BigInt(initial ?? 0) : (initial ?? 0)) as never;
}

/** The same cells as bigints. What is not an integer column stays as it is. */
export function widenCells(cell: Cell, column: CellColumn): CellColumn {
  if (column.layout !== 'int' || column.wide) return column;
  const source = column.values;
  const values = wideArray(cell.type, source.length);
  for (let i = 0; i < source.length; i++) values[i] = BigInt(source[i]!);
  return { layout: 'int', wide: true, values, nulls: column.nulls?.slice() ?? null };
}

/** Where wide integers of a type lie: DECIMAL of more than 18 digits does not fit 64 bits. */
export function wideArray(type: DataType, capacity: number): BigInt64Array | bigint[] {
  const fits = type.kind !== 'decimal' || type.precision <= maxDigitsOfInt64;
  return fits ? new BigInt64Array(capacity) : new Array<bigint>(capacity).fill(0n);
}

const maxDigitsOfInt64 = 18;

/** The first `length` cells as a column that can leave: strings as bytes. Other arrays are shared. */
export function cellsToColumn(type: DataType, column: CellColumn, length: number): Column {
  if (column.layout !== 'object') return column;
  if (layoutOf(type) === 'string') return encodeStrings(column.values, length);
  return { layout: 'object', values: column.values, nulls: nullsOf(column.values, length) };
}

/** Strings (or byte strings, or null) as one buffer and ranges in it. */
export function encodeStrings(values: readonly unknown[], length: number): BytesColumn {
  const writer = new StringWriter(length);
  for (let i = 0; i < length; i++) writer.write(i, values[i] as SqlValue);
  return writer.column();
}

function nullsOf(values: readonly unknown[], length: number): Nulls {
  let nulls: Nulls = null;
  for (let i = 0; i < length; i++) {
    if (values[i] !== null) continue;
    nulls ??= new Uint8Array(length);
    nulls[i] = 1;
  }
  return nulls;
}
