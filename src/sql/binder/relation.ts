/** A bound query or part of one: its plan, and what is known of its columns. */
import { scalarFunction } from '../../functions/registry.ts';
import { childrenOf, columnRef, type Expression, substitute } from '../../model/expression.ts';
import type { CalcNode, PlanNode } from '../../model/plan.ts';
import { logic } from './expression-binder.ts';
import { fieldsOf, type RelationField } from './scope.ts';

export type Relation = Readonly<{ node: PlanNode; fields: readonly RelationField[] }>;

export type Selection = Readonly<{
  predicate: Expression | null;
  projections: readonly Expression[];
  fields: readonly RelationField[];
}>;

/** Filters and projects; one calc on another becomes one where no work is done twice by it. */
export function select(input: PlanNode, { predicate, projections, fields }: Selection): Relation {
  const node: CalcNode = { kind: 'calc', input, predicate, projections, fields: fieldsOf(fields) };
  return { node: mergeCalc(node), fields };
}

/** WHERE alone. */
export function filter({ node, fields }: Relation, predicate: Expression): Relation {
  const projections = fields.map(({ type }, index) => columnRef(index, type));
  return select(node, { predicate, projections, fields });
}

export function mergeCalc(node: CalcNode): CalcNode {
  const { input } = node;
  if (input.kind !== 'calc' || !canMerge(node, input)) return node;
  return merged(node, input);
}

/** The upper calc over the lower one's input. Expressions of the lower one that are used several times are computed several times. */
export function merged(upper: CalcNode, lower: CalcNode): CalcNode {
  const lowered = upper.predicate === null ? null : substitute(upper.predicate, lower.projections);
  const projections = upper.projections.map((projection) => substitute(projection, lower.projections));
  return { ...upper, input: lower.input, predicate: conjunction(lower.predicate, lowered), projections };
}

export function conjunction(a: Expression | null, b: Expression | null): Expression | null {
  if (a === null || b === null) return a ?? b;
  return logic('and', [a, b]);
}

/** Not where a computed column is used more than once; chance must not be asked twice, and work is not done twice. */
function canMerge(upper: CalcNode, lower: CalcNode): boolean {
  const uses = new Array<number>(lower.projections.length).fill(0);
  const count = (expression: Expression): void => {
    if (expression.kind === 'column') uses[expression.index]!++;
    for (const child of childrenOf(expression)) count(child);
  };
  for (const expression of [...upper.projections, ...(upper.predicate === null ? [] : [upper.predicate])])
    count(expression);
  return lower.projections.every(
    (projection, index) => isCheap(projection) || (uses[index]! <= 1 && isDeterministic(projection)),
  );
}

function isCheap(expression: Expression): boolean {
  return (
    expression.kind === 'column' ||
    expression.kind === 'literal' ||
    (expression.kind === 'field' && isCheap(expression.arg))
  );
}

export function isDeterministic(expression: Expression): boolean {
  if (expression.kind === 'call' && scalarFunction(expression.name)?.deterministic === false) return false;
  return childrenOf(expression).every(isDeterministic);
}
