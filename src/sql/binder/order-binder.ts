/** ORDER BY, LIMIT, OFFSET and FETCH behind a query. */
import type { Position } from '../../model/errors.ts';
import { columnRef, type Expression } from '../../model/expression.ts';
import type { PlanNode, SortColumn } from '../../model/plan.ts';
import type { Identifier, OrderItem, SelectItem, SelectQuery, SqlExpression, SqlQuery } from '../ast.ts';
import { sqlError, unsupported } from '../excerpt.ts';
import { changelogOf, isInsertOnly } from '../planner/changelog.ts';
import { ExpressionBinder } from './expression-binder.ts';
import { textOf } from './expression-text.ts';
import { bindOrder, type OrderExpression } from './over-window.ts';
import { type Relation, select } from './relation.ts';
import { plainField, type RelationField, Scope } from './scope.ts';

type OrderedQuery = Extract<SqlQuery, { kind: 'ordered' }>;

type Ranks = Readonly<{ from: number; to: number }>;

export type OrderScope = Readonly<{
  bind: (query: SqlQuery) => Relation;
  /** Rows of the query go to a person or a table; elsewhere an order without LIMIT means nothing. */
  isOutermost: boolean;
}>;

export function bindOrdered(
  { input, orderBy, limit, position }: OrderedQuery,
  { bind, isOutermost }: OrderScope,
): Relation {
  const ranks = limit === null ? null : ranksOf(limit);
  const items = orderBy?.items ?? [];
  if (ranks !== null && ranks.to < ranks.from) return nothing(bind(input));
  if (ranks === null && !isOutermost) return bind(input);
  const hidden = hiddenItems(input, items);
  const relation = bind(hidden.query);
  const width = relation.fields.length - hidden.count;
  const sorted = withSortColumns(relation, hidden.items, width);
  const node = ranks === null ? sort(sorted, orderBy ?? { position }) : limited(sorted, ranks);
  return firstColumns({ node, fields: sorted.relation.fields }, relation.fields.slice(0, width));
}

/** OFFSET and FETCH as ranks. */
function ranksOf({ offset, count, position }: NonNullable<OrderedQuery['limit']>): Ranks {
  const skipped = offset === null ? 0 : countOf(offset, 'OFFSET');
  if (count === null) {
    throw unsupported('OFFSET without LIMIT', position, 'A stream has no end: add LIMIT or FETCH FIRST.');
  }
  return { from: skipped + 1, to: skipped + countOf(count, 'LIMIT') };
}

function countOf(node: SqlExpression, clause: string): number {
  const bound = new ExpressionBinder(new Scope([])).bind(node);
  if (bound.kind === 'literal' && Number.isSafeInteger(bound.value) && (bound.value as number) >= 0) {
    return bound.value as number;
  }
  throw sqlError('SQL_VALIDATION', `${clause}: expected a number of rows`, node.position);
}

type Hidden = Readonly<{ query: SqlQuery; items: readonly OrderItem[]; count: number }>;

/** ORDER BY what SELECT does not give: it is selected, too, and left out afterwards. */
function hiddenItems(query: SqlQuery, items: readonly OrderItem[]): Hidden {
  if (query.kind !== 'select' || query.distinct !== null) return { query, items, count: 0 };
  const added: SelectItem[] = [];
  const renamed = items.map((item): OrderItem => {
    const known = placeIn(query, item.expression);
    if (known !== null) return { ...item, expression: known };
    const { position } = item.expression;
    const alias: Identifier = { name: `$order${added.length}`, position };
    added.push({ kind: 'expression', expression: item.expression, alias, position });
    return { ...item, expression: nameExpression(alias) };
  });
  if (added.length === 0) return { query, items: renamed, count: 0 };
  return { query: { ...query, items: [...query.items, ...added] }, items: renamed, count: added.length };
}

