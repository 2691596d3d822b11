/** Sub-queries that give one value of another query's rows: its least or greatest value, or how many there are. */
import type { Position } from '../model/errors.ts';
import type { FromItem, SelectItem, SelectQuery, SqlExpression, SqlQuery } from './ast.ts';
import { folds } from './binder/subquery.ts';

/** Of the query's one column. */
export function extremeOf(query: SqlQuery, name: 'MIN' | 'MAX'): SqlExpression {
  const [source, column] = columnIn(query);
  return subquery(source, call(name, [column], query.position));
}

/** How many rows there are. */
export function countOf(query: SqlQuery): SqlExpression {
  return rowsOf(isPlain(query) ? query : selectFrom(sourceOf(query, null)));
}

/** How many of the values of the query's one column are NULL. */
export function nullsOf(query: SqlQuery): SqlExpression {
  const [source, column] = columnIn(query);
  const { where, position } = source;
  const test = isNull(column);
  return rowsOf({ ...source, where: where === null ? test : { kind: 'and', left: where, right: test, position } });
}

/** How many of the values of the query's one column are equal to a value of the outer query. */
export function matchesOf(query: SqlQuery, value: SqlExpression): SqlExpression {
  return rowsOf({ ...selectFrom(listOf(query)), where: compare('=', columnOf(query.position), value) });
}

export function compare(name: string, left: SqlExpression, right: SqlExpression): SqlExpression {
  return { kind: 'operator', name, args: [left, right], position: left.position };
}

export function isNull(arg: SqlExpression): SqlExpression {
  return { kind: 'is', arg, what: 'null', negated: false, position: arg.position };
}

export function zero(position: Position): SqlExpression {
  return { kind: 'literal', literal: { of: 'integer', text: '0' }, position };
}

// No name of the outer query means a column of it.
const [listName, columnName] = ['$list', '$value'];

/** A query that only selects is counted where it is, so that it may speak of the outer row; any other from outside. */
function columnIn(query: SqlQuery): readonly [source: SelectQuery, column: SqlExpression] {
  const [item, more] = isPlain(query) ? query.items : [];
  if (isPlain(query) && item?.kind === 'expression' && more === undefined) return [query, item.expression];
  return [selectFrom(listOf(query)), columnOf(query.position)];
}

function isPlain(query: SqlQuery): query is SelectQuery {
  return (
    query.kind === 'select' &&
    query.groupBy === null &&
    query.having === null &&
    query.qualify === null &&
    !folds(query.items)
  );
}

/** Before the first row there is no count at all. */
function rowsOf(source: SelectQuery): SqlExpression {
  const { position } = source;
  return call('COALESCE', [subquery(source, call('COUNT', [], position)), zero(position)], position);
}

function subquery(source: SelectQuery, expression: SqlExpression): SqlExpression {
  const { position } = source;
  const item: SelectItem = { kind: 'expression', expression, alias: null, position };
  return { kind: 'subquery', query: { ...source, distinct: null, items: [item] }, position };
}

function selectFrom(from: FromItem): SelectQuery {
  const nothing = { where: null, groupBy: null, having: null, windows: [], qualify: null };
  return { kind: 'select', distinct: null, items: [], from, ...nothing, position: from.position };
}

function listOf(query: SqlQuery): FromItem {
  return sourceOf(query, [{ name: columnName, position: query.position }]);
}

function sourceOf(query: SqlQuery, columns: Extract<FromItem, { kind: 'subquery' }>['columns']): FromItem {
  const { position } = query;
  return { kind: 'subquery', query, lateral: false, alias: { name: listName, position }, columns, position };
}

function columnOf(position: Position): SqlExpression {
  const parts = [listName, columnName].map((name) => ({ name, position }));
  return { kind: 'name', name: { parts, position }, position };
}

/** With no argument: of `*`. */
function call(name: string, args: readonly SqlExpression[], position: Position): SqlExpression {
  const plain = { star: args.length === 0, distinct: false, filter: null, over: null };
  return { kind: 'call', call: { name: { name, position }, args, ...plain }, position };
}
