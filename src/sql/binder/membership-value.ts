/** IN and EXISTS that are no condition of their own, but stand beside OR or in a list: values, by how many rows there are. */
import type { Position } from '../../model/errors.ts';
import type { SqlExpression, SqlQuery } from '../ast.ts';
import { unsupported } from '../excerpt.ts';
import { compare, countOf, isNull, matchesOf, nullsOf, zero } from '../query-values.ts';
import { hasSubquery } from './subquery.ts';

type InQuery = Extract<SqlExpression, { kind: 'in_query' }>;

export function existsAsValue(query: SqlQuery): SqlExpression {
  return isPositive(countOf(query));
}

/** TRUE where a row is equal; else NULL where one may be, as the value or a row is NULL; else FALSE. */
export function inAsValue({ arg, query, negated, position }: InQuery): SqlExpression {
  if (arg.kind === 'row' || hasSubquery(arg)) {
    const what = 'such a value of IN with a sub-query, beside OR or in a list,';
    throw unsupported(what, position, 'Write it with EXISTS.');
  }
  const isUnknown: SqlExpression = { kind: 'and', left: isNull(arg), right: isPositive(countOf(query)), position };
  const mayBe: SqlExpression = { kind: 'or', left: isPositive(nullsOf(query)), right: isUnknown, position };
  const test: SqlExpression = {
    kind: 'case',
    operand: null,
    branches: [
      { when: isPositive(matchesOf(query, arg)), result: truth(true, position) },
      { when: mayBe, result: truth(null, position) },
    ],
    otherwise: truth(false, position),
    position,
  };
  return negated ? { kind: 'not', arg: test, position } : test;
}

function isPositive(count: SqlExpression): SqlExpression {
  return compare('>', count, zero(count.position));
}

function truth(value: boolean | null, position: Position): SqlExpression {
  return { kind: 'literal', literal: { of: 'boolean', value }, position };
}
