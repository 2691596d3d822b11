/** Casts that change the type alone, as from VARCHAR(10) to STRING: without them a column stays a column. */
import { isIdentityCast } from '../../functions/cast.ts';
import { type Expression, mapChildren } from '../../model/expression.ts';

export function withoutIdentityCasts(expression: Expression): Expression {
  if (expression.kind === 'cast' && isIdentityCast(expression.arg.type, expression.type)) {
    return withoutIdentityCasts(expression.arg);
  }
  return mapChildren(expression, withoutIdentityCasts);
}
