/**
 * GROUP BY over windows. The query becomes three nodes: a calc that computes keys, arguments and filters, the windowed aggregation, and
 * a calc for HAVING and SELECT.
 */
import type { Position } from '../../model/errors.ts';
import { columnRef, type Expression, mapChildren } from '../../model/expression.ts';
import type { WindowProperty } from '../../model/plan.ts';
import type { DataType } from '../../model/types.ts';
import type { GroupItem, SelectQuery, SqlCall } from '../ast.ts';
import { sqlError, unsupported } from '../excerpt.ts';
import { Aggregation, type OutputColumn, propertyType, type WantedAggregate } from './aggregation.ts';
import { ExpressionBinder } from './expression-binder.ts';
import { textOf } from './expression-text.ts';
import { aggregateNamed, coerceAll, infer, isAggregate } from './function-call.ts';
import { type Relation, select } from './relation.ts';
import { projectedField, type RelationField, Scope } from './scope.ts';
import { bindGroupWindow, type GroupWindow, windowKind } from './window-function.ts';
import { propertyOf, type WindowInput, windowBelow } from './window-input.ts';

/** An item of SELECT with the name that its column gets. */
export type NamedItem = Readonly<{ bind: (binder: ExpressionBinder) => Expression; name: string }>;

/** What SELECT and HAVING ask for besides columns; bound expressions name it by a column behind the input's. */
type Wanted =
  | Readonly<{ kind: 'aggregate'; aggregate: WantedAggregate }>
  | Readonly<{ kind: 'property'; property: WindowProperty }>;

/** GROUP BY TUMBLE(…): TUMBLE_START(…) and its kin have to agree with its text. */
type NamedGroupWindow = GroupWindow & Readonly<{ name: string; text: string }>;

/** Where keys (by their text) and what is wanted are in the aggregation's row. */
type Output = Readonly<{
  keys: ReadonlyMap<string, number>;
  wanted: readonly number[];
  fields: readonly RelationField[];
}>;

const propertyByPart: Readonly<Record<string, WindowProperty>> = {
  START: 'window_start',
  END: 'window_end',
  ROWTIME: 'window_time',
};

export class AggregateBinder {
  readonly #query: SelectQuery;
  readonly #input: Relation;
  readonly #wanted: Wanted[] = [];
  /** For SELECT and HAVING. */
  readonly #outer: ExpressionBinder;
  /** For keys, arguments and filters, in which no aggregate can be. */
  readonly #inner: ExpressionBinder;
  #groupWindow: NamedGroupWindow | null = null;

  constructor(query: SelectQuery, input: Relation) {
    this.#query = query;
    this.#input = input;
    const scope = new Scope(input.fields);
    this.#inner = new ExpressionBinder(scope);
    this.#outer = new ExpressionBinder(scope, (call, position) => this.#take(call, position));
  }