/** An expression that means a column of the query's result: its alias, its number, or the same text as an item. null: another one. */
function placeIn({ items }: SelectQuery, expression: SqlExpression): SqlExpression | null {
  if (expression.kind === 'literal') return expression;
  const text = textOf(expression);
  const single =
    expression.kind === 'name' && expression.name.parts.length === 1 ? expression.name.parts[0]!.name : null;
  for (const item of items) {
    if (item.kind === 'star') continue;
    if (item.alias !== null && item.alias.name === single) return expression;
    if (textOf(item.expression) !== text) continue;
    if (item.alias !== null) return nameExpression({ name: item.alias.name, position: expression.position });
    if (expression.kind === 'name') return nameExpression(expression.name.parts.at(-1)!);
  }
  return null;
}

function nameExpression({ name, position }: Identifier): SqlExpression {
  return { kind: 'name', name: { parts: [{ name, position }], position }, position };
}

type Sorted = Readonly<{ relation: Relation; order: readonly SortColumn[] }>;

/** Expressions become columns behind the others. */
function withSortColumns(relation: Relation, items: readonly OrderItem[], width: number): Sorted {
  const binder = new ExpressionBinder(new Scope(relation.fields));
  const extra: Expression[] = [];
  const order = items.map((item): SortColumn => {
    const { expression, ...rest } = orderOf(item, binder, relation.fields.slice(0, width));
    if (expression.kind === 'column') return { column: expression.index, ...rest };
    return { column: relation.fields.length + extra.push(expression) - 1, ...rest };
  });
  if (extra.length === 0) return { relation, order };
  const own = relation.fields.map(({ type }, index) => columnRef(index, type));
  const fields = [...relation.fields, ...extra.map(({ type }, i) => plainField(`order${i}`, type))];
  return { relation: select(relation.node, { predicate: null, projections: [...own, ...extra], fields }), order };
}

/** `ORDER BY 2`: the second column. */
function orderOf(item: OrderItem, binder: ExpressionBinder, fields: readonly RelationField[]): OrderExpression {
  const bound = bindOrder(item, binder);
  const { expression } = bound;
  if (expression.kind !== 'literal' || expression.type.kind !== 'int') return bound;
  const place = (expression.value as number) - 1;
  const field = fields[place];
  if (field !== undefined) return { ...bound, expression: columnRef(place, field.type) };
  const message = `ORDER BY ${expression.value as number}: expected a column number from 1 to ${fields.length}`;
  throw sqlError('SQL_VALIDATION', message, item.expression.position);
}

function limited({ relation, order }: Sorted, { from, to }: Ranks): PlanNode {
  const { node: input } = relation;
  const { fields } = input;
  const isArrival = relation.fields[order[0]?.column ?? -1]?.proctime === true && !order[0]!.descending;
  if (order.length === 0 || (isArrival && order.length === 1)) return { kind: 'limit', input, from, to, fields };
  return { kind: 'rank', input, partition: [], order, from, to, outputRank: false, window: null, fields };
}

function sort({ relation, order }: Sorted, { position }: Readonly<{ position: Position }>): PlanNode {
  const { node: input, fields } = relation;
  if (!isInsertOnly(changelogOf(input))) {
    const hint = 'Add LIMIT, or sort the rows where they are read.';
    throw unsupported('ORDER BY without LIMIT on rows that change', position, hint);
  }
  const [first, ...others] = order as [SortColumn, ...SortColumn[]];
  const { rowtime, proctime } = fields[first.column]!;
  if (!first.descending && rowtime) {
    return { kind: 'temporal_sort', input, time: first.column, order: others, fields: input.fields };
  }
  if (!first.descending && proctime && others.length === 0) return input;
  const hint = 'Rows of a stream have no end: begin with a time attribute, ascending, or add LIMIT.';
  throw unsupported('ORDER BY that does not begin with a time attribute, ascending,', position, hint);
}

function firstColumns(relation: Relation, fields: readonly RelationField[]): Relation {
  if (relation.fields.length === fields.length) return { node: relation.node, fields };
  const projections = fields.map(({ type }, index) => columnRef(index, type));
  return select(relation.node, { predicate: null, projections, fields });
}

/** LIMIT 0. */
function nothing({ node, fields }: Relation): Relation {
  return { node: { kind: 'values', rows: [], fields: node.fields }, fields };
}
