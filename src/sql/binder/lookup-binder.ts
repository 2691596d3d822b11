/** Lookup joins: for each left row the rows that an outside table holds for its key at the moment of processing. */
import { columnRef, type Expression, mapChildren, remapColumns } from '../../model/expression.ts';
import type { LookupJoinNode, PlanNode, ScanNode } from '../../model/plan.ts';
import { sameType, withNullable } from '../../model/types.ts';
import type { FromItem, SqlExpression } from '../ast.ts';
import { sqlError, unsupported } from '../excerpt.ts';
import { coerce } from './coerce.ts';
import { conjunctionOf, sideOf } from './conjuncts.ts';
import { splitKeys } from './join-keys.ts';
import { joinedFields, withoutTime } from './joined-fields.ts';
import { type Relation, select } from './relation.ts';
import { fieldsOf, type RelationField } from './scope.ts';

export type LookupItem = Readonly<{
  right: Extract<FromItem, { kind: 'table' }>;
  relation: Relation;
  join: 'inner' | 'left';
  on: SqlExpression | null;
  input: Relation;
  conjuncts: readonly Expression[];
}>;

export function planLookup({ right, relation, join, on, input, conjuncts }: LookupItem): Relation {
  const table = storedTable(relation.node);
  if (table === null) {
    throw unsupported(
      'a temporal join by processing time with anything but a table',
      right.position,
      'Join with a table that can be looked up, or by a row time.',
    );
  }
  const { scan, projections } = table;
  const width = input.fields.length;
  const { keys, rest } = lookupKeys(conjuncts, width, projections);
  if (keys.length === 0) {
    const message = `the lookup join with '${right.name.parts.at(-1)!.name}' needs an equality with one of its columns`;
    throw sqlError('SQL_VALIDATION', message, on?.position ?? right.position);
  }
  const stored = scan.fields.map(({ type }) => ({ ...type, nullable: type.nullable || join === 'left' }));
  const rightColumn = (column: number): Expression => shifted(projections[column]!, width);
  const condition = conjunctionOf(rest.map((each) => over(each, width, rightColumn)));
  const node: LookupJoinNode = {
    kind: 'lookup_join',
    input: input.node,
    join,
    table: scan.table,
    columns: scan.columns,
    keys,
    condition,
    fields: [...fieldsOf(input.fields), ...scan.fields.map(({ name }, i) => ({ name, type: stored[i]! }))],
  };
  const fields = joinedFields(join, input.fields, relation.fields.map(withoutTime));
  return select(node, { predicate: null, projections: outputs(fields, width, rightColumn), fields });
}

function outputs(
  fields: readonly RelationField[],
  width: number,
  rightColumn: (column: number) => Expression,
): Expression[] {
  return fields.map(({ type }, i) => {
    if (i < width) return columnRef(i, type);
    const value = rightColumn(i - width);
    return { ...value, type: withNullable(value.type, type.nullable) };
  });
}

/** A scan, and the table's columns as columns of it. What is computed from several of them is refused: it could be of a row that is not there. */
function storedTable(node: PlanNode): Readonly<{ scan: ScanNode; projections: readonly Expression[] }> | null {
  if (node.kind === 'watermark') return storedTable(node.input);
  if (node.kind === 'scan') {
    return { scan: node, projections: node.fields.map(({ type }, index) => columnRef(index, type)) };
  }
  if (node.kind !== 'calc' || node.input.kind !== 'scan' || node.predicate !== null) return null;
  const isPlain = (each: Expression): boolean => each.kind === 'column' || (each.kind === 'cast' && isPlain(each.arg));
  return node.projections.every(isPlain) ? { scan: node.input, projections: node.projections } : null;
}

type LookupKeys = Readonly<{ keys: LookupJoinNode['keys']; rest: readonly Expression[] }>;

/** Equalities of a stored column with a value of the left row, or with a constant; the column's type decides. */
function lookupKeys(conjuncts: readonly Expression[], width: number, projections: readonly Expression[]): LookupKeys {
  const keys: { column: number; value: Expression }[] = [];
  const rest: Expression[] = [];
  for (const conjunct of conjuncts) {
    const key = constantKey(conjunct, width, projections) ?? columnKey(conjunct, width, projections);
    if (key === null || keys.some(({ column }) => column === key.column)) rest.push(conjunct);
    else keys.push(key);
  }
  return { keys, rest };
}

function columnKey(conjunct: Expression, width: number, projections: readonly Expression[]) {
  const [pair] = splitKeys([conjunct], width).keys;
  if (pair === undefined || pair.nullSafe) return null;
  const stored = pair.right.kind === 'column' ? projections[pair.right.index]! : null;
  return stored?.kind === 'column' ? { column: stored.index, value: pair.left } : null;
}

function constantKey(conjunct: Expression, width: number, projections: readonly Expression[]) {
  if (conjunct.kind !== 'call' || conjunct.name !== '=' || sideOf(conjunct, width) !== 'right') return null;
  const value = conjunct.args.find(({ kind }) => kind === 'literal');
  const column = conjunct.args.find(({ kind }) => kind === 'column');
  if (value === undefined || column?.kind !== 'column') return null;
  const stored = projections[column.index - width]!;
  if (stored.kind !== 'column') return null;
  const converted = coerce(value, withNullable(stored.type, value.type.nullable));
  const isSame = converted.kind === 'literal' || sameType(converted.type, stored.type, { ignoreNullability: true });
  return isSame ? { column: stored.index, value: converted } : null;
}

function shifted(expression: Expression, width: number): Expression {
  return remapColumns(expression, (column) => column + width);
}

/** A condition over the table's columns as one over the stored ones. */
function over(condition: Expression, width: number, rightColumn: (column: number) => Expression): Expression {
  if (condition.kind === 'column') return condition.index < width ? condition : rightColumn(condition.index - width);
  return mapChildren(condition, (child) => over(child, width, rightColumn));
}
