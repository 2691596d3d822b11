/** Whether the values of a column can't be below zero, as far as constants, counts and conditions say (Flink's FlinkRelMdColumnInterval). */
import type { Expression } from '../../model/expression.ts';
import type { PlanNode } from '../../model/plan.ts';

export function isNotNegative(node: PlanNode, column: number): boolean {
  switch (node.kind) {
    case 'calc': {
      const projection = node.projections[column]!;
      if (projection.kind === 'column' && node.predicate !== null && isAboveZero(node.predicate, projection.index)) {
        return true;
      }
      return isNotNegativeValue(projection, node.input);
    }
    case 'group_aggregate':
      if (column < node.keys.length) return isNotNegative(node.input, node.keys[column]!);
      return node.aggregates[column - node.keys.length]!.name === 'COUNT';
    case 'watermark':
      return isNotNegative(node.input, column);
    default:
      return false;
  }
}

function isNotNegativeValue(expression: Expression, input: PlanNode): boolean {
  switch (expression.kind) {
    case 'column':
      return isNotNegative(input, expression.index);
    case 'literal':
      return isZeroOrMore(expression);
    case 'cast':
      return isNotNegativeValue(expression.arg, input);
    case 'case':
      return [...expression.branches.map(({ result }) => result), expression.otherwise].every((result) =>
        isNotNegativeValue(result, input),
      );
    default:
      return false;
  }
}

function isZeroOrMore(expression: Expression): boolean {
  if (expression.kind === 'cast') return isZeroOrMore(expression.arg);
  if (expression.kind !== 'literal') return false;
  const { value } = expression;
  return (typeof value === 'number' || typeof value === 'bigint') && value >= 0;
}

/** `column > 0`, `0 < column`, and the like among what has to hold. */
function isAboveZero(condition: Expression, column: number): boolean {
  if (condition.kind === 'and') return condition.args.some((arg) => isAboveZero(arg, column));
  if (condition.kind !== 'call') return false;
  const [left, right] = condition.args;
  if (condition.name === '>' || condition.name === '>=' || condition.name === '=') {
    if (isColumn(left!, column) && isZeroOrMore(right!)) return true;
  }
  if (condition.name === '<' || condition.name === '<=' || condition.name === '=') {
    return isColumn(right!, column) && isZeroOrMore(left!);
  }
  return false;
}

function isColumn(expression: Expression, column: number): boolean {
  if (expression.kind === 'cast') return isColumn(expression.arg, column);
  return expression.kind === 'column' && expression.index === column;
}
