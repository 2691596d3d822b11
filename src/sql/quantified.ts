/**
 * Comparisons with the values of a query: `x > SOME (SELECT …)`, `x <= ALL (SELECT …)`. They are IN, or comparisons with the least and the
 * greatest of the values, as Calcite has them.
 */
import type { Position } from '../model/errors.ts';

import type { SelectItem, SelectQuery, SqlCall, SqlExpression, SqlQuery } from './ast.ts';
import { folds } from './binder/subquery.ts';

export type Quantifier = 'some' | 'all';

export const quantifiable: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>=']);

type Quantified = Readonly<{ name: string; left: SqlExpression; query: SqlQuery; position: Position }>;

/** `name`: one of `quantifiable`. */
export function quantified(quantifier: Quantifier, comparison: Quantified): SqlExpression {
  return quantifier === 'some' ? some(comparison) : all(comparison);
}

function some({ name, left, query, position }: Quantified): SqlExpression {
  if (name === '=') return { kind: 'in_query', arg: left, query, negated: false, position };
  const compared = (extreme: 'MIN' | 'MAX'): SqlExpression => compare(name, left, aggregateOf(query, extreme));
  if (name === '<>') return { kind: 'or', left: compared('MIN'), right: compared('MAX'), position };
  return compared(name.startsWith('>') ? 'MIN' : 'MAX');
}

/** True of no values; else none of them may be NULL. */
function all({ name, left, query, position }: Quantified): SqlExpression {
  if (name === '<>') return { kind: 'in_query', arg: left, query, negated: true, position };
  const compared = (extreme: 'MIN' | 'MAX'): SqlExpression => compare(name, left, aggregateOf(query, extreme));
  const holds: SqlExpression =
    name === '='
      ? { kind: 'and', left: compared('MIN'), right: compared('MAX'), position }
      : compared(name.startsWith('>') ? 'MAX' : 'MIN');
  const isKnown = compare('=', aggregateOf(query, 'NULLS'), zero(position));
  const isEmpty = compare('=', aggregateOf(query, 'COUNT'), zero(position));
  return { kind: 'or', left: isEmpty, right: { kind: 'and', left: isKnown, right: holds, position }, position };
}

function compare(name: string, left: SqlExpression, right: SqlExpression): SqlExpression {
  return { kind: 'operator', name, args: [left, right], position: left.position };
}

function zero(position: Position): SqlExpression {
  return { kind: 'literal', literal: { of: 'integer', text: '0' }, position };
}

/** Of the query's one column. */
function aggregateOf(query: SqlQuery, what: 'MIN' | 'MAX' | 'COUNT' | 'NULLS'): SqlExpression {
  const { position } = query;
  const { items, ...rest } = withOneItem(query);
  const [item] = items;
  if (item?.kind !== 'expression' || items.length > 1) return { kind: 'subquery', query, position };
  const isNull: SqlExpression = { kind: 'is', arg: item.expression, what: 'null', negated: false, position };
  const isCount = what === 'COUNT' || what === 'NULLS';
  const call: SqlCall = {
    name: { name: isCount ? 'COUNT' : what, position },
    args: isCount ? [] : [item.expression],
    star: isCount,
    distinct: false,
    filter: what === 'NULLS' ? isNull : null,
    over: null,
  };
  const aggregate: SelectItem = { ...item, expression: { kind: 'call', call, position } };
  return { kind: 'subquery', query: { ...rest, items: [aggregate], distinct: null }, position };
}

/** A query that only selects is aggregated where it is, so that it may speak of the outer row; any other from outside. */
function withOneItem(query: SqlQuery): SelectQuery {
  if (query.kind === 'select' && query.groupBy === null && query.qualify === null && !folds(query.items)) return query;
  const { position } = query;
  const name = { name: '$value', position };
  return {
    kind: 'select',
    distinct: null,
    items: [
      {
        kind: 'expression',
        expression: { kind: 'name', name: { parts: [name], position }, position },
        alias: null,
        position,
      },
    ],
    from: { kind: 'subquery', query, lateral: false, alias: { name: '$values', position }, columns: [name], position },
    where: null,
    groupBy: null,
    having: null,
    windows: [],
    qualify: null,
    position,
  };
}
