/** IN and EXISTS that are no condition of their own, but stand beside OR or in a list: values, by how many rows there are. */
import type { Position } from '../../model/errors.ts';
import type { Identifier, SelectItem, SelectQuery, SqlExpression, SqlQuery } from '../ast.ts';
import { unsupported } from '../excerpt.ts';
import { folds, hasSubquery } from './subquery.ts';

type InQuery = Extract<SqlExpression, { kind: 'in_query' }>;

/** `(SELECT COUNT(*) …) > 0`. */
export function existsAsValue(query: SqlQuery, position: Position): SqlExpression {
  const isPlain =
    query.kind === 'select' &&
    query.groupBy === null &&
    query.having === null &&
    query.qualify === null &&
    !folds(query.items);
  const counted = isPlain ? query : selectFrom(query, null, position);
  return isPositive({ ...counted, distinct: null, items: [countItem(position)] }, position);
}

/** TRUE where a row is equal; else NULL where one may be, as the value or a row is NULL; else FALSE. */
export function inAsValue({ arg, query, negated, position }: InQuery): SqlExpression {
  if (arg.kind === 'row' || hasSubquery(arg)) {
    throw unsupported(
      'such a value of IN with a sub-query, beside OR or in a list,',
      position,
      'Write it with EXISTS.',
    );
  }
  const rows = (condition: SqlExpression | null): SqlExpression =>
    isPositive({ ...selectFrom(query, condition, position), items: [countItem(position)] }, position);
  const listed: SqlExpression = nameOf([listName, columnName], position);
  const isEqual = rows({ kind: 'operator', name: '=', args: [listed, arg], position });
  const isNull = (value: SqlExpression): SqlExpression => ({
    kind: 'is',
    arg: value,
    what: 'null',
    negated: false,
    position,
  });
  const isUnknown: SqlExpression = { kind: 'and', left: isNull(arg), right: rows(null), position };
  const mayBe: SqlExpression = { kind: 'or', left: rows(isNull(listed)), right: isUnknown, position };
  const test: SqlExpression = {
    kind: 'case',
    operand: null,
    branches: [
      { when: isEqual, result: truth(true, position) },
      { when: mayBe, result: truth(null, position) },
    ],
    otherwise: truth(false, position),
    position,
  };
  return negated ? { kind: 'not', arg: test, position } : test;
}

const listName = '$list';
const columnName = '$value';

/** No name of the outer query means a column of it. */
function selectFrom(query: SqlQuery, where: SqlExpression | null, position: Position): SelectQuery {
  const called = (name: string): Identifier => ({ name, position });
  const isList = where !== null;
  const columns = isList ? [called(columnName)] : null;
  return {
    kind: 'select',
    distinct: null,
    items: [],
    from: { kind: 'subquery', query, lateral: false, alias: called(listName), columns, position },
    where,
    groupBy: null,
    having: null,
    windows: [],
    qualify: null,
    position,
  };
}

/** Before the first row there is no count at all. */
function isPositive(query: SelectQuery, position: Position): SqlExpression {
  const count: SqlExpression = { kind: 'subquery', query, position };
  const known = call('COALESCE', [count, zero(position)], position);
  return { kind: 'operator', name: '>', args: [known, zero(position)], position };
}

function countItem(position: Position): SelectItem {
  return { kind: 'expression', expression: call('COUNT', [], position), alias: null, position };
}

function call(name: string, args: readonly SqlExpression[], position: Position): SqlExpression {
  const plain = { star: args.length === 0, distinct: false, filter: null, over: null };
  return { kind: 'call', call: { name: { name, position }, args, ...plain }, position };
}

function nameOf(parts: readonly string[], position: Position): SqlExpression {
  return { kind: 'name', name: { parts: parts.map((name) => ({ name, position })), position }, position };
}

function zero(position: Position): SqlExpression {
  return { kind: 'literal', literal: { of: 'integer', text: '0' }, position };
}

function truth(value: boolean | null, position: Position): SqlExpression {
  return { kind: 'literal', literal: { of: 'boolean', value }, position };
}
