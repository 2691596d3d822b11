/**
 * A value of the rows that belong to the outer row, `(SELECT MAX(x) FROM t WHERE t.k = o.k)`: the aggregate of each key, joined by the key.
 * What is no aggregate is that of the one row that there may be.
 */

import type { Position } from '../../model/errors.ts';
import { columnRef, type Expression } from '../../model/expression.ts';
import type { FromItem, Identifier, Name, SelectItem, SelectQuery, SqlExpression, SqlQuery } from '../ast.ts';
import { unsupported } from '../excerpt.ts';
import { sqlConjuncts } from './conjuncts.ts';
import { knows } from './correlated-scope.ts';
import { ExpressionBinder } from './expression-binder.ts';
import type { FromBinder } from './from-binder.ts';
import { bindCall } from './function-call.ts';
import { treeFields } from './join-tree.ts';
import type { Relation } from './relation.ts';
import { type RelationField, Scope } from './scope.ts';
import { folds, type SubqueryBinders } from './subquery.ts';

/** `conjuncts`: over the outer row, then `relation`'s. Its last column is the value; `isCount`: no row means 0. */
export type CorrelatedScalar = Readonly<{ relation: Relation; conjuncts: readonly Expression[]; isCount: boolean }>;

/** null: the query does not speak of the outer row. */
export function correlatedScalar(
  query: SqlQuery,
  outer: readonly RelationField[],
  { fromBinder, bindQuery }: SubqueryBinders,
): CorrelatedScalar | null {
  if (query.kind !== 'select' || query.from === null || query.groupBy !== null) return null;
  const { ties, own } = tiesOf(query, query.from, outer, fromBinder);
  const [item] = query.items;
  if (ties.length === 0 || item?.kind !== 'expression' || query.items.length > 1) return null;
  const relation = bindQuery(
    grouped({ ...query, items: [folds(item) ? item : singleValue(item, query.distinct !== null)] }, ties, own),
  );
  return { relation, conjuncts: keyEqualities(ties, relation, outer), isCount: isCount(item.expression, query.having) };
}

/** `relation`: first the `keys` columns that the conjuncts compare, then the query's list. */
type CorrelatedGroups = Readonly<{ relation: Relation; conjuncts: readonly Expression[]; keys: number }>;

/** The groups of the rows that belong to each outer row: `SELECT … WHERE t.k = o.k GROUP BY …`. null: not such a query. */
export function correlatedGroups(
  query: SqlQuery,
  outer: readonly RelationField[],
  { fromBinder, bindQuery }: SubqueryBinders,
): CorrelatedGroups | null {
  if (query.kind !== 'select' || query.from === null || query.groupBy === null) return null;
  const { ties, own } = tiesOf(query, query.from, outer, fromBinder);
  if (ties.length === 0) return null;
  const relation = bindQuery(grouped(query, ties, own));
  return { relation, conjuncts: keyEqualities(ties, relation, outer), keys: ties.length };
}

/** The conditions of WHERE that tie the query to the outer row, and the others. */
export function tiesOf(
  { where }: SelectQuery,
  from: FromItem,
  outer: readonly RelationField[],
  fromBinder: FromBinder,
): Readonly<{ ties: readonly Tie[]; own: readonly SqlExpression[] }> {
  const inner = treeFields(fromBinder.tree(from));
  const isOuter = (part: SqlExpression): boolean =>
    namesIn(part).some((name) => !knows(inner, name) && knows(outer, name));
  const conditions = sqlConjuncts(where);
  return {
    ties: conditions.filter(isOuter).map((condition) => tieOf(condition, isOuter, inner)),
    own: conditions.filter((condition) => !isOuter(condition)),
  };
}

function keyEqualities(ties: readonly Tie[], { fields }: Relation, outer: readonly RelationField[]): Expression[] {
  const binder = new ExpressionBinder(new Scope(outer));
  return ties.map(({ outer: value, position }, i) => {
    const key = columnRef(outer.length + i, fields[i]!.type);
    return bindCall('=', [binder.bind(value), key], position);
  });
}

