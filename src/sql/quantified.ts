/**
 * Comparisons with the values of a query: `x > SOME (SELECT …)`, `x <= ALL (SELECT …)`. They are IN, or comparisons with the least and the
 * greatest of the values, as Calcite has them.
 */
import type { Position } from '../model/errors.ts';
import type { SqlExpression, SqlQuery } from './ast.ts';
import { compare, countOf, extremeOf, nullsOf, zero } from './query-values.ts';

export type Quantifier = 'some' | 'all';

const opposites: Readonly<Record<string, string>> = {
  '=': '<>',
  '<>': '=',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
};

export const quantifiable: ReadonlySet<string> = new Set(Object.keys(opposites));

type Quantified = Readonly<{ name: string; left: SqlExpression; query: SqlQuery; position: Position }>;

/** `name`: one of `quantifiable`. All compare so where none compares in the opposite way. */
export function quantified(quantifier: Quantifier, comparison: Quantified): SqlExpression {
  const { name, position } = comparison;
  if (quantifier === 'some') return some(comparison);
  const opposite = some({ ...comparison, name: opposites[name]! });
  return opposite.kind === 'in_query' ? { ...opposite, negated: true } : { kind: 'not', arg: opposite, position };
}

/** FALSE of no values; where a value is NULL that may compare so: NULL instead of FALSE. */
function some({ name, left, query, position }: Quantified): SqlExpression {
  if (name === '=') return { kind: 'in_query', arg: left, query, negated: false, position };
  const compared = (extreme: 'MIN' | 'MAX'): SqlExpression => compare(name, left, extremeOf(query, extreme));
  const holds: SqlExpression =
    name === '<>'
      ? { kind: 'or', left: compared('MIN'), right: compared('MAX'), position }
      : compared(name.startsWith('>') ? 'MIN' : 'MAX');
  const unknown: SqlExpression = { kind: 'literal', literal: { of: 'boolean', value: null }, position };
  const hasNull = compare('>', nullsOf(query), zero(position));
  const mayHold: SqlExpression = { kind: 'and', left: hasNull, right: unknown, position };
  const isThere = compare('>', countOf(query), zero(position));
  return { kind: 'and', left: isThere, right: { kind: 'or', left: holds, right: mayHold, position }, position };
}
