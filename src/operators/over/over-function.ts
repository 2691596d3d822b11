/** ROW_NUMBER, RANK, DENSE_RANK and LAG as accumulators of an OVER window that begins with the first row. */
import { assert } from '../../model/errors.ts';
import type { SqlValue } from '../../model/function.ts';
import type { AggregateCall, SortColumn } from '../../model/plan.ts';
import { equalValues, type Row } from '../../model/row.ts';
import { type DataType, type Field, types, withNullable } from '../../model/types.ts';

/** Its cells lie among others, from `at`. */
export type OverFunction = Readonly<{
  cells: readonly (Field & Readonly<{ initial: SqlValue }>)[];
  add: (cells: SqlValue[], at: number, row: Row) => void;
  result: (cells: readonly SqlValue[], at: number) => SqlValue;
}>;

/** `byArrival`: in the order of processing time, in which no row is another's equal. */
type RowFields = Readonly<{ fields: readonly Field[]; order: readonly SortColumn[]; byArrival: boolean }>;

/** null: an aggregate as any other. */
export function overFunction(call: AggregateCall, rows: RowFields): OverFunction | null {
  switch (call.name) {
    case 'ROW_NUMBER':
      return rowNumber;
    case 'RANK':
      return rows.byArrival ? rowNumber : rank(rows, (number) => number);
    case 'DENSE_RANK':
      return rows.byArrival ? rowNumber : rank(rows, (_, rankBefore) => rankBefore + 1);
    case 'LAG':
      return lag(call, rows);
    default:
      return null;
  }
}

const counter = { name: 'count', type: types.of('bigint', false), initial: 0 };

const rowNumber: OverFunction = {
  cells: [counter],
  add: (cells, at) => {
    cells[at] = (cells[at] as number) + 1;
  },
  result: (cells, at) => cells[at]!,
};

/** Rows with equal columns of ORDER BY have one rank. `next`: that of a row which is not the last one's equal. */
function rank({ fields, order }: RowFields, next: (number: number, rankBefore: number) => number): OverFunction {
  const columns = order.map(({ column }) => column);
  const values = columns.map((column) => ({ ...fields[column]!, type: nullable(fields[column]!.type), initial: null }));
  return {
    cells: [counter, { ...counter, name: 'rank' }, ...values],
    add: (cells, at, row) => {
      const number = (cells[at] as number) + 1;
      cells[at] = number;
      if (number > 1 && columns.every((column, i) => equalValues(cells[at + 2 + i]!, row[column]!))) return;
      cells[at + 1] = next(number, cells[at + 1] as number);
      for (const [i, column] of columns.entries()) cells[at + 2 + i] = row[column]!;
    },
    result: (cells, at) => cells[at + 1]!,
  };
}

/** The last rows' values; offset and default are those of the last row, as in Flink. */
function lag({ args }: AggregateCall, { fields }: RowFields): OverFunction {
  const [value, offset, fallback] = args;
  assert(value !== undefined, () => 'LAG has an argument');
  const type = nullable(fields[value]!.type);
  return {
    cells: [
      { name: 'values', type: types.array(type), initial: null },
      { name: 'offset', type: types.of('int', false), initial: 1 },
      { name: 'default', type, initial: null },
    ],
    add: (cells, at, row) => {
      const distance = offset === undefined ? 1 : (row[offset] as number);
      const values = [...((cells[at] ?? []) as SqlValue[]), row[value]!];
      cells[at] = values.slice(-(distance + 1));
      cells[at + 1] = distance;
      cells[at + 2] = fallback === undefined ? null : row[fallback]!;
    },
    result: (cells, at) => {
      const values = (cells[at] ?? []) as SqlValue[];
      return values.length > (cells[at + 1] as number) ? values[0]! : cells[at + 2]!;
    },
  };
}

function nullable(type: DataType): DataType {
  return withNullable(type, true);
}
