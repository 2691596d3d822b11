/**
 * A condition on rows that are brought into one for each key is asked where that is done: rows for which it does not hold need not be kept,
 * and an update that leaves it is a delete. Flink's PushCalcPastChangelogNormalizeRule.
 */
import { childrenOf, columnsOf, type Expression } from '../../model/expression.ts';
import { type CalcNode, type ChangelogNormalizeNode, inputsOf, type PlanNode, withInputs } from '../../model/plan.ts';
import { formatPath } from '../../model/table.ts';
import { conjunctionOf, conjunctsOf } from '../binder/conjuncts.ts';
import { isDeterministic } from '../binder/relation.ts';

/** Where a table is read once alone: else all who read it share what is kept. */
export function filterNormalized(root: PlanNode): PlanNode {
  const tables = normalizedTables(root);
  const filtered = (node: PlanNode): PlanNode => {
    if (node.kind === 'calc' && node.input.kind === 'changelog_normalize') {
      const [table] = normalizedTables(node.input);
      return tables.filter((each) => each === table).length === 1 ? moved(node, node.input) : node;
    }
    return withInputs(node, inputsOf(node).map(filtered));
  };
  return filtered(root);
}

/** Of each node that normalizes. */
function normalizedTables(node: PlanNode): readonly string[] {
  if (node.kind === 'changelog_normalize') return [tableBelow(node.input)];
  return inputsOf(node).flatMap(normalizedTables);
}

function tableBelow(node: PlanNode): string {
  return node.kind === 'scan' ? formatPath(node.table.path) : tableBelow(inputsOf(node)[0]!);
}

function moved(calc: CalcNode, node: ChangelogNormalizeNode): PlanNode {
  const conjuncts = conjunctsOf(calc.predicate);
  const below = conjuncts.filter(mayMove);
  if (below.length === 0) return calc;
  const input = { ...node, condition: conjunctionOf(below) };
  const predicate = conjunctionOf(conjuncts.filter((conjunct) => !mayMove(conjunct)));
  const isIdentity =
    predicate === null &&
    calc.projections.length === node.fields.length &&
    calc.projections.every((each, i) => each.kind === 'column' && each.index === i);
  return isIdentity ? { ...input, fields: calc.fields } : { ...calc, input, predicate };
}

/** Chance is asked once, and the watermark is none of a row that is kept. */
function mayMove(conjunct: Expression): boolean {
  return columnsOf(conjunct).size > 0 && isDeterministic(conjunct) && !asksWatermark(conjunct);
}

function asksWatermark(expression: Expression): boolean {
  if (expression.kind === 'call' && expression.name === 'CURRENT_WATERMARK') return true;
  return childrenOf(expression).some(asksWatermark);
}
