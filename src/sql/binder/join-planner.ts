/** Which kind of join two relations and a condition make: of windows, of intervals, or of all rows. */
import { EngineError } from '../../model/errors.ts';
import { columnRef, type Expression, remapColumns } from '../../model/expression.ts';
import type { IntervalJoinNode, JoinType, PlanNode, RegularJoinNode, SideTtls } from '../../model/plan.ts';
import { formatType, sameType } from '../../model/types.ts';
import { changelogOf, isInsertOnly } from '../planner/changelog.ts';
import { conjunctionOf } from './conjuncts.ts';
import { intervalBounds } from './interval-bounds.ts';
import { type KeyPair, splitKeys } from './join-keys.ts';
import { outputFields } from './joined-fields.ts';
import { type Relation, select } from './relation.ts';
import { fieldsOf, plainField, type RelationField } from './scope.ts';
import { asWindowJoin } from './window-columns.ts';

export type PlannedJoin = Readonly<{
  join: JoinType;
  left: Relation;
  right: Relation;
  /** Over the left fields, then the right ones. */
  conjuncts: readonly Expression[];
  ttls?: SideTtls | undefined;
}>;

/** Its row: the left fields, then (but for semi and anti joins) the right ones. */
export function planJoin(planned: PlannedJoin): Relation {
  const { join, left, right, conjuncts } = planned;
  const interval = join === 'semi' || join === 'anti' ? null : intervalBounds(conjuncts, left.fields, right.fields);
  const regular = withKeys({ ...planned, conjuncts: interval?.rest ?? conjuncts });
  const window = interval === null ? asWindowJoin(regular.node, regular.left, regular.right) : null;
  if (window !== null) return trimmed(window, planned, true);
  if (interval === null) return trimmed({ ...regular.node, ttls: planned.ttls }, planned, false);
  checkTimes(interval, planned);
  const { leftTime, rightTime, lowerMs, upperMs } = interval;
  const isRowtime = left.fields[leftTime]!.rowtime;
  const times = isRowtime ? { leftTime, rightTime } : { leftTime: null, rightTime: null };
  const node: IntervalJoinNode = { ...regular.node, kind: 'interval_join', ...times, lowerMs, upperMs };
  return trimmed(node, planned, true);
}

type WithKeys = Readonly<{
  node: RegularJoinNode;
  left: readonly RelationField[];
  right: readonly RelationField[];
}>;

/** Keys become columns of their sides, behind those that are there. */
function withKeys({ join, left, right, conjuncts }: PlannedJoin): WithKeys {
  const { keys, rest } = splitKeys(conjuncts, left.fields.length);
  const [leftSide, rightSide] = [
    keyed(
      left,
      keys.map((pair) => pair.left),
    ),
    keyed(
      right,
      keys.map((pair) => pair.right),
    ),
  ];
  const width = left.fields.length;
  const shift = leftSide.fields.length - width;
  const condition = conjunctionOf(rest.map((each) => remapColumns(each, (c) => (c < width ? c : c + shift))));
  const fields = outputFields(join, leftSide.fields, rightSide.fields);
  const node: RegularJoinNode = {
    kind: 'join',
    join,
    left: leftSide.node,
    right: rightSide.node,
    leftKeys: leftSide.places,
    rightKeys: rightSide.places,
    nullSafe: keys.map(({ nullSafe }: KeyPair) => nullSafe),
    condition,
    fields: fieldsOf(fields),
  };
  return { node, left: leftSide.fields, right: rightSide.fields };
}

export type Keyed = Relation & Readonly<{ places: readonly number[] }>;

/** A relation with the values of these keys among its columns: columns as they are, all else appended. */
export function keyed(relation: Relation, keys: readonly Expression[]): Keyed {
  const appended: Expression[] = [];
  const places = keys.map((key) => {
    if (key.kind === 'column') return key.index;
    return relation.fields.length + appended.push(key) - 1;
  });
  if (appended.length === 0) return { ...relation, places };
  const fields = [...relation.fields, ...appended.map(({ type }, i) => plainField(`$key${i}`, type))];
  const kept = relation.fields.map(({ type }, index) => columnRef(index, type));
  return { ...select(relation.node, { predicate: null, projections: [...kept, ...appended], fields }), places };
}

type JoinNode = Extract<PlanNode, { kind: 'join' | 'interval_join' | 'window_join' | 'temporal_join' }>;

/**
 * Without the keys that were appended. A regular join says nothing of time any more: its rows come in any order. The time of processing
 * stays one.
 */
function trimmed(node: JoinNode, { join, left, right }: PlannedJoin, keepsTime: boolean): Relation {
  const fields = outputFields(join, left.fields, right.fields).map((field) => ({
    ...field,
    rowtime: field.rowtime && keepsTime,
  }));
  return withoutKeys(node, left.fields.length, fields);
}

/** The columns of `fields`: the first of the left side, then those of the right one. */
export function withoutKeys(node: JoinNode, leftWidth: number, fields: readonly RelationField[]): Relation {
  if (node.fields.length === fields.length) return { node: { ...node, fields: fieldsOf(fields) }, fields };
  const appended = node.left.fields.length - leftWidth;
  const projections = fields.map(({ type }, i) => columnRef(i < leftWidth ? i : i + appended, type));
  return select(node, { predicate: null, projections, fields });
}

function checkTimes(
  { leftTime, rightTime }: Readonly<{ leftTime: number; rightTime: number }>,
  { left, right, conjuncts }: PlannedJoin,
): void {
  const position = conjuncts.find((each) => each.position !== undefined)?.position;
  const [a, b] = [left.fields[leftTime]!.type, right.fields[rightTime]!.type];
  if (a.kind !== b.kind && !sameType(a, b, { ignoreNullability: true })) {
    const message = `an interval join: expected two rowtimes of one type, got ${formatType(a)} and ${formatType(b)}`;
    throw new EngineError('SQL_VALIDATION', message, { position });
  }
  for (const side of [left, right]) {
    if (isInsertOnly(changelogOf(side.node))) continue;
    throw new EngineError('SQL_VALIDATION', 'an interval join takes only inserts, but one of its inputs is updated', {
      position,
      hint: 'CAST one of the times to TIMESTAMP(3): then it is a regular join, which takes changes.',
    });
  }
}
