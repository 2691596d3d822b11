import type { Column, ColumnBatch, Nulls } from '../../src/model/column.ts';

// What model/column.ts promises of a batch and nothing more: its arrays are longer than it, a value beside a NULL means nothing, and once the
// call is over they hold something else.

const spare = 3;

/** Hands a copy of the batch to `use`, and spoils it afterwards. */
export function lend(batch: ColumnBatch, use: (lent: ColumnBatch) => void): void {
  const { length } = batch;
  const lent: ColumnBatch = {
    length,
    columns: batch.columns.map((column) => copyOf(column, length)),
    ops: batch.ops === null ? null : longer(batch.ops, length, 3),
    watermarks: batch.watermarks === null ? null : longer(batch.watermarks, length, Infinity),
  };
  use(lent);
  for (const column of lent.columns) spoil(column);
  lent.ops?.fill(1);
  lent.watermarks?.fill(Infinity);
}

type Numbers = Uint8Array | Int32Array | Float64Array;

function longer<T extends Numbers>(source: T, length: number, rest: number): T {
  const copy = new (source.constructor as new (length: number) => T)(length + spare).fill(rest) as T;
  copy.set(source.subarray(0, length));
  return copy;
}

function copyOf(column: Column, length: number): Column {
  const nulls = column.nulls === null ? null : longer(column.nulls, length, 1);
  switch (column.layout) {
    case 'bool':
      return { layout: 'bool', values: besideNull(longer(column.values, length, 1), nulls, 1), nulls };
    case 'i32':
      return { layout: 'i32', values: besideNull(longer(column.values, length, 77), nulls, 77), nulls };
    case 'f64':
      return { layout: 'f64', values: besideNull(longer(column.values, length, NaN), nulls, NaN), nulls };
    case 'int':
      if (!column.wide) {
        return { layout: 'int', wide: false, values: besideNull(longer(column.values, length, 77), nulls, 77), nulls };
      }
      return {
        layout: 'int',
        wide: true,
        values:
          column.values instanceof BigInt64Array
            ? BigInt64Array.from([...column.values.subarray(0, length), ...spareValues(77n)])
            : [...column.values.slice(0, length), ...spareValues(77n)],
        nulls,
      };
    case 'object':
      return { layout: 'object', values: [...column.values.slice(0, length), ...spareValues('spare')], nulls };
    case 'string':
      if (column.encoding === 'codes') return { ...column, values: longer(column.values, length, 0), nulls };
      return {
        ...column,
        bytes: column.bytes.slice(),
        starts: besideNull(longer(column.starts, length, 0), nulls, 0),
        ends: besideNull(longer(column.ends, length, 0), nulls, column.bytes.length),
        nulls,
      };
  }
}

function spareValues<T>(value: T): T[] {
  return new Array<T>(spare).fill(value);
}

function besideNull<T extends Numbers>(values: T, nulls: Nulls, value: number): T {
  nulls?.forEach((flag, row) => {
    if (flag === 1) values[row] = value;
  });
  return values;
}

function spoil(column: Column): void {
  column.nulls?.fill(1);
  if (column.layout === 'string' && column.encoding === 'bytes') {
    column.bytes.fill(0x21);
    column.starts.fill(0);
    column.ends.fill(1);
  } else if (column.layout === 'int' && column.wide) (column.values as bigint[]).fill(88n);
  else if (column.layout === 'object') column.values.fill('spoiled');
  else if (column.layout === 'string') column.values.fill(0);
  else (column.values as Numbers).fill(88);
}
