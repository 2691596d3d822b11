/**
 * OVER on an aggregation: `SELECT k, RANK() OVER (ORDER BY SUM(v)) … GROUP BY k` becomes a query with OVER on a sub-query with GROUP BY, which
 * computes whatever is not OVER.
 */
import type { Identifier, OrderItem, SelectItem, SelectQuery, SqlCall, SqlExpression } from '../ast.ts';
import { unsupported } from '../excerpt.ts';
import { hasOver, mapParts } from './expression-parts.ts';
import { InnerColumns } from './inner-columns.ts';
import { specificationOf } from './over-window.ts';

type ExpressionItem = Extract<SelectItem, { kind: 'expression' }>;

/** `nameOf`: what SELECT calls an item that has no alias. */
export function liftOver(query: SelectQuery, nameOf: (item: ExpressionItem, index: number) => string): SelectQuery {
  const inner = new LiftedOver(query);
  const items = query.items.map((item, index): SelectItem => {
    if (item.kind === 'star') throw unsupported('SELECT * with OVER on an aggregation', item.position);
    const alias: Identifier = { name: nameOf(item, index), position: item.position };
    return { ...item, expression: inner.lift(item.expression), alias };
  });
  const qualify = query.qualify === null ? null : inner.lift(query.qualify);
  const below: SelectQuery = { ...query, distinct: null, items: inner.items, windows: [], qualify: null };
  const { position } = query;
  return {
    kind: 'select',
    distinct: query.distinct,
    items,
    from: { kind: 'subquery', query: below, lateral: false, alias: null, columns: null, position },
    where: null,
    groupBy: null,
    having: null,
    windows: [],
    qualify,
    position,
  };
}

class LiftedOver {
  readonly #columns = new InnerColumns();
  readonly #query: SelectQuery;

  constructor(query: SelectQuery) {
    this.#query = query;
  }

  get items(): readonly SelectItem[] {
    return this.#columns.items;
  }

  /** The expression over the sub-query: its largest parts without OVER are columns of it. */
  lift(expression: SqlExpression): SqlExpression {
    if (!hasOver(expression)) return this.#columns.of(expression);
    if (expression.kind === 'call' && expression.call.over !== null) {
      return { ...expression, call: this.#liftCall(expression.call) };
    }
    return mapParts(expression, (part) => this.lift(part));
  }

  #liftCall(call: SqlCall): SqlCall {
    const over = call.over!;
    const { partitionBy, orderBy, frame } = specificationOf(over, this.#query.windows);
    const specification = {
      partitionBy: partitionBy.map((expression) => this.#columns.of(expression)),
      orderBy: orderBy.map((item): OrderItem => ({ ...item, expression: this.#columns.of(item.expression) })),
      frame,
    };
    return {
      ...call,
      args: call.args.map((arg) => this.#columns.of(arg)),
      filter: call.filter === null ? null : this.#columns.of(call.filter),
      over: { ...over, name: null, specification },
    };
  }
}
