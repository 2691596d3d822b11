/** Queries to plans: names resolved, types known, nothing left out yet (planner/prune.ts does that). */
import { commonType } from '../../functions/common-type.ts';
import { columnRef, literal } from '../../model/expression.ts';
import type { PlanNode } from '../../model/plan.ts';
import { formatType, types, withNullable } from '../../model/types.ts';
import type { SelectItem, SelectQuery, SqlExpression, SqlQuery } from '../ast.ts';
import { sqlError, unsupported } from '../excerpt.ts';
import { AggregateBinder, distinctRows, type NamedItem } from './aggregate-binder.ts';
import { coerce } from './coerce.ts';
import type { BindQuery, CommonTables, Environment } from './environment.ts';
import { ExpressionBinder } from './expression-binder.ts';
import { FromBinder } from './from-binder.ts';
import { isAggregate } from './function-call.ts';
import { type JoinTree, treeFields } from './join-tree.ts';
import { hasLiftableSubquery, liftAggregation, withKeyNames } from './lifted-aggregation.ts';
import { liftOver } from './lifted-over.ts';
import { bindOrdered } from './order-binder.ts';
import { selectOver, usesOver, withoutQualifyAliases } from './over-select.ts';
import { checkQueryHints } from './query-hints.ts';
import { bindSource } from './query-source.ts';
import { rankFiltered } from './rank-rule.ts';
import { filter, type Relation, select } from './relation.ts';
import {
  fieldsOf,
  hiddenQualifier,
  plainField,
  projectedField,
  type RelationField,
  Scope,
  visibleColumns,
} from './scope.ts';
import { setOperation } from './set-operation.ts';
import type { SubqueryBinders } from './subquery.ts';

export class QueryBinder {
  readonly #environment: Environment;
  readonly #common: CommonTables;
  readonly #isNested: boolean;

  constructor(environment: Environment, common: CommonTables = new Map(), isNested = false) {
    this.#environment = environment;
    this.#common = common;
    this.#isNested = isNested;
  }

