/** What a SELECT stands on: FROM with its joins, the sub-queries of WHERE and of the list, and what is left of WHERE. */
import type { Expression } from '../../model/expression.ts';
import type { SelectQuery } from '../ast.ts';
import { conjunctionOf, conjunctsOf, sqlConjuncts } from './conjuncts.ts';
import { ExpressionBinder } from './expression-binder.ts';
import { type JoinTree, planTree, treeFields } from './join-tree.ts';
import { bindMembership, isMembership, testedOf, withTested } from './membership.ts';
import type { Relation } from './relation.ts';
import { liftScalars } from './scalar-subquery.ts';
import { Scope } from './scope.ts';
import type { SubqueryBinders } from './subquery.ts';

/** `query`: with its scalar sub-queries made columns of `from`. `where`: over `from`. */
export type QuerySource = Readonly<{ query: SelectQuery; from: Relation; where: Expression | null }>;

/** `from`: what stands in FROM. */
export function bindSource(query: SelectQuery, from: JoinTree, binders: SubqueryBinders): QuerySource {
  const conditions = sqlConjuncts(query.where);
  const memberships = conditions.filter(isMembership);
  const plain = conditions.filter((condition) => !isMembership(condition));
  const tested = memberships.map(testedOf);
  const lifted = liftScalars({ items: query.items, plain, tested }, from, binders);
  const { tree } = lifted;
  const binder = new ExpressionBinder(new Scope(treeFields(tree)));
  const conjuncts = lifted.plain.flatMap((each) => conjunctsOf(binder.condition(each, 'WHERE')));
  const source = { ...query, items: lifted.items };
  if (tree.kind === 'leaf' && memberships.length === 0) {
    return { query: source, from: tree.relation, where: conjunctionOf(conjuncts) };
  }
  const joined = planTree(tree, conjuncts);
  const left = memberships
    .map((each, i) => withTested(each, lifted.tested[i]!))
    .reduce((relation, each) => bindMembership(each, relation, binders), joined);
  return { query: source, from: left, where: null };
}
