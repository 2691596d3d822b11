/**
 * The order of inner joins: as they are written, but that a side which no condition ties to those before it waits for one that does. `FROM part,
 * supplier, lineitem` would else pair every part with every supplier.
 */
import { columnsOf, type Expression, remapColumns } from '../../model/expression.ts';
import type { JoinTree } from './join-tree.ts';

type InnerJoin = Extract<JoinTree, { kind: 'join' }>;

/** The sides of inner joins, from left to right, and all conditions over their columns together. `isHinted`: STATE_TTL speaks of a join's sides. */
type Joined = Readonly<{ sides: readonly JoinTree[]; conjuncts: readonly Expression[]; isHinted: boolean }>;

/** `columns`: of each column of the written order, where it is now. */
export type OrderedJoin = Readonly<{ tree: JoinTree; conjuncts: readonly Expression[]; columns: readonly number[] }>;

type WidthOf = (tree: JoinTree) => number;

/** null: the order stays as it is. */
export function orderedJoin(tree: InnerJoin, where: readonly Expression[], widthOf: WidthOf): OrderedJoin | null {
  const { sides, conjuncts, isHinted } = flattened(tree, widthOf);
  if (isHinted) return null;
  const all = [...conjuncts, ...where];
  const starts = startsOf(sides.map(widthOf));
  const order = orderOf(
    sides.length,
    all.map((conjunct) => sidesOf(conjunct, starts)),
  );
  if (order.every((side, place) => side === place)) return null;
  const moved = startsOf(order.map((side) => widthOf(sides[side]!)));
  const columns = sides.flatMap((side, index) =>
    Array.from({ length: widthOf(side) }, (_, column) => moved[order.indexOf(index)]! + column),
  );
  const [first, ...others] = order.map((side) => sides[side]!);
  const joined = others.reduce<JoinTree>(
    (left, right) => ({ kind: 'join', join: 'inner', left, right, conjuncts: [] }),
    first!,
  );
  return { tree: joined, conjuncts: all.map((each) => remapColumns(each, (column) => columns[column]!)), columns };
}

function flattened(tree: JoinTree, widthOf: WidthOf): Joined {
  if (tree.kind !== 'join' || tree.join !== 'inner') return { sides: [tree], conjuncts: [], isHinted: false };
  const [left, right] = [flattened(tree.left, widthOf), flattened(tree.right, widthOf)];
  const width = widthOf(tree.left);
  const ofRight = right.conjuncts.map((each) => remapColumns(each, (column) => column + width));
  return {
    sides: [...left.sides, ...right.sides],
    conjuncts: [...left.conjuncts, ...ofRight, ...tree.conjuncts],
    isHinted: tree.ttls !== undefined || left.isHinted || right.isHinted,
  };
}

/** Where each side's columns begin. */
function startsOf(widths: readonly number[]): number[] {
  let next = 0;
  return widths.map((width) => {
    next += width;
    return next - width;
  });
}

function sidesOf(conjunct: Expression, starts: readonly number[]): ReadonlySet<number> {
  return new Set([...columnsOf(conjunct)].map((column) => starts.findLastIndex((start) => start <= column)));
}

function orderOf(count: number, ties: readonly ReadonlySet<number>[]): number[] {
  const waiting = Array.from({ length: count - 1 }, (_, i) => i + 1);
  const placed = [0];
  while (waiting.length > 0) {
    const tied = waiting.findIndex((side) =>
      ties.some(
        (tie) => tie.size > 1 && tie.has(side) && [...tie].every((each) => each === side || placed.includes(each)),
      ),
    );
    placed.push(...waiting.splice(Math.max(tied, 0), 1));
  }
  return placed;
}