  bind(where: Expression | null, items: readonly NamedItem[]): Relation {
    const keys = this.#bindKeys();
    const projections = items.map((item) => item.bind(this.#outer));
    const having = this.#query.having === null ? null : this.#outer.condition(this.#query.having, 'HAVING');
    const aggregation = new Aggregation(this.#below(keys, where), this.#input.fields, this.#query.position);
    const output = this.#addAll(aggregation, keys);
    const selected = projections.map((projection) => this.#overOutput(projection, output));
    const predicate = having === null ? null : this.#overOutput(having, output);
    const fields = selected.map((expression, i) => projectedField(expression, items[i]!.name, output.fields));
    return select(aggregation.node(), { predicate, projections: selected, fields });
  }

  /** Each key once. */
  #bindKeys(): Expression[] {
    const keys = (this.#query.groupBy?.items ?? []).flatMap((item) => this.#bindKey(item));
    return [...new Map(keys.map((key) => [textOf(key), key])).values()];
  }

  #bindKey(item: GroupItem): Expression[] {
    if (item.kind === 'set') return item.expressions.map((expression) => this.#inner.bind(expression));
    if (item.kind !== 'expression') throw unsupported(item.kind.replace('_', ' ').toUpperCase(), item.position);
    const { expression, position } = item;
    const kind = expression.kind === 'call' ? windowKind(expression.call.name.name) : null;
    if (expression.kind !== 'call' || kind === null) return [this.#inner.bind(expression)];
    if (this.#groupWindow !== null) throw sqlError('SQL_VALIDATION', 'GROUP BY has more than one window', position);
    const { args } = expression.call;
    const window = bindGroupWindow(kind, args, this.#input, position);
    this.#groupWindow = { ...window, name: kind.toUpperCase(), text: textOf(args) };
    return [];
  }

  /** Aggregates, and functions of the group window; other calls are none of ours. */
  #take(call: SqlCall, position: Position): Expression | null {
    const name = call.name.name.toUpperCase();
    const property = /^(TUMBLE|HOP)_(START|END|ROWTIME)$/.exec(name);
    if (property !== null) return this.#takeProperty(property[1]!, property[2]!, call, position);
    return isAggregate(name) ? this.#takeAggregate(name, call, position) : null;
  }

  #takeAggregate(name: string, call: SqlCall, position: Position): Expression {
    if (call.over !== null) throw unsupported(`${name} OVER`, call.over.position);
    const found = aggregateNamed(name, position);
    if (call.star && name !== 'COUNT') throw sqlError('SQL_VALIDATION', `${name}(*): only COUNT takes *`, position);
    if (call.args.length === 0 && !call.star) throw sqlError('SQL_VALIDATION', `expected ${found.usage}`, position);
    const bound = call.args.map((arg) => this.#inner.bind(arg));
    const { args, result: type } = infer(found, bound, position);
    const filter = call.filter === null ? null : this.#inner.condition(call.filter, 'FILTER');
    const aggregate = { name: found.name, args: coerceAll(bound, args), distinct: call.distinct, filter, type };
    return this.#want({ kind: 'aggregate', aggregate }, type, position);
  }

  #takeProperty(name: string, part: string, call: SqlCall, position: Position): Expression {
    const window = this.#groupWindow;
    if (window === null || window.name !== name || window.text !== textOf(call.args)) {
      throw sqlError('SQL_VALIDATION', `${name}_${part}: expected the same ${name}(…) in GROUP BY`, position);
    }
    const property = propertyByPart[part]!;
    const type = propertyType(property, this.#input.fields[window.timeColumn]!.type);
    return this.#want({ kind: 'property', property }, type, position);
  }

  #want(wanted: Wanted, type: DataType, position: Position): Expression {
    const text = textOf(wanted);
    const known = this.#wanted.findIndex((other) => textOf(other) === text);
    const index = known >= 0 ? known : this.#wanted.push(wanted) - 1;
    return { ...columnRef(this.#input.fields.length + index, type), position };
  }

  /** The window is that of GROUP BY, or of the windowing function below whose start and end are both grouped by. */
  #below(keys: readonly Expression[], where: Expression | null): WindowInput {
    const { node } = this.#input;
    if (this.#groupWindow !== null) return { ...this.#groupWindow, node, predicate: where, lower: (same) => same };
    const below = windowBelow(node, where);
    const grouped = below === null ? [] : keys.map((key) => propertyOf(below.lower(key), below));
    if (below !== null && grouped.includes('window_start') && grouped.includes('window_end')) return below;
    const { groupBy, position } = this.#query;
    const hint = "Group by window_start and window_end of TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)).";
    if (groupBy === null) throw unsupported('an aggregation without GROUP BY', position, hint);
    throw unsupported('GROUP BY without a window', groupBy.position, hint);
  }

  #addAll(aggregation: Aggregation, keys: readonly Expression[]): Output {
    const keyColumns = keys.map((key) => [textOf(key), aggregation.addKey(key)] as const);
    const wantedColumns = this.#wanted.map(
      (wanted): OutputColumn =>
        wanted.kind === 'property'
          ? aggregation.addProperty(wanted.property)
          : aggregation.addAggregate(wanted.aggregate),
    );
    return {
      keys: new Map(keyColumns.map(([text, column]) => [text, aggregation.indexOf(column)])),
      wanted: wantedColumns.map((column) => aggregation.indexOf(column)),
      fields: aggregation.fields(),
    };
  }

  /** An expression over the input and what is wanted as one over the aggregation's row. */
  #overOutput(expression: Expression, output: Output): Expression {
    const { position } = expression;
    const key = output.keys.get(textOf(expression));
    if (key !== undefined) return { ...columnRef(key, output.fields[key]!.type), position };
    if (expression.kind !== 'column') return mapChildren(expression, (child) => this.#overOutput(child, output));
    const { index } = expression;
    const wanted = output.wanted[index - this.#input.fields.length];
    if (wanted !== undefined) return { ...expression, index: wanted };
    const { name } = this.#input.fields[index]!;
    const hint = `Add ${name} to GROUP BY, or put it in an aggregate.`;
    throw sqlError(
      'SQL_VALIDATION',
      `the column '${name}' is neither grouped nor aggregated`,
      position ?? this.#query.position,
      hint,
    );
  }
}
