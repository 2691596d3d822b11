/** `table.exec.sink.type-length-enforcer` = TRIM_PAD: texts and bytes as long as the columns of a sink say. */
import { columnRef, type Expression } from '../model/expression.ts';
import type { PlanNode } from '../model/plan.ts';
import { sinkRowOf, type TableDefinition } from '../model/table.ts';
import { type DataType, isCharacter, maxStringLength, types, withNullable } from '../model/types.ts';

/** The query with what is too long cut, and filled up where a column is CHAR or BINARY. */
export function trimmedAndPadded(input: PlanNode, table: TableDefinition): PlanNode {
  const row = sinkRowOf(table);
  const projections = input.fields.map(({ type }, i) => sized(i, type, row[i]!.type));
  if (projections.every(({ kind }) => kind === 'column')) return input;
  const fields = input.fields.map(({ name }, i) => ({ name, type: projections[i]!.type }));
  return { kind: 'calc', input, predicate: null, projections, fields };
}

/** A cast from the longest type: values may be longer than their own says, as no source looks. */
function sized(column: number, from: DataType, to: DataType): Expression {
  if (!isSized(to)) return columnRef(column, from);
  const longest = isCharacter(to) ? types.string(from.nullable) : types.bytes(from.nullable);
  return { kind: 'cast', arg: columnRef(column, longest), onError: 'fail', type: withNullable(to, from.nullable) };
}

function isSized(type: DataType): boolean {
  switch (type.kind) {
    case 'char':
    case 'binary':
      return true;
    case 'varchar':
    case 'varbinary':
      return type.length < maxStringLength;
    default:
      return false;
  }
}
