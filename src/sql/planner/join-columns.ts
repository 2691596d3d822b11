/** Joins of two plans: which columns they read of each side, and how they look over fewer. */
import { columnsOf, remapColumns } from '../../model/expression.ts';
import type {
  IntervalJoinNode,
  PlanNode,
  RegularJoinNode,
  TemporalJoinNode,
  WindowColumns,
  WindowJoinNode,
} from '../../model/plan.ts';

export type PairNode = RegularJoinNode | IntervalJoinNode | WindowJoinNode | TemporalJoinNode;

/** Columns of the left and of the right side, each sorted. */
export type SideColumns = readonly [left: readonly number[], right: readonly number[]];

/** What the join itself reads, and what somebody needs of its row; one column of each side at the least, to count rows by. */
export function sideColumns(node: PairNode, needed: readonly number[]): SideColumns {
  const width = node.left.fields.length;
  const read = [...needed, ...(node.condition === null ? [] : columnsOf(node.condition))];
  const left = read.filter((column) => column < width);
  const right = read.filter((column) => column >= width).map((column) => column - width);
  const [leftTimes, rightTimes] = timeColumns(node);
  return [sorted([...left, ...node.leftKeys, ...leftTimes]), sorted([...right, ...node.rightKeys, ...rightTimes])];
}

function timeColumns(node: PairNode): SideColumns {
  switch (node.kind) {
    case 'interval_join':
    case 'temporal_join':
      return [node.leftTime === null ? [] : [node.leftTime], node.rightTime === null ? [] : [node.rightTime]];
    case 'window_join':
      return [
        [node.leftWindow.start, node.leftWindow.end],
        [node.rightWindow.start, node.rightWindow.end],
      ];
    case 'join':
      return [[], []];
  }
}

function sorted(columns: readonly number[]): number[] {
  return columns.length === 0 ? [0] : [...new Set(columns)].sort((a, b) => a - b);
}

/** The join over sides that have only these columns. */
export function overSides(node: PairNode, sides: readonly [PlanNode, PlanNode], columns: SideColumns): PlanNode {
  const [left, right] = columns;
  const width = node.left.fields.length;
  const ofLeft = (column: number): number => left.indexOf(column);
  const ofRight = (column: number): number => right.indexOf(column);
  const ofBoth = (column: number): number => (column < width ? ofLeft(column) : left.length + ofRight(column - width));
  return {
    ...node,
    ...movedTimes(node, ofLeft, ofRight),
    left: sides[0],
    right: sides[1],
    leftKeys: node.leftKeys.map(ofLeft),
    rightKeys: node.rightKeys.map(ofRight),
    condition: node.condition === null ? null : remapColumns(node.condition, ofBoth),
    fields: rowColumns(node, columns).map((column) => node.fields[column]!),
  } as PlanNode;
}

/** Which columns of its former row the join has, in order. */
export function rowColumns(node: PairNode, [left, right]: SideColumns): readonly number[] {
  if (node.join === 'semi' || node.join === 'anti') return left;
  return [...left, ...right.map((column) => column + node.left.fields.length)];
}

type Move = (column: number) => number;

function movedTimes(node: PairNode, ofLeft: Move, ofRight: Move): object {
  const window = ({ start, end, zoned }: WindowColumns, move: Move): WindowColumns => ({
    start: move(start),
    end: move(end),
    zoned,
  });
  switch (node.kind) {
    case 'interval_join':
    case 'temporal_join':
      return {
        leftTime: node.leftTime === null ? null : ofLeft(node.leftTime),
        rightTime: node.rightTime === null ? null : ofRight(node.rightTime),
      };
    case 'window_join':
      return { leftWindow: window(node.leftWindow, ofLeft), rightWindow: window(node.rightWindow, ofRight) };
    case 'join':
      return {};
  }
}
