/** A bound query or part of one: its plan, and what is known of its columns. */
import { scalarFunction } from '../../functions/registry.ts';
import { childrenOf, columnRef, type Expression, mapChildren, substitute } from '../../model/expression.ts';
import type { CalcNode, PlanNode, ValuesNode } from '../../model/plan.ts';
import { cast } from './coerce.ts';
import { logic } from './expression-binder.ts';
import { fieldsOf, type RelationField } from './scope.ts';

export type Relation = Readonly<{ node: PlanNode; fields: readonly RelationField[] }>;

export type Selection = Readonly<{
  predicate: Expression | null;
  projections: readonly Expression[];
  fields: readonly RelationField[];
}>;

/** Filters and projects. One calc on another becomes one where no work is done twice by it; constant rows are projected at once. */
export function select(input: PlanNode, { predicate, projections, fields }: Selection): Relation {
  const node: CalcNode = { kind: 'calc', input, predicate, projections, fields: fieldsOf(fields) };
  if (input.kind === 'values' && predicate === null) return { node: projectedRows(node, input), fields };
  return { node: mergeCalc(node), fields };
}

function projectedRows(node: CalcNode, { rows }: ValuesNode): PlanNode {
  if (!rows.every((row) => canMerge(node, row))) return node;
  const projected = rows.map((row) => node.projections.map((projection) => foldCasts(substitute(projection, row))));
  return { kind: 'values', rows: projected, fields: node.fields };
}

/** Casts of constants, after columns have become such. */
function foldCasts(expression: Expression): Expression {
  const folded = mapChildren(expression, foldCasts);
  return folded.kind === 'cast' ? cast(folded.arg, folded.type, folded.onError) : folded;
}

/** WHERE alone. */
export function filter({ node, fields }: Relation, predicate: Expression): Relation {
  const projections = fields.map(({ type }, index) => columnRef(index, type));
  return select(node, { predicate, projections, fields });
}

export function mergeCalc(node: CalcNode): CalcNode {
  const { input } = node;
  if (input.kind !== 'calc' || !canMerge(node, input.projections)) return node;
  return merged(node, input);
}

/** The upper calc over the lower one's input. Expressions of the lower one that are used several times are computed several times. */
export function merged(upper: CalcNode, lower: CalcNode): CalcNode {
  const lowered = upper.predicate === null ? null : substitute(upper.predicate, lower.projections);
  const projections = upper.projections.map((projection) => substitute(projection, lower.projections));
  return { ...upper, input: lower.input, predicate: conjunction(lower.predicate, lowered), projections };
}

function conjunction(a: Expression | null, b: Expression | null): Expression | null {
  if (a === null || b === null) return a ?? b;
  return logic('and', [a, b]);
}

const mostRepeatedWork = 6; // beyond it a column in between is cheaper

/** Chance must not be asked twice, and much work is not to be done twice. */
function canMerge(upper: CalcNode, below: readonly Expression[]): boolean {
  const uses = new Array<number>(below.length).fill(0);
  const use = (expression: Expression): void => {
    if (expression.kind === 'column') uses[expression.index]!++;
    for (const child of childrenOf(expression)) use(child);
  };
  const { projections, predicate } = upper;
  for (const expression of predicate === null ? projections : [...projections, predicate]) use(expression);
  return below.every((expression, index) => {
    const count = uses[index]!;
    return count <= 1 || (isDeterministic(expression) && count * workOf(expression) <= mostRepeatedWork);
  });
}

/** Signs count 1, functions and casts 4. */
function workOf(expression: Expression): number {
  const own = expression.kind === 'call' ? (/^\w+$/.test(expression.name) ? 4 : 1) : expression.kind === 'cast' ? 4 : 0;
  return childrenOf(expression).reduce((sum, child) => sum + workOf(child), own);
}

export function isDeterministic(expression: Expression): boolean {
  if (expression.kind === 'call' && scalarFunction(expression.name)?.deterministic === false) return false;
  return childrenOf(expression).every(isDeterministic);
}
