/** Which expressions are worth remembering by string code. */
import { scalarFunction } from '../../functions/registry.ts';
import { childrenOf, columnsOf, type Expression } from '../../model/expression.ts';

/** Whether equal inputs give equal results for the whole of a job. */
export function isDeterministic(expression: Expression): boolean {
  if (expression.kind === 'call' && scalarFunction(expression.name)?.deterministic !== true) return false;
  return childrenOf(expression).every(isDeterministic);
}

/**
 * The one column, held as codes, that the expression is a function of; null where there are others, or where there is nothing to gain
 * (plain columns, null tests, logic, equality with a literal).
 */
export function memoColumn(expression: Expression, inCodes: (column: number) => boolean): number | null {
  if (expression.kind !== 'call' && expression.kind !== 'cast' && expression.kind !== 'case') return null;
  if (
    expression.kind === 'call' &&
    (expression.name === '=' || expression.name === '<>') &&
    isColumnAndLiteral(expression.args)
  )
    return null;
  const columns = [...columnsOf(expression)];
  return columns.length === 1 && inCodes(columns[0]!) ? columns[0]! : null;
}

function isColumnAndLiteral(args: readonly Expression[]): boolean {
  return args.every((arg) => arg.kind === 'column' || arg.kind === 'literal');
}
