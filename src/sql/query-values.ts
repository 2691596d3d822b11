/** Sub-queries that give one value of another query's rows: its least or greatest value, or how many there are. */
import type { Position } from '../model/errors.ts';
import type { FromItem, SelectItem, SelectQuery, SqlCall, SqlExpression, SqlQuery } from './ast.ts';
import { folds } from './binder/subquery.ts';

/** Of the query's one column. */
export function extremeOf(query: SqlQuery, name: 'MIN' | 'MAX'): SqlExpression {
  return ofColumn(query, (column) => call(name, column, query.position));
}

/** How many of the query's one column are NULL. */
export function nullsOf(query: SqlQuery): SqlExpression {
  const { position } = query;
  return ofColumn(query, (arg) => countCall({ kind: 'is', arg, what: 'null', negated: false, position }, position));
}

export function countOf(query: SqlQuery): SqlExpression {
  const { position } = query;
  const source = isPlain(query) ? query : selectFrom(derived(query, null));
  return withItem(source, countCall(null, position));
}

/** How many of the values of the query's one column are equal to a value of the outer query. */
export function matchesOf(query: SqlQuery, value: SqlExpression): SqlExpression {
  const { position } = query;
  const where = compare('=', columnOf(position), value);
  return withItem({ ...selectFrom(derived(query, columnName)), where }, countCall(null, position));
}

export function compare(name: string, left: SqlExpression, right: SqlExpression): SqlExpression {
  return { kind: 'operator', name, args: [left, right], position: left.position };
}

export function zero(position: Position): SqlExpression {
  return { kind: 'literal', literal: { of: 'integer', text: '0' }, position };
}

const columnName = '$value';

/** A query that only selects is aggregated where it is, so that it may speak of the outer row; any other from outside. */
function ofColumn(query: SqlQuery, aggregate: (column: SqlExpression) => SqlExpression): SqlExpression {
  const [item, more] = isPlain(query) ? query.items : [];
  if (isPlain(query) && item?.kind === 'expression' && more === undefined) {
    return withItem(query, aggregate(item.expression));
  }
  return withItem(selectFrom(derived(query, columnName)), aggregate(columnOf(query.position)));
}

function isPlain(query: SqlQuery): query is SelectQuery {
  return query.kind === 'select' && query.groupBy === null && query.qualify === null && !folds(query.items);
}

function withItem(query: SelectQuery, expression: SqlExpression): SqlExpression {
  const { position } = query;
  const item: SelectItem = { kind: 'expression', expression, alias: null, position };
  return { kind: 'subquery', query: { ...query, distinct: null, items: [item] }, position };
}

function derived(query: SqlQuery, column: string | null): FromItem {
  const { position } = query;
  const columns = column === null ? null : [{ name: column, position }];
  return { kind: 'subquery', query, lateral: false, alias: { name: '$values', position }, columns, position };
}

function selectFrom(from: FromItem): SelectQuery {
  const nothing = { where: null, groupBy: null, having: null, windows: [], qualify: null };
  return { kind: 'select', distinct: null, items: [], from, ...nothing, position: from.position };
}

function columnOf(position: Position): SqlExpression {
  return { kind: 'name', name: { parts: [{ name: columnName, position }], position }, position };
}

function call(name: string, arg: SqlExpression, position: Position): SqlExpression {
  const plain = { star: false, distinct: false, filter: null, over: null };
  return { kind: 'call', call: { name: { name, position }, args: [arg], ...plain }, position };
}

function countCall(filter: SqlExpression | null, position: Position): SqlExpression {
  const count: SqlCall = {
    name: { name: 'COUNT', position },
    args: [],
    star: true,
    distinct: false,
    filter,
    over: null,
  };
  return { kind: 'call', call: count, position };
}
