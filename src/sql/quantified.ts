/**
 * Comparisons with the values of a query: `x > SOME (SELECT …)`, `x <= ALL (SELECT …)`. They are IN, or comparisons with the least and the
 * greatest of the values, as Calcite has them.
 */
import type { Position } from '../model/errors.ts';
import type { SqlExpression, SqlQuery } from './ast.ts';
import { compare, countOf, extremeOf, nullsOf, zero } from './query-values.ts';

export type Quantifier = 'some' | 'all';

export const quantifiable: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>=']);

type Quantified = Readonly<{ name: string; left: SqlExpression; query: SqlQuery; position: Position }>;

/** `name`: one of `quantifiable`. */
export function quantified(quantifier: Quantifier, comparison: Quantified): SqlExpression {
  return quantifier === 'some' ? some(comparison) : all(comparison);
}

function some({ name, left, query, position }: Quantified): SqlExpression {
  if (name === '=') return { kind: 'in_query', arg: left, query, negated: false, position };
  const compared = (extreme: 'MIN' | 'MAX'): SqlExpression => compare(name, left, extremeOf(query, extreme));
  if (name === '<>') return { kind: 'or', left: compared('MIN'), right: compared('MAX'), position };
  return compared(name.startsWith('>') ? 'MIN' : 'MAX');
}

/** True of no values; else none of them may be NULL. */
function all({ name, left, query, position }: Quantified): SqlExpression {
  if (name === '<>') return { kind: 'in_query', arg: left, query, negated: true, position };
  const compared = (extreme: 'MIN' | 'MAX'): SqlExpression => compare(name, left, extremeOf(query, extreme));
  const holds: SqlExpression =
    name === '='
      ? { kind: 'and', left: compared('MIN'), right: compared('MAX'), position }
      : compared(name.startsWith('>') ? 'MAX' : 'MIN');
  const isKnown = compare('=', nullsOf(query), zero(position));
  const isEmpty = compare('=', countOf(query), zero(position));
  return { kind: 'or', left: isEmpty, right: { kind: 'and', left: isKnown, right: holds, position }, position };
}
