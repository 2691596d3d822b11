/**
 * LATERAL with a query: the rows of the query that belong to each row on its left. Without the conditions that tie it to the left it gives the
 * rows of every key; they are joined by the key. LIMIT holds for each key: a Top-N.
 */
import { columnRef, type Expression } from '../../model/expression.ts';
import type { PlanNode } from '../../model/plan.ts';
import type { SelectItem, SelectQuery, SqlQuery } from '../ast.ts';
import { unsupported } from '../excerpt.ts';
import { conjunctionOfSql, type Tie, tiesOf } from './correlated-scalar.ts';
import { ExpressionBinder } from './expression-binder.ts';
import { bindCall } from './function-call.ts';
import type { Relation } from './relation.ts';
import { type RelationField, Scope } from './scope.ts';
import { folds, type SubqueryBinders } from './subquery.ts';

/** `relation`: the query's columns, then `keys` more. `conjuncts`: over the left fields, then those of `relation`. */
export type LateralSide = Readonly<{ relation: Relation; keys: number; conjuncts: readonly Expression[] }>;

export function lateralSide(
  query: SqlQuery,
  left: readonly RelationField[],
  { fromBinder, bindQuery }: SubqueryBinders,
): LateralSide {
  const inner = query.kind === 'ordered' ? query.input : query;
  const { ties, own } =
    inner.kind === 'select' && inner.from !== null
      ? tiesOf(inner, inner.from, left, fromBinder)
      : { ties: [], own: [] };
  if (inner.kind !== 'select' || ties.length === 0) return { relation: bindQuery(query), keys: 0, conjuncts: [] };
  refuseFolds(inner);
  const keyed = withKeys(inner, ties, conjunctionOfSql(own, inner.position));
  const bound = bindQuery(query.kind === 'ordered' ? { ...query, input: keyed } : keyed);
  const first = bound.fields.length - ties.length;
  const partition = ties.map((_, i) => first + i);
  const isLimited = query.kind === 'ordered' && query.limit !== null;
  const relation = isLimited ? { ...bound, node: limitedBy(bound.node, partition) } : bound;
  return { relation, keys: ties.length, conjuncts: equalities(ties, relation, left) };
}

/** An aggregate without groups has a row for no rows, too; an OVER window would be of all keys. */
function refuseFolds({ groupBy, having, qualify, items, position }: SelectQuery): void {
  const isGlobal = groupBy === null && (having !== null || folds(items));
  if (!isGlobal && qualify === null) return;
  throw unsupported('LATERAL with an aggregate without GROUP BY, OVER or QUALIFY', position, 'Write it as a join.');
}

function withKeys(query: SelectQuery, ties: readonly Tie[], where: SelectQuery['where']): SelectQuery {
  const { position, groupBy } = query;
  const keys = ties.map(
    ({ inner }, i): SelectItem => ({
      kind: 'expression',
      expression: inner,
      alias: { name: `$key${i}`, position },
      position,
    }),
  );
  const groups = ties.map(({ inner }) => ({ kind: 'expression', expression: inner, position }) as const);
  const grouped = groupBy === null ? null : { ...groupBy, items: [...groupBy.items, ...groups] };
  return { ...query, items: [...query.items, ...keys], where, groupBy: grouped };
}

/** What LIMIT became, for each key of its own. */
function limitedBy(node: PlanNode, partition: readonly number[]): PlanNode {
  switch (node.kind) {
    case 'calc':
      return { ...node, input: limitedBy(node.input, partition) };
    case 'rank':
      return { ...node, partition };
    case 'limit':
      return { ...node, kind: 'rank', partition, order: [], outputRank: false, window: null };
    default:
      return node; // LIMIT 0: there are no rows
  }
}

function equalities(ties: readonly Tie[], { fields }: Relation, left: readonly RelationField[]): Expression[] {
  const binder = new ExpressionBinder(new Scope(left));
  const first = fields.length - ties.length;
  return ties.map(({ outer, position }, i) => {
    const key = columnRef(left.length + first + i, fields[first + i]!.type);
    return bindCall('=', [binder.bind(outer), key], position);
  });
}
