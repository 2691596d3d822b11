/**
 * OVER in SELECT and QUALIFY. The query becomes: a calc that adds the columns which windows and functions need, the `over` node, and a calc
 * for QUALIFY and SELECT.
 */
import { batchOverFunctions, type OverFunction, overFunction } from '../../functions/over-functions.ts';
import type { Position } from '../../model/errors.ts';
import { columnRef, type Expression, remapColumns } from '../../model/expression.ts';
import type { AggregateCall, OverNode } from '../../model/plan.ts';
import type { SelectQuery, SqlCall } from '../ast.ts';
import { sqlError, unsupported } from '../excerpt.ts';
import { bindAggregate } from './aggregate-call.ts';
import type { WantedAggregate } from './aggregation.ts';
import { ExpressionBinder } from './expression-binder.ts';
import { textOf } from './expression-text.ts';
import { coerceAll, infer } from './function-call.ts';
import { bindWindow, type Framing, type OverWindow, sameWindow, specificationOf } from './over-window.ts';
import { type Relation, select } from './relation.ts';
import { fieldsOf, plainField, type RelationField, Scope } from './scope.ts';
import { windowAmong } from './window-columns.ts';

/** Expressions ask for calls first; then the node is made, and they are brought over its row. */
export class OverBinder {
  readonly #input: Relation;
  readonly #windows: SelectQuery['windows'];
  /** For windows and arguments, in which no OVER can be. */
  readonly #inner: ExpressionBinder;
  readonly #wanted: WantedAggregate[] = [];
  readonly #extra: Expression[] = [];
  #window: OverWindow | null = null;
  #position: Position | null = null;

  constructor(input: Relation, windows: SelectQuery['windows']) {
    this.#input = input;
    this.#windows = windows;
    this.#inner = new ExpressionBinder(new Scope(input.fields));
  }

  /** A binder of expressions that may have OVER: it stands in them as a column behind the input's. */
  expressions(): ExpressionBinder {
    return new ExpressionBinder(new Scope(this.#input.fields), (call, position) =>
      call.over === null ? null : this.#take(call, position),
    );
  }

  /** The input's columns, then what windows and arguments need, then the functions' results; `onRow`: an expression of `expressions` over that. */
  apply(where: Expression | null): Readonly<{ relation: Relation; onRow: (expression: Expression) => Expression }> {
    const { fields } = this.#input;
    const { partition, order, time, frame } = this.#window!;
    const keys = [...new Set(partition.map((expression) => this.#place(expression)))];
    const sort = order.map(({ expression, ...rest }) => ({ column: this.#place(expression), ...rest }));
    const aggregates = this.#wanted.map((wanted) => this.#call(wanted));
    const below = this.#below(where);
    const results = aggregates.map(({ type }, i) => plainField(`over${i}`, type));
    const above = [...below.fields, ...results];
    const node: OverNode = {
      kind: 'over',
      input: below.node,
      partition: keys,
      order: sort,
      time,
      frame,
      aggregates,
      fields: fieldsOf(above),
      binding: { position: this.#position!, window: windowAmong(below, keys) },
    };
    const added = this.#extra.length;
    const move = (column: number): number => (column < fields.length ? column : column + added);
    return { relation: { node, fields: above }, onRow: (expression) => remapColumns(expression, move) };
  }

  #take(call: SqlCall, position: Position): Expression {
    const name = call.name.name.toUpperCase();
    if (batchOverFunctions.has(name)) {
      throw unsupported(
        `${name} OVER`,
        position,
        'It looks at rows that are still to come: Flink has it for bounded inputs only.',
      );
    }
    const ranking = overFunction(name);
    const specification = specificationOf(call.over!, this.#windows);
    const scope = { binder: this.#inner, fields: this.#input.fields, position: call.over!.position };
    const window = bindWindow(specification, framingOf(name, ranking), scope);
    if (this.#window !== null && !sameWindow(this.#window, window)) {
      const hint =
        'PARTITION BY, ORDER BY and frame have to be equal; ROW_NUMBER counts by ROWS, without a frame it is RANGE.';
      throw unsupported('a second OVER window in one query', call.over!.position, hint);
    }
    this.#window ??= window;
    this.#position ??= call.over!.position;
    const retracts = window.frame.preceding === null ? null : 'over a bounded frame';
    const place = { binder: this.#inner, position, retracts };
    const wanted =
      ranking === undefined ? bindAggregate(name, call, place) : this.#bindRanking(ranking, call, position);
    const text = textOf(wanted);
    const known = this.#wanted.findIndex((other) => textOf(other) === text);
    const index = known >= 0 ? known : this.#wanted.push(wanted) - 1;
    return { ...columnRef(this.#input.fields.length + index, wanted.type), position };
  }

  #bindRanking(ranking: OverFunction, call: SqlCall, position: Position): WantedAggregate {
    const { name, usage } = ranking;
    if (call.star || call.distinct || call.filter !== null) {
      throw sqlError('SQL_VALIDATION', `${name}: expected ${usage}`, position);
    }
    const bound = call.args.map((arg) => this.#inner.bind(arg));
    const { args, result: type } = infer(ranking, bound, position);
    return { name, args: coerceAll(bound, args), distinct: false, filter: null, type };
  }

  #call({ name, args, distinct, filter, type }: WantedAggregate): AggregateCall {
    const places = args.map((arg) => this.#place(arg));
    return { name, args: places, distinct, filter: filter === null ? null : this.#place(filter), type };
  }

  /** The column that has the expression's value: of the input, or one more. */
  #place(expression: Expression): number {
    if (expression.kind === 'column') return expression.index;
    const text = textOf(expression);
    const known = this.#extra.findIndex((other) => textOf(other) === text);
    return this.#input.fields.length + (known >= 0 ? known : this.#extra.push(expression) - 1);
  }

  #below(predicate: Expression | null): Relation {
    if (predicate === null && this.#extra.length === 0) return this.#input;
    const { fields } = this.#input;
    const own = fields.map(({ type }, index) => columnRef(index, type));
    const extras = this.#extra.map(({ type }, i): RelationField => plainField(`arg${i}`, type));
    return select(this.#input.node, {
      predicate,
      projections: [...own, ...this.#extra],
      fields: [...fields, ...extras],
    });
  }
}

function framingOf(name: string, ranking: OverFunction | undefined): Framing {
  if (ranking === undefined) return 'free';
  return name === 'ROW_NUMBER' ? 'rows' : 'range';
}
