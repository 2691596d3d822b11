/** Sub-queries as values: a join with the one row that they give, whose column then stands in their place. */
import type { Position } from '../../model/errors.ts';
import { type Expression, remapColumns } from '../../model/expression.ts';
import type { AggregateCall } from '../../model/plan.ts';
import { withNullable } from '../../model/types.ts';
import type { Identifier, SqlExpression, SqlQuery } from '../ast.ts';
import { sqlError, unsupported } from '../excerpt.ts';
import { uniqueKeysOf } from '../planner/changelog.ts';
import { correlatedScalar, speaksOfOuter } from './correlated-scalar.ts';
import type { BindQuery } from './environment.ts';
import { type JoinTree, treeFields } from './join-tree.ts';
import { existsAsValue, inAsValue } from './membership-value.ts';
import type { Relation } from './relation.ts';
import { fieldsOf, hiddenQualifier, plainField } from './scope.ts';
import type { SubqueryBinders } from './subquery.ts';

type InQuery = Extract<SqlExpression, { kind: 'in_query' }>;

type ScalarQuery = Readonly<{ query: SqlQuery; position: Position }>;

export type Lifted<T> = T & Readonly<{ tree: JoinTree }>;

/** The syntax with names in the places of its sub-queries, and `from` with the columns of those names. Rows stay without a value: it is NULL. */
export function liftScalars<T extends object>(syntax: T, from: JoinTree, binders: SubqueryBinders): Lifted<T> {
  let tree = from;
  let count = 0;
  const lift = (node: unknown): unknown => {
    if (typeof node !== 'object' || node === null) return node;
    if (Array.isArray(node)) return node.map(lift);
    const { kind } = node as { kind?: unknown };
    if (kind === 'exists') return lift(existsAsValue((node as ScalarQuery).query));
    if (kind === 'in_query') {
      const { query, position } = node as InQuery;
      if (!speaksOfOuter(query, treeFields(from), binders)) return lift(inAsValue(node as InQuery));
      const what = 'IN with a sub-query that speaks of the outer query, beside OR or in a list,';
      throw unsupported(what, position, 'Write it with EXISTS.');
    }
    if (kind === 'subquery') {
      const scalar = node as ScalarQuery;
      const name = String(count++);
      const found = correlatedScalar(scalar.query, treeFields(from), binders);
      const { relation, conjuncts } = found ?? { relation: singleRow(scalar, binders.bindQuery), conjuncts: [] };
      const shift = treeFields(tree).length - treeFields(from).length;
      const moved = conjuncts.map((each) => movedBy(each, treeFields(from).length, shift));
      tree = {
        kind: 'join',
        join: 'left',
        left: tree,
        right: { kind: 'leaf', relation: named(relation, name) },
        conjuncts: moved,
      };
      const column = columnName(name, scalar.position);
      return found?.isCount === true ? orZero(column) : column;
    }
    const entries = Object.entries(node);
    if (!entries.some(([, part]) => typeof part === 'object')) return node;
    return Object.fromEntries(entries.map(([key, part]) => [key, key === 'query' ? part : lift(part)]));
  };
  const lifted = lift(syntax) as T;
  return { ...lifted, tree };
}

/** The condition with the right side's columns further to the right: other sub-queries stand between. */
function movedBy(condition: Expression, width: number, shift: number): Expression {
  return remapColumns(condition, (column) => (column < width ? column : column + shift));
}

/** Of several columns the last is the value, the others its keys. */
function named({ node, fields }: Relation, name: string): Relation {
  return {
    node,
    fields: fields.map((field, i) => ({
      ...field,
      name: i === fields.length - 1 ? name : `${name}.${i}`,
      qualifier: hiddenQualifier,
    })),
  };
}

function columnName(name: string, position: Position): SqlExpression {
  const part = (text: string): Identifier => ({ name: text, position });
  return { kind: 'name', name: { parts: [part(hiddenQualifier), part(name)], position }, position };
}

function orZero(column: SqlExpression): SqlExpression {
  const { position } = column;
  const zero: SqlExpression = { kind: 'literal', literal: { of: 'integer', text: '0' }, position };
  const plain = { star: false, distinct: false, filter: null, over: null };
  return { kind: 'call', call: { name: { name: 'COALESCE', position }, args: [column, zero], ...plain }, position };
}

function singleRow({ query, position }: ScalarQuery, bindQuery: BindQuery): Relation {
  const relation = bindQuery(query);
  if (relation.fields.length !== 1) {
    const message = `a sub-query as a value: expected one column, got ${relation.fields.length}`;
    throw sqlError('SQL_VALIDATION', message, position);
  }
  const { node } = relation;
  const isOne = node.kind === 'values' ? node.rows.length === 1 : uniqueKeysOf(node).some((key) => key.length === 0);
  return isOne ? relation : singleValue(relation);
}

/** Fails where there is more than one row. */
function singleValue({ node, fields }: Relation): Relation {
  const [field] = fields;
  const type = withNullable(field!.type, true);
  const call: AggregateCall = { name: 'SINGLE_VALUE', args: [0], distinct: false, filter: null, type };
  const value = plainField(field!.name, type);
  return {
    node: { kind: 'group_aggregate', input: node, keys: [], aggregates: [call], fields: fieldsOf([value]) },
    fields: [value],
  };
}
