/**
 * Columns that are bounds of windows: what a window function, or an operator over windows, gives and projections pass on. By them is known
 * where rows belong to windows already: aggregations, joins, Top-N and deduplication then go by these. (Flink's FlinkRelMdWindowProperties.)
 */
import type {
  PlanNode,
  RegularJoinNode,
  WindowColumns,
  WindowDefinition,
  WindowJoinNode,
  WindowProperty,
} from '../../model/plan.ts';
import { type DataType, types } from '../../model/types.ts';
import { changelogOf, isInsertOnly } from '../planner/changelog.ts';
import type { Relation } from './relation.ts';
import { plainField, type RelationField, type WindowColumn } from './scope.ts';

export const windowProperties: readonly WindowProperty[] = ['window_start', 'window_end', 'window_time'];

export type WindowOfTime = Readonly<{ window: WindowDefinition; time: DataType; processingTime: boolean }>;

/** The column of a window's property, by the time attribute that the windows were made of. */
export function propertyField(property: WindowProperty, { window, time, processingTime }: WindowOfTime): RelationField {
  const isTime = property === 'window_time';
  return {
    ...plainField(property, propertyType(property, time)),
    rowtime: isTime && !processingTime,
    proctime: isTime && processingTime,
    window: { property, window, zoned: time.kind === 'timestamp_ltz', processingTime },
  };
}

export function propertyType(property: WindowProperty, time: DataType): DataType {
  const isInstant = property === 'window_time' && time.kind === 'timestamp_ltz';
  return isInstant ? types.timestampLtz(3, false) : types.timestamp(3, false);
}

/**
 * A window's bounds among some columns of a row, the first such pair; null where there are none. Windows of processing time are none: no
 * watermark says that they have ended, so that what is made of them goes on for ever, and is updated. Nor are bounds that an outer join may
 * have left out.
 */
export function windowAmong({ node, fields }: Relation, columns: readonly number[]): WindowColumns | null {
  if (!comesInTime(node)) return null;
  for (const start of columns) {
    const { window: of, type } = fields[start]!;
    if (of?.property !== 'window_start' || of.processingTime || type.nullable) continue;
    const end = columns.find((column) => isBound(fields[column]!.window, 'window_end', of));
    if (end !== undefined) return { start, end, zoned: of.zoned };
  }
  return null;
}

/** Whether each row comes before the watermark that passes its window: not where it waits for rows of other windows. */
function comesInTime(node: PlanNode): boolean {
  switch (node.kind) {
    case 'window':
    case 'window_aggregate':
    case 'window_join':
      return true;
    case 'rank':
    case 'deduplicate':
      return node.window !== null;
    case 'calc':
    case 'expand':
    case 'correlate':
    case 'lookup_join':
      return comesInTime(node.input);
    case 'temporal_join':
      return comesInTime(node.left);
    case 'union':
      return node.inputs.every(comesInTime);
    default:
      return false;
  }
}

function isBound(column: WindowColumn | null, property: WindowProperty, of: WindowColumn): boolean {
  return column !== null && column.property === property && sameWindows(column, of);
}

/** Whether two columns are of windows that are made alike: then equal bounds are equal windows. */
export function sameWindows(a: WindowColumn, b: WindowColumn): boolean {
  return a.zoned === b.zoned && JSON.stringify(a.window) === JSON.stringify(b.window);
}

/**
 * The join as a window join, where start and end of windows that are made alike are among its keys; else null, also where rows change. The
 * fields are those of its two sides.
 */
export function asWindowJoin(
  join: RegularJoinNode,
  left: readonly RelationField[],
  right: readonly RelationField[],
): WindowJoinNode | null {
  const { leftKeys, rightKeys, nullSafe } = join;
  const sides = [join.left, join.right];
  if (!sides.every(comesInTime) || !sides.map(changelogOf).every(isInsertOnly)) return null;
  const pairs = leftKeys.map((key, i) => ({ left: left[key]!.window, right: right[rightKeys[i]!]!.window, i }));
  for (const start of pairs) {
    if (
      start.left?.property !== 'window_start' ||
      start.left.processingTime ||
      !isBound(start.right, 'window_start', start.left)
    )
      continue;
    const of = start.left;
    const end = pairs.find((pair) => isBound(pair.left, 'window_end', of) && isBound(pair.right, 'window_end', of));
    if (end === undefined) continue;
    const isKey = (_: unknown, i: number): boolean => i !== start.i && i !== end.i;
    return {
      ...join,
      kind: 'window_join',
      leftKeys: leftKeys.filter(isKey),
      rightKeys: rightKeys.filter(isKey),
      nullSafe: nullSafe.filter(isKey),
      leftWindow: { start: leftKeys[start.i]!, end: leftKeys[end.i]!, zoned: of.zoned },
      rightWindow: { start: rightKeys[start.i]!, end: rightKeys[end.i]!, zoned: of.zoned },
    };
  }
  return null;
}
