/** Columns from values and values from columns: where rows become batches and batches rows. */
import { type Column, type ColumnBatch, type IntColumn, stringAt } from '../model/column.ts';
import type { SqlValue } from '../model/function.ts';
import type { Row } from '../model/row.ts';
import { type DataType, layoutOf } from '../model/types.ts';
import { encodeStrings } from './cell-column.ts';

/** A column of values in the forms of `Row`; strings lie as bytes of their own, so that no pool grows by them. */
export function columnOfValues(type: DataType, values: readonly SqlValue[]): Column {
  const { length } = values;
  const nulls = nullsOf(values);
  switch (layoutOf(type)) {
    case 'bool':
      return { layout: 'bool', values: Uint8Array.from(values, (value) => (value === true ? 1 : 0)), nulls };
    case 'i32':
      return { layout: 'i32', values: Int32Array.from(values, (value) => Number(value ?? 0)), nulls };
    case 'f64':
      return { layout: 'f64', values: Float64Array.from(values, (value) => Number(value ?? 0)), nulls };
    case 'int':
      return { ...integers(values), nulls };
    case 'string':
      return encodeStrings(values, length);
    case 'object':
      return { layout: 'object', values: [...values], nulls };
  }
}

function integers(values: readonly SqlValue[]): IntColumn {
  if (values.every((value) => typeof value !== 'bigint')) {
    return {
      layout: 'int',
      wide: false,
      values: Float64Array.from(values, (value) => Number(value ?? 0)),
      nulls: null,
    };
  }
  const wide = values.map((value) => BigInt((value ?? 0) as number | bigint));
  const fits = wide.every((value) => BigInt.asIntN(64, value) === value);
  return { layout: 'int', wide: true, values: fits ? BigInt64Array.from(wide) : wide, nulls: null };
}

function nullsOf(values: readonly SqlValue[]): Uint8Array | null {
  return values.includes(null) ? Uint8Array.from(values, (value) => (value === null ? 1 : 0)) : null;
}

type ReadValue = (row: number) => SqlValue;

/** Reads the rows of batches. Made for each batch: `new BatchRows(batch, types)`, then `row(i)`. */
export class BatchRows {
  readonly #reads: readonly ReadValue[];

  constructor({ columns }: ColumnBatch, types: readonly DataType[]) {
    this.#reads = types.map((type, i) => readerOf(columns[i]!, type));
  }

  /** A row of its own, which may be kept. */
  row(index: number): Row {
    const reads = this.#reads;
    const row = new Array<SqlValue>(reads.length);
    for (let i = 0; i < reads.length; i++) row[i] = reads[i]!(index);
    return row;
  }

  value(index: number, column: number): SqlValue {
    return this.#reads[column]!(index);
  }
}

function readerOf(column: Column, type: DataType): ReadValue {
  const read = plainReader(column, type);
  const { nulls } = column;
  return nulls === null ? read : (row) => (nulls[row] === 1 ? null : read(row));
}

function plainReader(column: Column, type: DataType): ReadValue {
  switch (column.layout) {
    case 'bool':
      return (row) => column.values[row] === 1;
    case 'string':
      return type.kind === 'binary' || type.kind === 'varbinary' ? bytesReader(column) : textReader(column);
    case 'int':
      return column.wide ? (row) => safe(column.values[row]!) : (row) => column.values[row]!;
    case 'object':
      return (row) => column.values[row] as SqlValue;
    default:
      return (row) => column.values[row]!;
  }
}

function safe(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

type StringColumn = Extract<Column, { layout: 'string' }>;

function textReader(column: StringColumn): ReadValue {
  if (column.encoding === 'codes') return (row) => column.pool.string(column.values[row]!);
  return (row) => stringAt(column, row);
}

/** Copies: the bytes of a batch are borrowed. */
function bytesReader(column: StringColumn): ReadValue {
  if (column.encoding === 'codes') return (row) => column.pool.bytes(column.values[row]!).slice();
  return (row) => column.bytes.slice(column.starts[row], column.ends[row]);
}
