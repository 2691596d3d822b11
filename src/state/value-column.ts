/** Columns from values and values from columns: where rows become batches and batches rows. */
import { type Column, type ColumnBatch, stringAt } from '../model/column.ts';
import type { SqlValue } from '../model/function.ts';
import { type Row, rowInteger } from '../model/row.ts';
import type { DataType } from '../model/types.ts';
import { createValueWriter } from './value-writer.ts';

/** A column of values in the forms of `Row`; strings lie as bytes of their own, so that no pool grows by them. */
export function columnOfValues(type: DataType, values: readonly SqlValue[]): Column {
  const { length } = values;
  const writer = createValueWriter(type, length);
  for (let i = 0; i < length; i++) writer.write(i, values[i]!);
  return writer.column(length);
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
      return column.wide ? (row) => rowInteger(column.values[row]!) : (row) => column.values[row]!;
    case 'object':
      return (row) => column.values[row] as SqlValue;
    default:
      return (row) => column.values[row]!;
  }
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
