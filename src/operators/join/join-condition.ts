/** Which records of the other side belong to a row. */
import type { Expression } from '../../model/expression.ts';
import type { SessionContext } from '../../model/function.ts';
import type { Row } from '../../model/row.ts';
import type { Field } from '../../model/types.ts';
import { RowExpression } from '../rows/row-expression.ts';

/** Whether two rows of equal keys belong together. */
export type JoinCondition = (left: Row, right: Row) => boolean;

export function joinCondition(
  condition: Expression | null,
  fields: readonly Field[],
  session: SessionContext,
): JoinCondition {
  if (condition === null) return () => true;
  const expression = new RowExpression(condition, fields, session);
  return (left, right) => expression.holds(left, right);
}
