/** `table.exec.sink.type-length-enforcer` = TRIM_PAD: texts and bytes as long as the columns of a sink say. */
import { columnRef, type Expression } from '../model/expression.ts';
import type { PlanNode } from '../model/plan.ts';
import { sinkRowOf, type TableDefinition } from '../model/table.ts';
import { type DataType, maxStringLength, types, withNullable } from '../model/types.ts';
import type { SinkContent } from './sink-content.ts';

/** The query with what is too long cut, and filled up where a column is CHAR or BINARY. */
export function trimmedAndPadded(
  input: PlanNode,
  table: TableDefinition,
  { trims, trimsWithin }: SinkContent,
): PlanNode {
  if (!trims) return input;
  const row = sinkRowOf(table);
  const projections = input.fields.map(({ type }, i) => sized(i, type, row[i]!.type, trimsWithin));
  if (projections.every(({ kind }) => kind === 'column')) return input;
  const fields = input.fields.map(({ name }, i) => ({ name, type: projections[i]!.type }));
  return { kind: 'calc', input, predicate: null, projections, fields };
}

/** A cast from the longest type: values may be longer than their own says, as no source looks. */
function sized(column: number, from: DataType, to: DataType, within: boolean): Expression {
  if (!isSized(to, within)) return columnRef(column, from);
  const arg = columnRef(column, longest(from));
  return { kind: 'cast', arg, onError: 'fail', type: resized(from, to, within) };
}

/** The type with room for any length. Fields may be NULL: whether they may is looked at behind. */
function longest(type: DataType): DataType {
  switch (type.kind) {
    case 'char':
    case 'varchar':
      return types.string(type.nullable);
    case 'binary':
    case 'varbinary':
      return types.bytes(type.nullable);
    case 'row':
      return {
        ...type,
        fields: type.fields.map((field) => ({ ...field, type: withNullable(longest(field.type), true) })),
      };
    default:
      return type;
  }
}

/** `from` with the lengths of `to`. */
function resized(from: DataType, to: DataType, within: boolean): DataType {
  if (from.kind === 'row' && to.kind === 'row' && within) {
    const fields = from.fields.map((field, i) => {
      const type = withNullable(resized(field.type, to.fields[i]!.type, within), true);
      return { ...field, type };
    });
    return { ...from, fields };
  }
  return isSized(to, false) ? withNullable(to, from.nullable) : from;
}

/** `within`: also of a row, if a field of it is. */
function isSized(type: DataType, within: boolean): boolean {
  switch (type.kind) {
    case 'char':
    case 'binary':
      return true;
    case 'varchar':
    case 'varbinary':
      return type.length < maxStringLength;
    case 'row':
      return within && type.fields.some((field) => isSized(field.type, within));
    default:
      return false;
  }
}
