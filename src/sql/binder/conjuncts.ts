/** Conditions as lists of parts that all have to hold, and what is known of a part. */
import { scalarFunction } from '../../functions/registry.ts';
import { columnsOf, type Expression } from '../../model/expression.ts';
import type { SqlExpression } from '../ast.ts';
import { logic } from './expression-binder.ts';
import { textOf } from './expression-text.ts';
import { isDeterministic } from './relation.ts';

/** `a AND b AND TRUE` → a, b; `(a AND b) OR (a AND c)` → a, `b OR c`. */
export function conjunctsOf(condition: Expression | null): readonly Expression[] {
  if (condition === null || isTrue(condition)) return [];
  if (condition.kind === 'or') return factored(condition, condition.args);
  return condition.kind === 'and' ? condition.args.flatMap(conjunctsOf) : [condition];
}

/** What every branch asks for is asked once: a join may find its keys there. */
function factored(condition: Expression, alternatives: readonly Expression[]): readonly Expression[] {
  const branches = alternatives.map((branch) => conjunctsOf(branch));
  const [first, ...others] = branches.map((parts) => new Set(parts.map(textOf)));
  const common = new Set([...first!].filter((text) => others.every((branch) => branch.has(text))));
  const shared = branches[0]!.filter((part) => isDeterministic(part) && common.has(textOf(part)));
  if (shared.length === 0) return [condition];
  const texts = new Set(shared.map(textOf));
  const rests = branches.map((parts) => conjunctionOf(parts.filter((part) => !texts.has(textOf(part)))));
  return rests.includes(null) ? shared : [...shared, logic('or', rests as Expression[], condition.position)];
}

/** `a AND b` → a, b. */
export function sqlConjuncts(condition: SqlExpression | null): readonly SqlExpression[] {
  if (condition === null) return [];
  if (condition.kind !== 'and') return [condition];
  return [...sqlConjuncts(condition.left), ...sqlConjuncts(condition.right)];
}

export function conjunctionOf(conjuncts: readonly Expression[]): Expression | null {
  return conjuncts.length === 0 ? null : logic('and', conjuncts);
}

function isTrue(expression: Expression): boolean {
  return expression.kind === 'literal' && expression.value === true;
}

/** Which side of a join a condition is about; `none`: a constant. What is of chance is of both: it is asked where it stands. */
export type Side = 'left' | 'right' | 'both' | 'none';

export function sideOf(expression: Expression, leftWidth: number): Side {
  if (!isDeterministic(expression)) return 'both';
  const columns = [...columnsOf(expression)];
  const [isLeft, isRight] = [columns.some((c) => c < leftWidth), columns.some((c) => c >= leftWidth)];
  if (isLeft && isRight) return 'both';
  return isLeft ? 'left' : isRight ? 'right' : 'none';
}

/** Whether the condition can't be true where these columns are all NULL: an outer join below it need not pad them. */
export function rejectsNulls(condition: Expression, isNull: (column: number) => boolean): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.args.some((arg) => rejectsNulls(arg, isNull));
    case 'or':
      return condition.args.every((arg) => rejectsNulls(arg, isNull));
    case 'is_not_null':
      return isNullThen(condition.arg, isNull);
    default:
      return isNullThen(condition, isNull);
  }
}

function isNullThen(expression: Expression, isNull: (column: number) => boolean): boolean {
  switch (expression.kind) {
    case 'column':
      return isNull(expression.index);
    case 'literal':
      return expression.value === null;
    case 'cast':
    case 'not':
    case 'field':
      return isNullThen(expression.arg, isNull);
    case 'call':
      return (
        scalarFunction(expression.name)?.nulls === 'strict' && expression.args.some((arg) => isNullThen(arg, isNull))
      );
    default:
      return false;
  }
}