  bind(query: SqlQuery): Relation {
    switch (query.kind) {
      case 'select':
        return this.#select(query);
      case 'values':
        return this.#values(query);
      case 'set_operation':
        return setOperation(query, this.bind(query.left), this.bind(query.right));
      case 'with':
        return this.#with(query);
      case 'ordered':
        return bindOrdered(query, { bind: (input) => this.bind(input), isOutermost: !this.#isNested });
    }
  }

  readonly #nested: BindQuery = (query, tables) => {
    if (tables === undefined) return new QueryBinder(this.#environment, this.#common, true).bind(query);
    return new QueryBinder({ ...this.#environment, tables }, new Map(), true).bind(query);
  };

  #select(query: SelectQuery): Relation {
    checkQueryHints(query.hints ?? []);
    const selected = this.#selectAll(query);
    if (query.distinct === null) return selected;
    return distinctRows(selected, isAggregation(query) ? undefined : this.#ttlOf(query));
  }

  #selectAll(written: SelectQuery): Relation {
    const hasOver = usesOver(written);
    if (hasOver && isAggregation(written)) {
      return this.#selectAll(liftOver(withoutQualifyAliases(written), (...item) => named(...item).name));
    }
    if (written.from === null) return this.#selectWithoutFrom(written);
    const fromBinder = new FromBinder(this.#environment, this.#common, this.#nested);
    const binders = { fromBinder, bindQuery: this.#nested };
    if (isAggregation(written) && hasLiftableSubquery(written)) {
      const { below, above, keys } = liftAggregation(written, (...item) => named(...item).name);
      const aggregated = withKeyNames(this.#selectAll(below), keys, treeFields(fromBinder.tree(written.from)));
      return this.#selectFrom(above, { kind: 'leaf', relation: aggregated }, binders);
    }
    const ttls = fromBinder.ttls(written);
    return this.#selectFrom(written, fromBinder.tree(written.from, ttls), binders, ttls.get(written.from));
  }

  /** What a hint says of the only table in FROM. */
  #ttlOf(query: SelectQuery): number | undefined {
    if (query.from === null) return undefined;
    return new FromBinder(this.#environment, this.#common, this.#nested).ttls(query).get(query.from);
  }

  #selectFrom(written: SelectQuery, tree: JoinTree, binders: SubqueryBinders, ttlMs?: number): Relation {
    const hasOver = usesOver(written);
    const { query, from, where } = bindSource(written, tree, binders);
    const { input, predicate } = rankFiltered(from, where);
    const items = this.#items(query.items, input.fields);
    if (hasOver) return selectOver(query, { input, predicate }, items);
    if (isAggregation(query)) {
      return new AggregateBinder(query, input, this.#environment.settings, ttlMs).bind(predicate, items);
    }
    const binder = new ExpressionBinder(new Scope(from.fields));
    const projections = items.map(({ bind }) => bind(binder));
    const fields = projections.map((projection, i) => projectedField(projection, items[i]!.name, input.fields));
    return select(input.node, { predicate, projections, fields });
  }

  /** One row of constants. */
  #selectWithoutFrom(query: SelectQuery): Relation {
    const binder = new ExpressionBinder(new Scope([]));
    const items = this.#items(query.items, []);
    if (isAggregation(query)) {
      const where = query.where === null ? null : binder.condition(query.where, 'WHERE');
      return new AggregateBinder(query, { node: oneRow, fields: [] }, this.#environment.settings).bind(where, items);
    }
    const row = items.map(({ bind }) => bind(binder));
    const fields = row.map((value, i) => projectedField(value, items[i]!.name, []));
    const relation: Relation = { node: { kind: 'values', rows: [row], fields: fieldsOf(fields) }, fields };
    return query.where === null ? relation : filter(relation, binder.condition(query.where, 'WHERE'));
  }

  /** The list of SELECT with stars spelt out and every column named; a name that comes again gets a number, as in Calcite. */
  #items(items: readonly SelectItem[], fields: readonly RelationField[]): NamedItem[] {
    const spelt = items.flatMap((item, index) => (item.kind === 'star' ? star(item, fields) : [named(item, index)]));
    const used = new Set<string>();
    return spelt.map(({ bind, name }) => {
      let unique = name;
      for (let attempt = 0; used.has(unique); attempt++) unique = `${name}${attempt}`;
      used.add(unique);
      return { bind, name: unique };
    });
  }

  #values({ rows, position }: Extract<SqlQuery, { kind: 'values' }>): Relation {
    const binder = new ExpressionBinder(new Scope([]));
    const bound = rows.map(({ values }) => values.map((value) => binder.bind(value)));
    const width = bound[0]!.length;
    const uneven = bound.findIndex((row) => row.length !== width);
    if (uneven >= 0) {
      const { position: where } = rows[uneven]!;
      throw sqlError(
        'SQL_VALIDATION',
        `VALUES: expected ${width} values as in the first row, got ${bound[uneven]!.length}`,
        where,
      );
    }
    const fields = bound[0]!.map((_, column) => {
      const given = bound.map((row) => row[column]!.type);
      const type = commonType(given);
      if (type !== null) return plainField(`EXPR$${column}`, type);
      const got = given.map((each) => formatType(withNullable(each, true))).join(', ');
      throw sqlError('SQL_VALIDATION', `VALUES: column ${column + 1} has no common type: ${got}`, position);
    });
    const typed = bound.map((row) => row.map((value, column) => coerce(value, fields[column]!.type)));
    return { node: { kind: 'values', rows: typed, fields: fieldsOf(fields) }, fields };
  }

  #with({ recursive, tables, body, position }: Extract<SqlQuery, { kind: 'with' }>): Relation {
    if (recursive) throw unsupported('WITH RECURSIVE', position);
    const common = new Map(this.#common);
    for (const table of tables) {
      const inner = new QueryBinder(this.#environment, new Map(common), true);
      common.set(table.name.name, { table, bind: () => inner.bind(table.query) });
    }
    return new QueryBinder(this.#environment, common, this.#isNested).bind(body);
  }
}

/** What a query without FROM stands on. */
const oneRow: PlanNode = {
  kind: 'values',
  rows: [[literal(0, types.of('int', false))]],
  fields: [{ name: 'ZERO', type: types.of('int', false) }],
};

function isAggregation({ groupBy, having, items }: SelectQuery): boolean {
  const hasAggregate = (item: SelectItem): boolean => item.kind === 'expression' && callsAggregate(item.expression);
  return groupBy !== null || having !== null || items.some(hasAggregate);
}

/** Looks at calls wherever they are in the expression, but not into sub-queries. */
function callsAggregate(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false;
  if (Array.isArray(node)) return node.some(callsAggregate);
  const { kind, call } = node as Partial<Extract<SqlExpression, { kind: 'call' }>>;
  if (kind === 'call' && call !== undefined && call.over === null && isAggregate(call.name.name)) return true;
  if ('query' in node) return false;
  return Object.values(node).some(callsAggregate);
}

function star(
  { qualifier, position }: Extract<SelectItem, { kind: 'star' }>,
  fields: readonly RelationField[],
): NamedItem[] {
  const places = qualifier === null ? visibleColumns(fields) : new Scope(fields).qualified(qualifier);
  if (places.length === 0) throw sqlError('SQL_VALIDATION', 'SELECT *: there is no table', position);
  return places.map((place) => {
    const { name, type } = fields[place]!;
    return { name, bind: () => ({ ...columnRef(place, type), position }) };
  });
}

function named({ expression, alias }: Extract<SelectItem, { kind: 'expression' }>, index: number): NamedItem {
  const bind: NamedItem['bind'] = (binder) => binder.bind(expression);
  if (alias !== null) return { bind, name: alias.name };
  const isHidden = expression.kind === 'name' && expression.name.parts[0]!.name === hiddenQualifier;
  if (expression.kind === 'name' && !isHidden) return { bind, name: expression.name.parts.at(-1)!.name };
  return { bind, name: expression.kind === 'field' ? expression.field.name : `EXPR$${index}` };
}
