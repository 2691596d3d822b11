/**
 * Top-N: a filter on the row number of an OVER window becomes a `rank` node, or `deduplicate` where it is the first row by a time attribute.
 * Flink's FlinkLogicalRankRule, applied where the filter is bound.
 */
import { assert, type Position } from '../../model/errors.ts';
import { columnRef, columnsOf, type Expression, literal, substitute } from '../../model/expression.ts';
import type { CalcNode, OverNode, PlanNode, WindowColumns } from '../../model/plan.ts';
import { isInteger, types } from '../../model/types.ts';
import { sqlError, unsupported } from '../excerpt.ts';
import { changelogOf, isInsertOnly } from '../planner/changelog.ts';
import { logic } from './expression-binder.ts';
import type { Relation } from './relation.ts';

export type RankedInput = Readonly<{ input: Relation; predicate: Expression | null }>;

/** Rows of the ranks that a filter lets through, and what of the filter is left. Where it is no Top-N both stay. */
export function rankFiltered(input: Relation, predicate: Expression | null): RankedInput {
  if (predicate === null) return { input, predicate };
  const found = rankBelow(input.node);
  if (found === null) return { input, predicate };
  const { over, calcs } = found;
  const rank = over.fields.length - 1;
  const conjuncts = predicate.kind === 'and' ? predicate.args : [predicate];
  const lowered = conjuncts.map((conjunct) => calcs.reduce((e, calc) => substitute(e, calc.projections), conjunct));
  const isOfRank = lowered.map((conjunct) => columnsOf(conjunct).has(rank));
  const bounds = lowered.filter((_, i) => isOfRank[i]).map((conjunct) => boundsOf(conjunct, rank));
  if (bounds.length === 0 || bounds.includes(null)) return { input, predicate };
  const ranked = rankNode(over, bounds as Bounds[], predicate.position ?? over.binding!.position);
  const node = calcs.reduceRight<PlanNode>((below, calc) => ({ ...calc, input: below }), ranked);
  const rest = conjuncts.filter((_, i) => !isOfRank[i]);
  return { input: { node, fields: input.fields }, predicate: rest.length === 0 ? null : logic('and', rest) };
}

const rankFunctions: ReadonlySet<string> = new Set(['ROW_NUMBER', 'RANK', 'DENSE_RANK']);

/** An OVER whose only function is a rank, through the calcs on it, the topmost first. */
function rankBelow(top: PlanNode): { over: OverNode; calcs: readonly CalcNode[] } | null {
  const calcs: CalcNode[] = [];
  let node = top;
  while (node.kind === 'calc') {
    calcs.push(node);
    node = node.input;
  }
  if (node.kind !== 'over' || node.aggregates.length !== 1) return null;
  return rankFunctions.has(node.aggregates[0]!.name) ? { over: node, calcs } : null;
}

/** `column`: the end is its value. */
type Bounds = Readonly<{ from: number; to: number; column?: number }>;

const flipped: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=': '=' };

/** `rank <op> constant`, either way round; null: something else. */
function boundsOf(condition: Expression, rank: number): Bounds | null {
  if (condition.kind !== 'call' || condition.args.length !== 2) return null;
  const [left, right] = condition.args as [Expression, Expression];
  const isLeft = left.kind === 'column' && left.index === rank;
  const other = isLeft ? right : left;
  if (!isLeft && !(right.kind === 'column' && right.index === rank)) return null;
  const operator = isLeft ? condition.name : flipped[condition.name];
  const column = integerColumn(other);
  if (column !== null) return operator === '<=' && column < rank ? { from: 1, to: Infinity, column } : null;
  if (other.kind !== 'literal' || !Number.isSafeInteger(other.value)) return null;
  const value = other.value as number;
  switch (operator) {
    case '<':
      return { from: 1, to: value - 1 };
    case '<=':
      return { from: 1, to: value };
    case '>':
      return { from: value + 1, to: Infinity };
    case '>=':
      return { from: value, to: Infinity };
    case '=':
      return { from: value, to: value };
    default:
      return null;
  }
}

function integerColumn(expression: Expression): number | null {
  if (!isInteger(expression.type)) return null;
  if (expression.kind === 'cast') return integerColumn(expression.arg);
  return expression.kind === 'column' ? expression.index : null;
}

/** A node with the fields of the OVER. */
function rankNode(over: OverNode, bounds: readonly Bounds[], position: Position): PlanNode {
  const { name } = over.aggregates[0]!;
  const from = Math.max(1, ...bounds.map((bound) => bound.from));
  const to = Math.min(...bounds.map((bound) => bound.to));
  const [only] = bounds;
  const endColumn = bounds.length === 1 ? only?.column : undefined;
  if (name !== 'ROW_NUMBER') {
    throw unsupported(`${name}() of a Top-N`, over.binding!.position, 'Flink ranks streams by ROW_NUMBER() only.');
  }
  if (endColumn !== undefined) return variableRank(over, endColumn);
  if (to === Infinity) {
    const hint = 'A Top-N has an upper bound: WHERE row_num <= 10.';
    throw unsupported('a filter on ROW_NUMBER without an end of the ranks', position, hint);
  }
  if (to < 1) throw sqlError('SQL_VALIDATION', `the end of the ranks: expected 1 or more, got ${to}`, position);
  const { input, fields } = over;
  const windowed = isInsertOnly(changelogOf(input)) ? over.binding!.window : null;
  const partition =
    windowed === null ? over.partition : over.partition.filter((c) => c !== windowed.start && c !== windowed.end);
  if (from !== to) {
    const order = isArrival(over) ? [] : over.order;
    return { kind: 'rank', input, partition, order, from, to, outputRank: true, window: windowed, fields };
  }
  return withRank(over, single(over, partition, from, windowed), from);
}

/** Each partition has an end of its own. */
function variableRank(over: OverNode, endColumn: number): PlanNode {
  const { input, partition, fields } = over;
  const order = isArrival(over) ? [] : over.order;
  const range = { from: 1, to: 1, endColumn, outputRank: true };
  return { kind: 'rank', input, partition, order, ...range, window: null, fields };
}

/** The rows of one rank. */
function single(over: OverNode, partition: readonly number[], place: number, window: WindowColumns | null): PlanNode {
  const { input, order, time } = over;
  const { fields } = input;
  if (place === 1 && time !== null && isInsertOnly(changelogOf(input))) {
    const [{ column, descending }] = order as [OverNode['order'][number]];
    const keep = descending ? 'last' : 'first';
    return {
      kind: 'deduplicate',
      input,
      keys: partition,
      keep,
      time: time === 'rowtime' ? column : null,
      window,
      fields,
    };
  }
  const sort = isArrival(over) ? [] : order;
  return { kind: 'rank', input, partition, order: sort, from: place, to: place, outputRank: false, window, fields };
}

/** Ascending processing time is the order of arrival. */
function isArrival({ time, order }: OverNode): boolean {
  return time === 'proctime' && !order[0]!.descending;
}

/** The rank is a constant then. */
function withRank({ fields }: OverNode, input: PlanNode, rank: number): CalcNode {
  assert(input.fields.length === fields.length - 1, () => 'the rank is the last column');
  const projections = [
    ...input.fields.map(({ type }, index) => columnRef(index, type)),
    literal(rank, types.of('bigint', false)),
  ];
  return { kind: 'calc', input, predicate: null, projections, fields };
}
