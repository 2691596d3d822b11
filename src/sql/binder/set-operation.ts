/** UNION, INTERSECT, EXCEPT, with and without ALL. */
import { commonType } from '../../functions/common-type.ts';
import { columnRef } from '../../model/expression.ts';
import type { PlanNode } from '../../model/plan.ts';
import { formatType, sameType, withNullable } from '../../model/types.ts';
import type { SqlQuery } from '../ast.ts';
import { sqlError } from '../excerpt.ts';
import { distinctRows } from './aggregate-binder.ts';
import { coerce } from './coerce.ts';
import { type Relation, select } from './relation.ts';
import { fieldsOf, plainField, type RelationField } from './scope.ts';
import { sameWindows } from './window-columns.ts';

type SetOperation = Extract<SqlQuery, { kind: 'set_operation' }>;

export function setOperation(query: SetOperation, left: Relation, right: Relation): Relation {
  const fields = commonFields(query, left, right);
  const sides = [left, right].map((side) => inTypes(side, fields));
  if (query.operator === 'union') {
    const node: PlanNode = { kind: 'union', inputs: sides.flatMap(unionInputs), fields: fieldsOf(fields) };
    return query.all ? { node, fields } : distinctRows({ node, fields });
  }
  const [leftNode, rightNode] = sides as [PlanNode, PlanNode];
  const kept = fields.map((field, i) => ({ ...field, type: rowType(query, leftNode, rightNode, i) }));
  if (!query.all) return distinctRows({ node: semiJoin(query, leftNode, rightNode), fields: kept });
  const plain = kept.map(({ name, type }) => plainField(name, type));
  const operator = query.operator === 'intersect' ? 'intersect_all' : 'except_all';
  const node: PlanNode = {
    kind: 'set_operation',
    operator,
    left: leftNode,
    right: rightNode,
    fields: fieldsOf(plain),
  };
  return { node, fields: plain };
}

/** The rows are those of the left side. */
function rowType({ operator }: SetOperation, left: PlanNode, right: PlanNode, column: number): RelationField['type'] {
  const [a, b] = [left, right].map(({ fields }) => fields[column]!.type) as [
    RelationField['type'],
    RelationField['type'],
  ];
  return withNullable(a, operator === 'intersect' ? a.nullable && b.nullable : a.nullable);
}

/** Rows of the left side that the right side has, or has not; NULL equals NULL. */
function semiJoin({ operator }: SetOperation, left: PlanNode, right: PlanNode): PlanNode {
  const keys = left.fields.map((_, index) => index);
  return {
    kind: 'join',
    join: operator === 'intersect' ? 'semi' : 'anti',
    left,
    right,
    leftKeys: keys,
    rightKeys: keys,
    nullSafe: keys.map(() => true),
    condition: null,
    fields: left.fields,
  };
}

function commonFields(query: SetOperation, left: Relation, right: Relation): RelationField[] {
  const { operator, all, operatorPosition } = query;
  const name = `${operator.toUpperCase()}${all ? ' ALL' : ''}`;
  if (left.fields.length !== right.fields.length) {
    const message = `${name}: expected ${left.fields.length} columns as on its left, got ${right.fields.length}`;
    throw sqlError('SQL_VALIDATION', message, query.right.position);
  }
  return left.fields.map((field, i): RelationField => {
    const other = right.fields[i]!;
    const type = commonType([field.type, other.type]);
    const same = sameType(field.type, other.type, { ignoreNullability: true });
    const rowtime = field.rowtime && other.rowtime && same;
    const proctime = field.proctime && other.proctime;
    const window = field.window !== null && other.window !== null && sameWindows(field.window, other.window);
    if (type !== null) {
      return { ...plainField(field.name, type), rowtime, proctime, window: window ? field.window : null };
    }
    const got = [field.type, other.type].map((each) => formatType(withNullable(each, true)));
    const message = `${name}: the column '${field.name}' is ${got[0]} on the left and ${got[1]} on the right`;
    throw sqlError('SQL_VALIDATION', message, operatorPosition, 'CAST one of them.');
  });
}

function inTypes({ node, fields: given }: Relation, fields: readonly RelationField[]): PlanNode {
  const same = given.every(({ type }, i) => sameType(type, fields[i]!.type, { ignoreNullability: true }));
  if (same) return node;
  const projections = given.map(({ type }, index) => coerce(columnRef(index, type), fields[index]!.type));
  return select(node, { predicate: null, projections, fields }).node;
}

/** `a UNION ALL b UNION ALL c` is one node. */
function unionInputs(node: PlanNode): readonly PlanNode[] {
  return node.kind === 'union' ? node.inputs : [node];
}
