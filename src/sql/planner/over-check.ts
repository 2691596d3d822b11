/** OVER windows that are left when Top-N has been taken out of them: what Flink's streaming planner refuses, and why. */
import { inputsOf, type OverNode, type PlanNode, withInputs } from '../../model/plan.ts';
import { unsupported } from '../excerpt.ts';
import { changelogOf, isInsertOnly } from './changelog.ts';

const topNHint = 'A Top-N needs a filter around it: SELECT … FROM (…) WHERE row_num <= 10, or QUALIFY.';

/** The plan without the places of its OVER windows. */
export function checkedOver(node: PlanNode): PlanNode {
  const inputs = inputsOf(node);
  const checked = inputs.map(checkedOver);
  const changed = checked.some((input, i) => input !== inputs[i]) ? withInputs(node, checked) : node;
  if (changed.kind !== 'over' || changed.binding === undefined) return changed;
  checkOver(changed);
  const { binding, ...rest } = changed;
  return rest;
}

function checkOver({ order, time, aggregates, input, binding }: OverNode): void {
  const { position } = binding!;
  const isRank = aggregates.length === 1 && aggregates[0]!.name === 'ROW_NUMBER';
  const hint = isRank ? topNHint : 'ORDER BY one time attribute, ascending.';
  if (order.length !== 1) throw unsupported('an OVER window that is ordered by more than one column', position, hint);
  if (order[0]!.descending) throw unsupported('an OVER window in descending order', position, hint);
  if (time !== null && !isInsertOnly(changelogOf(input))) {
    const changes = 'Its input has updates: a join, an aggregation or a Top-N below it brings them.';
    throw unsupported('an OVER window by a time attribute on rows that change', position, changes);
  }
}