/** Whether a name in the query's list or WHERE is none of its own tables, but one of the outer row. */
export function speaksOfOuter(
  query: SqlQuery,
  outer: readonly RelationField[],
  { fromBinder }: SubqueryBinders,
): boolean {
  if (query.kind !== 'select' || query.from === null) return false;
  const inner = treeFields(fromBinder.tree(query.from));
  return namesIn([query.items, query.where]).some((name) => !knows(inner, name) && knows(outer, name));
}

type ExpressionItem = Extract<SelectItem, { kind: 'expression' }>;

export type Tie = Readonly<{ inner: SqlExpression; outer: SqlExpression; position: Position }>;

/** `inner = outer`, either way round. */
function tieOf(
  condition: SqlExpression,
  isOuter: (part: SqlExpression) => boolean,
  fields: readonly RelationField[],
): Tie {
  const { position } = condition;
  if (condition.kind === 'operator' && condition.name === '=') {
    const [a, b] = condition.args as [SqlExpression, SqlExpression];
    const [inner, outer] = isOuter(a) ? [b, a] : [a, b];
    const isMixed = namesIn(outer).some((name) => knows(fields, name));
    if (!isOuter(inner) && !isMixed) return { inner, outer, position };
  }
  const hint = 'Equalities of a column with one of the outer query are.';
  throw unsupported('such a condition on the outer query in a sub-query as a value', position, hint);
}

function grouped(query: SelectQuery, ties: readonly Tie[], conditions: readonly SqlExpression[]): SelectQuery {
  const { position } = query;
  const keys = ties.map(
    ({ inner }, i): SelectItem => ({
      kind: 'expression',
      expression: inner,
      alias: { name: `$key${i}`, position } satisfies Identifier,
      position,
    }),
  );
  const groups = ties.map(({ inner }) => ({ kind: 'expression', expression: inner, position }) as const);
  const where = conjunctionOfSql(conditions, position);
  const items = [...groups, ...(query.groupBy?.items ?? [])];
  return { ...query, items: [...keys, ...query.items], where, groupBy: { items, position } };
}

/** As it would be written with AND; null: no condition. */
export function conjunctionOfSql(conditions: readonly SqlExpression[], position: Position): SqlExpression | null {
  return conditions.reduce<SqlExpression | null>(
    (left, right) => (left === null ? right : { kind: 'and', left, right, position }),
    null,
  );
}

/** Fails where an outer row has several. */
function singleValue(item: ExpressionItem, distinct: boolean): ExpressionItem {
  const { expression, position } = item;
  const plain = { star: false, distinct, filter: null, over: null };
  const call = { name: { name: 'SINGLE_VALUE', position }, args: [expression], ...plain };
  return { ...item, expression: { kind: 'call', call, position } };
}

/** COUNT alone gives a value of no rows that is not NULL. */
function isCount(expression: SqlExpression, having: SqlExpression | null): boolean {
  if (!counts(expression)) return false;
  const isAlone = expression.kind === 'call' && expression.call.name.name.toUpperCase() === 'COUNT';
  if (isAlone && having === null) return true;
  const hint = 'COUNT on its own is supported, without HAVING.';
  throw unsupported('an expression of COUNT in a sub-query that speaks of the outer query', expression.position, hint);
}

function counts(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false;
  const { kind, call } = node as Partial<Extract<SqlExpression, { kind: 'call' }>>;
  if (kind === 'call' && call?.name.name.toUpperCase() === 'COUNT') return true;
  return Object.values(node).some(counts);
}

function namesIn(node: unknown): Name[] {
  if (typeof node !== 'object' || node === null) return [];
  const { kind, name } = node as Partial<Extract<SqlExpression, { kind: 'name' }>>;
  if (kind === 'name' && name !== undefined) return [name];
  return Object.values(node).flatMap(namesIn);
}
