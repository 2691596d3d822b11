/**
 * OVER on an aggregation: `SELECT k, RANK() OVER (ORDER BY SUM(v)) … GROUP BY k` becomes a query with OVER on a sub-query with GROUP BY, which
 * computes whatever is not OVER.
 */
import type { Identifier, OrderItem, SelectItem, SelectQuery, SqlCall, SqlExpression } from '../ast.ts';
import { unsupported } from '../excerpt.ts';
import { hasOver, mapParts } from './expression-parts.ts';
import { textOf } from './expression-text.ts';
import { specificationOf } from './over-window.ts';

type ExpressionItem = Extract<SelectItem, { kind: 'expression' }>;

/** `nameOf`: what SELECT calls an item that has no alias. */
export function liftOver(query: SelectQuery, nameOf: (item: ExpressionItem, index: number) => string): SelectQuery {
  const inner = new InnerItems(query);
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

class InnerItems {
  readonly items: SelectItem[] = [];
  readonly #query: SelectQuery;
  readonly #names = new Map<string, string>();

  constructor(query: SelectQuery) {
    this.#query = query;
  }

  /** The expression over the sub-query: its largest parts without OVER are columns of it. */
  lift(expression: SqlExpression): SqlExpression {
    if (!hasOver(expression)) return this.#column(expression);
    if (expression.kind === 'call' && expression.call.over !== null) {
      return { ...expression, call: this.#liftCall(expression.call) };
    }
    return mapParts(expression, (part) => this.lift(part));
  }

  #liftCall(call: SqlCall): SqlCall {
    const over = call.over!;
    const { partitionBy, orderBy, frame } = specificationOf(over, this.#query.windows);
    const specification = {
      partitionBy: partitionBy.map((expression) => this.#column(expression)),
      orderBy: orderBy.map((item): OrderItem => ({ ...item, expression: this.#column(item.expression) })),
      frame,
    };
    return {
      ...call,
      args: call.args.map((arg) => this.#column(arg)),
      filter: call.filter === null ? null : this.#column(call.filter),
      over: { ...over, name: null, specification },
    };
  }

  /** Constants stay where they are. */
  #column(expression: SqlExpression): SqlExpression {
    if (expression.kind === 'literal') return expression;
    const { position } = expression;
    const text = textOf(expression);
    let name = this.#names.get(text);
    if (name === undefined) {
      name = `$${this.items.length}`;
      this.#names.set(text, name);
      this.items.push({ kind: 'expression', expression, alias: { name, position }, position });
    }
    return { kind: 'name', name: { parts: [{ name, position }], position }, position };
  }
}
