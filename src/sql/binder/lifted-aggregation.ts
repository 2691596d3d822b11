/**
 * Sub-queries of HAVING and of the list of a query that aggregates: `SELECT k, SUM(v) … GROUP BY k HAVING SUM(v) > (SELECT …)` becomes a filter
 * on a query that computes whatever is no sub-query.
 */
import type { Identifier, SelectItem, SelectQuery, SqlExpression } from '../ast.ts';
import { unsupported } from '../excerpt.ts';
import { mapParts } from './expression-parts.ts';
import { InnerColumns } from './inner-columns.ts';
import type { Relation } from './relation.ts';
import { type RelationField, Scope } from './scope.ts';
import { hasSubquery } from './subquery.ts';

type ExpressionItem = Extract<SelectItem, { kind: 'expression' }>;

/** `above` has `below` in the place of FROM, and HAVING as its WHERE. The last columns of `below` are `keys`. */
export type LiftedAggregation = Readonly<{ below: SelectQuery; above: SelectQuery; keys: readonly ExpressionItem[] }>;

export function hasLiftableSubquery({ items, having }: SelectQuery): boolean {
  return hasSubquery(having) || items.some((item) => item.kind === 'expression' && hasSubquery(item.expression));
}

/** `nameOf`: what SELECT calls an item that has no alias. */
export function liftAggregation(
  query: SelectQuery,
  nameOf: (item: ExpressionItem, index: number) => string,
): LiftedAggregation {
  const inner = new InnerColumns();
  const lift = (expression: SqlExpression): SqlExpression =>
    hasSubquery(expression) ? mapParts(expression, lift) : inner.of(expression);
  const items = query.items.map((item, index): SelectItem => {
    if (item.kind === 'star') throw unsupported('SELECT * with a sub-query on an aggregation', item.position);
    const alias: Identifier = { name: nameOf(item, index), position: item.position };
    return { ...item, expression: lift(item.expression), alias };
  });
  const where = query.having === null ? null : lift(query.having);
  const keys = namedKeys(query);
  const below: SelectQuery = { ...query, distinct: null, items: [...inner.items, ...keys], having: null };
  return { below, above: { ...query, items, where, groupBy: null, having: null }, keys };
}

/** Keys that are columns: sub-queries may speak of them. */
function namedKeys({ groupBy }: SelectQuery): ExpressionItem[] {
  return (groupBy?.items ?? []).flatMap((item): ExpressionItem[] => {
    if (item.kind !== 'expression' || item.expression.kind !== 'name') return [];
    const { expression, position } = item;
    return [{ kind: 'expression', expression, alias: null, position }];
  });
}

/** `below` with its keys called as the columns of `from` that they are. */
export function withKeyNames(
  below: Relation,
  keys: readonly ExpressionItem[],
  from: readonly RelationField[],
): Relation {
  const scope = new Scope(from);
  const first = below.fields.length - keys.length;
  const fields = below.fields.map((field, i): RelationField => {
    const key = keys[i - first]?.expression;
    if (key?.kind !== 'name') return field;
    const column = scope.resolve(key.name);
    if (column.kind !== 'column') return field;
    const { name, qualifier } = from[column.index]!;
    return { ...field, name, qualifier };
  });
  return { node: below.node, fields };
}
