/**
 * FROM with its joins, before it is known which kind of join each becomes: conditions of WHERE are still to come down to it, and may make
 * an interval join of a comma.
 */
import { columnRef, type Expression, remapColumns } from '../../model/expression.ts';
import type { JoinType, SideTtls } from '../../model/plan.ts';
import { conjunctionOf, rejectsNulls, sideOf } from './conjuncts.ts';
import { type OrderedJoin, orderedJoin } from './join-order.ts';
import { planJoin } from './join-planner.ts';
import { joinedFields } from './joined-fields.ts';
import { rankFiltered } from './rank-rule.ts';
import { filter, type Relation, select } from './relation.ts';
import type { RelationField } from './scope.ts';

export type JoinTree =
  | Readonly<{ kind: 'leaf'; relation: Relation }>
  /** `conjuncts`: of ON, over the left fields, then the right ones. */
  | Readonly<{
      kind: 'join';
      join: Exclude<JoinType, 'semi' | 'anti'>;
      left: JoinTree;
      right: JoinTree;
      conjuncts: readonly Expression[];
      ttls?: SideTtls | undefined;
    }>
  /** The right side is made for each left row: its columns stand behind the left ones. */
  | Readonly<{
      kind: 'dependent';
      left: JoinTree;
      fields: readonly RelationField[];
      plan: (left: Relation) => Relation;
    }>;

export function treeFields(tree: JoinTree): readonly RelationField[] {
  switch (tree.kind) {
    case 'leaf':
      return tree.relation.fields;
    case 'dependent':
      return tree.fields;
    case 'join':
      return joinedFields(tree.join, treeFields(tree.left), treeFields(tree.right));
  }
}

/** The plan of the tree and of conditions over its row, each as far down as it keeps its meaning. */
export function planTree(tree: JoinTree, conjuncts: readonly Expression[]): Relation {
  switch (tree.kind) {
    case 'leaf':
      return filtered(tree.relation, conjuncts);
    case 'dependent': {
      const width = treeFields(tree.left).length;
      const [below, above] = split(conjuncts, (conjunct) => sideOf(conjunct, width) === 'left');
      return filtered(tree.plan(planTree(tree.left, below)), above);
    }
    case 'join': {
      const ordered = tree.join === 'inner' ? orderedJoin(tree, conjuncts, (side) => treeFields(side).length) : null;
      return ordered === null ? planJoinTree(tree, conjuncts) : planOrdered(ordered);
    }
  }
}

function planOrdered({ tree, conjuncts, columns }: OrderedJoin): Relation {
  const { node, fields } = planTree(tree, conjuncts);
  const projections = columns.map((column) => columnRef(column, fields[column]!.type));
  return select(node, { predicate: null, projections, fields: columns.map((column) => fields[column]!) });
}

/** A condition on one side goes below the join where no row of that side is padded by it. */
function planJoinTree(tree: Extract<JoinTree, { kind: 'join' }>, conjuncts: readonly Expression[]): Relation {
  const width = treeFields(tree.left).length;
  const join = simplified(tree.join, conjuncts, width);
  const [keepsLeft, keepsRight] = [join === 'inner' || join === 'left', join === 'inner' || join === 'right'];
  const side = (conjunct: Expression): string => sideOf(conjunct, width);
  const [leftWhere, notLeft] = split(conjuncts, (each) => keepsLeft && side(each) === 'left');
  const [rightWhere, above] = split(notLeft, (each) => keepsRight && side(each) === 'right');
  const [joining, after] = split(above, (each) => join === 'inner' && side(each) !== 'none');
  const [leftOn, onRest] = split(tree.conjuncts, (each) => keepsRight && side(each) === 'left');
  const [rightOn, on] = split(onRest, (each) => keepsLeft && side(each) === 'right');
  const left = planTree(tree.left, [...leftWhere, ...leftOn]);
  const right = planTree(
    tree.right,
    [...rightWhere, ...rightOn].map((each) => remapColumns(each, (c) => c - width)),
  );
  return filtered(planJoin({ join, left, right, conjuncts: [...on, ...joining], ttls: tree.ttls }), after);
}

/** An outer join whose padded rows no condition lets pass is none. */
function simplified(
  join: Exclude<JoinType, 'semi' | 'anti'>,
  conjuncts: readonly Expression[],
  width: number,
): Exclude<JoinType, 'semi' | 'anti'> {
  const refuses = (isNull: (column: number) => boolean): boolean =>
    conjuncts.some((each) => rejectsNulls(each, isNull));
  const needsLeft = (join === 'right' || join === 'full') && refuses((column) => column < width);
  const needsRight = (join === 'left' || join === 'full') && refuses((column) => column >= width);
  if (join === 'full') return needsLeft && needsRight ? 'inner' : needsLeft ? 'left' : needsRight ? 'right' : 'full';
  return needsLeft || needsRight ? 'inner' : join;
}

function filtered(relation: Relation, conjuncts: readonly Expression[]): Relation {
  const { input, predicate } = rankFiltered(relation, conjunctionOf(conjuncts));
  return predicate === null ? input : filter(input, predicate);
}

function split<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
