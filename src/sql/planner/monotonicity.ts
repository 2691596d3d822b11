/**
 * In which direction updates move a column: what lets a Top-N forget the rows that are not in it, and a MAX or MIN the values before an update
 * (Flink's FlinkRelMdModifiedMonotonicity, RankProcessStrategy and AggregateUtil.getNeedRetractions).
 */
import { columnsOf, type Expression } from '../../model/expression.ts';
import type { AggregateCall, CalcNode, GroupAggregateNode, PlanNode, RankNode } from '../../model/plan.ts';
import { changelogOf, isInsertOnly, uniqueKeysOf } from './changelog.ts';
import { isNotNegative } from './value-sign.ts';

/** null: in any. */
type Direction = 'constant' | 'increasing' | 'decreasing' | null;

/**
 * Columns by which updates of a Top-N's input come, where no row is deleted and none gets a worse place by an update: rows outside of the
 * Top-N can't come into it but by an update of their own. null: all rows have to be kept.
 */
export function updateKeyOf({ input, partition, order }: RankNode): readonly number[] | null {
  const changes = changelogOf(input);
  if (isInsertOnly(changes) || changes.delete || order.length === 0) return null;
  const key = uniqueKeysOf(input).find((columns) => partition.every((column) => columns.includes(column)));
  const directions = directionsOf(input);
  if (key === undefined || directions === null) return null;
  const upwards = order.every(({ column, descending }) => {
    const direction = directions[column]!;
    return direction === 'constant' || direction === (descending ? 'increasing' : 'decreasing');
  });
  return upwards ? key : null;
}

/** Whether a MIN that goes from NULL to its first value makes a place worse: NULL stands first. Flink has a wrong row then. */
export function mayFall({ input, order }: RankNode): boolean {
  return order.some(({ column, nullsFirst }) => {
    const isConstant = directionsOf(input)?.[column] === 'constant';
    return nullsFirst && input.fields[column]!.type.nullable && !isConstant;
  });
}

/**
 * Which calls need not take rows back though the input updates them: the MAX of what only rises and the MIN of what only falls. What an update
 * takes back is left in, as in Flink, and results don't swing by it.
 */
export function withoutRetraction(node: GroupAggregateNode): boolean[] {
  const directions = directionsOf(node);
  return node.aggregates.map(({ name }, i) => {
    const direction = directions?.[node.keys.length + i];
    return (name === 'MAX' && direction === 'increasing') || (name === 'MIN' && direction === 'decreasing');
  });
}

function directionsOf(node: PlanNode): readonly Direction[] | null {
  if (isInsertOnly(changelogOf(node))) return node.fields.map(() => 'constant');
  switch (node.kind) {
    case 'watermark':
      return directionsOf(node.input);
    case 'calc':
      return calcDirections(node);
    case 'deduplicate':
      return node.fields.map((_, column) => (node.keys.includes(column) ? 'constant' : null));
    case 'group_aggregate': {
      const below = directionsOf(node.input);
      if (below === null || node.keys.some((key) => below[key] !== 'constant')) return null;
      const directions = node.aggregates.map((call) => aggregated(call, below, node.input));
      return [...node.keys.map((): Direction => 'constant'), ...directions];
    }
    default:
      return null;
  }
}

function calcDirections({ input, predicate, projections }: CalcNode): readonly Direction[] | null {
  const below = directionsOf(input);
  if (below === null) return null;
  if (predicate !== null && mayTurnFalse(predicate, below)) return null;
  return projections.map((projection) => projected(projection, below));
}

/** Whether an update may make a condition false that was true: rows come and go by it then. */
function mayTurnFalse(condition: Expression, below: readonly Direction[]): boolean {
  if ([...columnsOf(condition)].every((column) => below[column] === 'constant')) return false;
  if (condition.kind === 'and' || condition.kind === 'or')
    return condition.args.some((arg) => mayTurnFalse(arg, below));
  if (condition.kind !== 'call') return true;
  const [left, right] = condition.args.map((arg) => projected(arg, below)) as [Direction, Direction];
  const rises = (direction: Direction): boolean => direction === 'constant' || direction === 'increasing';
  const falls = (direction: Direction): boolean => direction === 'constant' || direction === 'decreasing';
  if (condition.name === '>' || condition.name === '>=') return !(rises(left) && falls(right));
  return !((condition.name === '<' || condition.name === '<=') && falls(left) && rises(right));
}

function projected(expression: Expression, below: readonly Direction[]): Direction {
  if (expression.kind === 'column') return below[expression.index]!;
  if (expression.kind === 'literal') return 'constant';
  return expression.kind === 'cast' ? projected(expression.arg, below) : null;
}

function aggregated({ name, args }: AggregateCall, below: readonly Direction[], input: PlanNode): Direction {
  if (name === 'COUNT') return 'increasing';
  const [argument] = args;
  if (argument === undefined) return null;
  const rises = name === 'MAX' || (name === 'SUM' && isNotNegative(input, argument));
  const own = rises ? 'increasing' : name === 'MIN' ? 'decreasing' : null;
  const direction = below[argument]!;
  return direction === 'constant' || direction === own ? own : null;
}
