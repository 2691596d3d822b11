/** What a SELECT stands on: FROM with its joins, the sub-queries of WHERE and of the list, and what is left of WHERE. */
import type { Expression } from '../../model/expression.ts';
import type { SelectQuery } from '../ast.ts';
import { conjunctionOf, conjunctsOf, sqlConjuncts } from './conjuncts.ts';
import type { BindQuery } from './environment.ts';
import { ExpressionBinder } from './expression-binder.ts';
import type { FromBinder } from './from-binder.ts';
import { planTree, treeFields } from './join-tree.ts';
import { bindMembership, isMembership } from './membership.ts';
import type { Relation } from './relation.ts';
import { liftScalars } from './scalar-subquery.ts';
import { Scope } from './scope.ts';

/** `query`: with its scalar sub-queries made columns of `from`. `where`: over `from`. */
export type QuerySource = Readonly<{ query: SelectQuery; from: Relation; where: Expression | null }>;

export function bindSource(query: SelectQuery, fromBinder: FromBinder, bindQuery: BindQuery): QuerySource {
  const conditions = sqlConjuncts(query.where);
  const memberships = conditions.filter(isMembership);
  const plain = conditions.filter((condition) => !isMembership(condition));
  const lifted = liftScalars({ items: query.items, plain }, fromBinder.tree(query.from!), { fromBinder, bindQuery });
  const { tree } = lifted;
  const binder = new ExpressionBinder(new Scope(treeFields(tree)));
  const conjuncts = lifted.plain.flatMap((each) => conjunctsOf(binder.condition(each, 'WHERE')));
  const source = { ...query, items: lifted.items };
  if (tree.kind === 'leaf' && memberships.length === 0) {
    return { query: source, from: tree.relation, where: conjunctionOf(conjuncts) };
  }
  const joined = planTree(tree, conjuncts);
  const from = memberships.reduce(
    (relation, each) => bindMembership(each, relation, { fromBinder, bindQuery }),
    joined,
  );
  return { query: source, from, where: null };
}
