/** IN, EXISTS and their negations over sub-queries: semi and anti joins. */
import { columnRef, columnsOf, type Expression, remapColumns } from '../../model/expression.ts';
import { types } from '../../model/types.ts';
import type { SelectItem, SelectQuery, SqlExpression, SqlQuery } from '../ast.ts';
import { sqlError } from '../excerpt.ts';
import { conjunctsOf, sqlConjuncts } from './conjuncts.ts';
import { correlatedGroups } from './correlated-scalar.ts';
import { CorrelatedScope } from './correlated-scope.ts';
import { ExpressionBinder, logic } from './expression-binder.ts';
import { bindCall } from './function-call.ts';
import { planJoin } from './join-planner.ts';
import { planTree, treeFields } from './join-tree.ts';
import type { Relation } from './relation.ts';
import { liftScalars } from './scalar-subquery.ts';
import { type RelationField, Scope, visibleColumns } from './scope.ts';
import { folds, type SubqueryBinders } from './subquery.ts';

type Membership = Extract<SqlExpression, { kind: 'in_query' }> | Readonly<{ kind: 'exists'; query: SqlQuery }>;

export function isMembership(condition: SqlExpression): boolean {
  if (condition.kind === 'not') return isMembership(condition.arg);
  return condition.kind === 'in_query' || condition.kind === 'exists';
}

/** What IN asks for among the sub-query's values; null: EXISTS asks for nothing. */
export function testedOf(condition: SqlExpression): SqlExpression | null {
  if (condition.kind === 'not') return testedOf(condition.arg);
  return condition.kind === 'in_query' ? condition.arg : null;
}

/** The condition with something else asked for. */
export function withTested(condition: SqlExpression, tested: SqlExpression | null): SqlExpression {
  if (condition.kind === 'not') return { ...condition, arg: withTested(condition.arg, tested) };
  return condition.kind === 'in_query' && tested !== null ? { ...condition, arg: tested } : condition;
}

/** The rows of `outer` for which the condition holds. */
export function bindMembership(condition: SqlExpression, outer: Relation, binders: SubqueryBinders): Relation {
  let [node, isNegated] = [condition, false];
  while (node.kind === 'not') [node, isNegated] = [node.arg, !isNegated];
  const test = node as Membership;
  if (test.kind === 'in_query' && test.negated) isNegated = !isNegated;
  const inner = innerSide(test.query, outer.fields, binders);
  const equalities = test.kind === 'in_query' ? inEqualities(test, outer, inner, isNegated) : [];
  const conjuncts = [...equalities, ...inner.conjuncts];
  return planJoin({ join: isNegated ? 'anti' : 'semi', left: outer, right: inner.relation, conjuncts });
}

/** The rows of a sub-query, what ties them to the outer row (over both), and the values of its list. */
type InnerSide = Readonly<{
  relation: Relation;
  conjuncts: readonly Expression[];
  values: readonly Expression[];
}>;

function innerSide(query: SqlQuery, outer: readonly RelationField[], binders: SubqueryBinders): InnerSide {
  if (query.kind === 'select' && isPlain(query)) return correlated(query, outer, binders);
  const groups = correlatedGroups(query, outer, binders);
  if (groups !== null) {
    const { relation, conjuncts, keys } = groups;
    return { relation, conjuncts, values: allColumns(relation.fields).slice(keys) };
  }
  const relation = binders.bindQuery(query);
  return { relation, conjuncts: [], values: allColumns(relation.fields) };
}

/** FROM, WHERE and a list, nothing else: such a query can speak of the outer row. */
function isPlain(query: SelectQuery): boolean {
  const { from, groupBy, having, windows, qualify, items } = query;
  return (
    from !== null && groupBy === null && having === null && windows.length === 0 && qualify === null && !folds(items)
  );
}

function correlated(query: SelectQuery, outer: readonly RelationField[], binders: SubqueryBinders): InnerSide {
  const conditions = sqlConjuncts(query.where);
  const written = { items: query.items, plain: conditions.filter((condition) => !isMembership(condition)) };
  const { items, plain, tree } = liftScalars(
    written,
    binders.fromBinder.tree(query.from!, binders.fromBinder.ttls(query)),
    binders,
  );
  const fields = treeFields(tree);
  const binder = new ExpressionBinder(new CorrelatedScope(fields, outer));
  const bound = plain.flatMap((condition) => conjunctsOf(binder.condition(condition, 'WHERE')));
  const isLocal = (conjunct: Expression): boolean => [...columnsOf(conjunct)].every((column) => column < fields.length);
  const local = planTree(tree, bound.filter(isLocal));
  const relation = conditions.filter(isMembership).reduce((below, each) => bindMembership(each, below, binders), local);
  const ties = bound.filter((conjunct) => !isLocal(conjunct));
  const swapped = (column: number): number => (column < fields.length ? outer.length + column : column - fields.length);
  return {
    relation,
    conjuncts: ties.map((tie) => remapColumns(tie, swapped)),
    values: items.flatMap((item) => itemValues(item, fields)),
  };
}

function itemValues(item: SelectItem, fields: readonly RelationField[]): readonly Expression[] {
  const scope = new Scope(fields);
  if (item.kind === 'expression') {
    return [new ExpressionBinder(scope).bind(item.expression)];
  }
  const places = item.qualifier === null ? visibleColumns(fields) : scope.qualified(item.qualifier);
  return places.map((place) => columnRef(place, fields[place]!.type));
}

function allColumns(fields: readonly RelationField[]): Expression[] {
  return fields.map(({ type }, index) => columnRef(index, type));
}

/**
 * `x = y` for each pair. NOT IN is only true where x is known to be none of the values: a NULL on either side is as good as a match, as in
 * Flink's anti join.
 */
function inEqualities(
  { arg, position }: Extract<SqlExpression, { kind: 'in_query' }>,
  outer: Relation,
  { values }: InnerSide,
  isNegated: boolean,
): readonly Expression[] {
  const binder = new ExpressionBinder(new Scope(outer.fields));
  const tested = (arg.kind === 'row' ? arg.args : [arg]).map((each) => binder.bind(each));
  if (tested.length !== values.length) {
    const message = `IN: expected a query of ${tested.length} columns, got ${values.length}`;
    throw sqlError('SQL_VALIDATION', message, position);
  }
  return tested.flatMap((left, i) => {
    const right = remapColumns(values[i]!, (column) => column + outer.fields.length);
    const equal = bindCall('=', [left, right], position);
    if (!isNegated) return conjunctsOf(equal);
    const unknowns = [left, right].filter(({ type }) => type.nullable).map(isNull);
    return [unknowns.length === 0 ? equal : logic('or', [equal, ...unknowns], position)];
  });
}

function isNull(arg: Expression): Expression {
  return { kind: 'is_null', arg, type: types.of('boolean', false) };
}
