/** SELECT with OVER: the OVER window's node, then QUALIFY and the list. */
import type { SelectQuery } from '../ast.ts';
import { sqlError } from '../excerpt.ts';
import type { NamedItem } from './aggregate-binder.ts';
import { hasOver, withoutAliases } from './expression-parts.ts';
import { OverBinder } from './over-binder.ts';
import { type RankedInput, rankFiltered } from './rank-rule.ts';
import { type Relation, select } from './relation.ts';
import { projectedField } from './scope.ts';

export function usesOver({ items, qualify }: SelectQuery): boolean {
  const has = hasOver(items) || hasOver(qualify);
  if (has || qualify === null) return has;
  const hint = 'A filter without OVER is WHERE, or HAVING.';
  throw sqlError('SQL_VALIDATION', 'QUALIFY: expected an OVER window in the query', qualify.position, hint);
}

/** QUALIFY in terms of the query's input. A name that is no column of it, but an alias of SELECT, means what SELECT says. */
export function withoutQualifyAliases(query: SelectQuery, columns: ReadonlySet<string> = new Set()): SelectQuery {
  if (query.qualify === null) return query;
  return { ...query, qualify: withoutAliases(query.qualify, query.items, columns) };
}

/** `input`: after FROM, with what WHERE lets through. */
export function selectOver(
  query: SelectQuery,
  { input, predicate }: RankedInput,
  items: readonly NamedItem[],
): Relation {
  const over = new OverBinder(input, query.windows);
  const binder = over.expressions();
  const projections = items.map(({ bind }) => bind(binder));
  const columns = new Set(input.fields.map(({ name }) => name));
  const qualify = withoutQualifyAliases(query, columns).qualify;
  const condition = qualify === null ? null : binder.condition(qualify, 'QUALIFY');
  const { relation, onRow } = over.apply(predicate);
  const ranked = rankFiltered(relation, condition === null ? null : onRow(condition));
  const selected = projections.map(onRow);
  const fields = selected.map((projection, i) => projectedField(projection, items[i]!.name, relation.fields));
  return select(ranked.input.node, { predicate: ranked.predicate, projections: selected, fields });
}
