/**
 * GROUP BY over windows. The query becomes three nodes: a calc that computes keys, arguments and filters, the windowed aggregation, and
 * a calc for HAVING and SELECT.
 */
import type { Position } from '../../model/errors.ts';
import { columnRef, columnsOf, type Expression, mapChildren, substitute } from '../../model/expression.ts';
import type { AggregateCall, PlanNode, WindowAggregateNode, WindowProperty } from '../../model/plan.ts';
import { type DataType, types } from '../../model/types.ts';
import type { GroupItem, SelectQuery, SqlCall, SqlExpression } from '../ast.ts';
import { sqlError, unsupported } from '../excerpt.ts';
import { ExpressionBinder } from './expression-binder.ts';
import { aggregateNamed, coerceAll, infer, isAggregate } from './function-call.ts';
import { isDeterministic, merged, type Relation, select } from './relation.ts';
import { plainField, Scope } from './scope.ts';
import { bindGroupWindow, type GroupWindow, windowKind } from './window-function.ts';

/** An item of SELECT with the name that its column gets. */
export type NamedItem = Readonly<{ bind: (binder: ExpressionBinder) => Expression; name: string }>;

/** An aggregate or a property of the window that the query asks for. */
type Wanted =
  | Readonly<{
      kind: 'aggregate';
      name: string;
      args: readonly Expression[];
      distinct: boolean;
      filter: Expression | null;
      type: DataType;
    }>
  | Readonly<{ kind: 'property'; property: WindowProperty; type: DataType }>;

/** What is below the aggregation: rows with their event time, not yet in windows. */
type WindowInput = GroupWindow & Readonly<{ node: PlanNode; predicate: Expression | null }>;

/** The row that the aggregation gives: where to find what. */
type Output = Readonly<{ keys: ReadonlyMap<string, number>; wanted: readonly number[]; fields: Relation['fields'] }>;

const grouped = { tumble: ['START', 'END', 'ROWTIME'], hop: ['START', 'END', 'ROWTIME'] } as const;
const properties: readonly WindowProperty[] = ['window_start', 'window_end', 'window_time'];

export class AggregateBinder {
  readonly #query: SelectQuery;
  readonly #input: Relation;
  readonly #wanted: Wanted[] = [];
  readonly #binder: ExpressionBinder;
  readonly #inner: ExpressionBinder;
  /** Of GROUP BY TUMBLE(…), and its text with which TUMBLE_START(…) has to agree. */
  #groupWindow: (GroupWindow & { kind: string; text: string }) | null = null;

  constructor(query: SelectQuery, input: Relation) {
    this.#query = query;
    this.#input = input;
    const scope = new Scope(input.fields);
    this.#inner = new ExpressionBinder(scope);
    this.#binder = new ExpressionBinder(scope, (call, position) => this.#take(call, position));
  }

  bind(predicate: Expression | null, items: readonly NamedItem[]): Relation {
    const keys = this.#bindKeys();
    const projections = items.map((item) => item.bind(this.#binder));
    const having = this.#query.having === null ? null : this.#binder.condition(this.#query.having, 'HAVING');
    const { node, output } = this.#aggregate(keys, predicate);
    const rewrite = (expression: Expression): Expression => this.#overOutput(expression, output);
    const selected = projections.map(rewrite);
    const fields = selected.map((expression, i) => ({
      ...plainField(items[i]!.name, expression.type),
      rowtime: expression.kind === 'column' && output.fields[expression.index]!.rowtime,
    }));
    return select(node, { predicate: having === null ? null : rewrite(having), projections: selected, fields });
  }

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
    const window = bindGroupWindow(kind, expression.call.args, this.#input, position);
    this.#groupWindow = { ...window, kind, text: astText(expression.call.args) };
    return [];
  }

  /** Aggregates and group window functions become columns behind the input's. */
  #take(call: SqlCall, position: Position): Expression | null {
    const name = call.name.name.toUpperCase();
    const window = /^(TUMBLE|HOP)_(START|END|ROWTIME)$/.exec(name);
    if (window !== null) return this.#takeProperty(window[1]!, window[2]!, call, position);
    if (!isAggregate(name)) return null;
    if (call.over !== null) throw unsupported(`${name} OVER`, call.over.position);
    const found = aggregateNamed(name, position);
    if (call.star && name !== 'COUNT') throw sqlError('SQL_VALIDATION', `${name}(*): only COUNT takes *`, position);
    const args = call.args.map((arg) => this.#inner.bind(arg));
    if (args.length === 0 && !call.star) throw sqlError('SQL_VALIDATION', `expected ${found.usage}`, position);
    const signature = infer(found, args, position);
    const filter = call.filter === null ? null : this.#inner.condition(call.filter, 'FILTER');
    return this.#add(
      {
        kind: 'aggregate',
        name: found.name,
        args: coerceAll(args, signature.args),
        distinct: call.distinct,
        filter,
        type: signature.result,
      },
      position,
    );
  }

  #takeProperty(kind: string, part: string, call: SqlCall, position: Position): Expression {
    const window = this.#groupWindow;
    if (window === null || window.kind !== kind.toLowerCase() || window.text !== astText(call.args)) {
      throw sqlError('SQL_VALIDATION', `${kind}_${part}: expected the same ${kind}(…) in GROUP BY`, position);
    }
    const property = properties[grouped.tumble.indexOf(part as 'START')]!;
    return this.#add({ kind: 'property', property, type: this.#propertyType(property, window.timeColumn) }, position);
  }

  #propertyType(property: WindowProperty, timeColumn: number): DataType {
    const { type } = this.#input.fields[timeColumn]!;
    return property === 'window_time' && type.kind === 'timestamp_ltz'
      ? types.timestampLtz(3, false)
      : types.timestamp(3, false);
  }

  #add(wanted: Wanted, position: Position): Expression {
    const text = textOf(wanted);
    const known = this.#wanted.findIndex((other) => textOf(other) === text);
    const index = known >= 0 ? known : this.#wanted.push(wanted) - 1;
    return { ...columnRef(this.#input.fields.length + index, wanted.type), position };
  }

  #aggregate(keys: readonly Expression[], predicate: Expression | null): { node: WindowAggregateNode; output: Output } {
    const below =
      this.#groupWindow === null
        ? this.#windowBelow(keys, predicate)
        : { ...this.#groupWindow, node: this.#input.node, predicate, toInput: asIs };
    const row = new ArgumentRow(below);
    const keyColumns: number[] = [];
    const keyOutputs = new Map<string, number | WindowProperty>();
    for (const key of keys) {
      const lowered = below.toInput(key);
      const property = this.#groupWindow === null ? propertyOf(lowered, below.node) : null;
      keyOutputs.set(textOf(key), property ?? keyColumns.length);
      if (property === null)
        keyColumns.push(
          row.add(lowered, nameOf(key, this.#input) ?? `key${keyColumns.length}`, key.position ?? this.#query.position),
        );
    }
    const aggregates: AggregateCall[] = [];
    for (const wanted of this.#wanted) {
      if (wanted.kind === 'property') continue;
      const { name, distinct, type } = wanted;
      const place = (expression: Expression): number =>
        row.add(
          below.toInput(expression),
          nameOf(expression, this.#input) ?? 'argument',
          expression.position ?? this.#query.position,
        );
      aggregates.push({
        name,
        args: wanted.args.map(place),
        distinct,
        filter: wanted.filter === null ? null : place(wanted.filter),
        type,
      });
    }
    return this.#node(row, below, { keyColumns, keyOutputs, aggregates });
  }

  #node(
    row: ArgumentRow,
    { window, node: input }: WindowInput,
    {
      keyColumns,
      keyOutputs,
      aggregates,
    }: { keyColumns: number[]; keyOutputs: Map<string, number | WindowProperty>; aggregates: AggregateCall[] },
  ): { node: WindowAggregateNode; output: Output } {
    const wantedProperties = new Set<WindowProperty>();
    for (const output of keyOutputs.values()) if (typeof output === 'string') wantedProperties.add(output);
    for (const wanted of this.#wanted) if (wanted.kind === 'property') wantedProperties.add(wanted.property);
    const chosen = properties.filter((property) => wantedProperties.has(property));
    const calc = row.relation(input);
    const timeType = calc.node.fields[0]!.type;
    const fields = [
      ...keyColumns.map((column) => calc.fields[column]!),
      ...aggregates.map(({ type }, i) => plainField(`agg${i}`, type)),
      ...chosen.map((property) => propertyField(property, timeType)),
    ];
    const propertyPlace = (property: WindowProperty): number =>
      keyColumns.length + aggregates.length + chosen.indexOf(property);
    let aggregate = 0;
    const wanted = this.#wanted.map((each) =>
      each.kind === 'property' ? propertyPlace(each.property) : keyColumns.length + aggregate++,
    );
    const keys = new Map(
      [...keyOutputs].map(([text, output]) => [text, typeof output === 'string' ? propertyPlace(output) : output]),
    );
    const node: WindowAggregateNode = {
      kind: 'window_aggregate',
      input: calc.node,
      window,
      timeColumn: 0,
      keys: keyColumns,
      aggregates,
      properties: chosen,
      fields: fields.map(({ name, type }) => ({ name, type })),
    };
    return { node, output: { keys, wanted, fields } };
  }

  /** The window function below, through projections and filters; GROUP BY has to have its start and end. */
  #windowBelow(
    keys: readonly Expression[],
    where: Expression | null,
  ): WindowInput & { toInput: (e: Expression) => Expression } {
    let node = this.#input.node;
    let predicate = where;
    let toInput = asIs;
    while (node.kind === 'calc') {
      const { projections, input } = node;
      const above = toInput;
      const own = node;
      if (!projections.every(isDeterministic)) throw this.#withoutWindow();
      toInput = (expression) => substitute(above(expression), projections);
      predicate = merged({ ...own, predicate, projections: [], input: own }, own).predicate;
      node = input;
    }
    if (node.kind !== 'window') throw this.#withoutWindow();
    const window = node;
    const found = keys.map((key) => propertyOf(toInput(key), window.input));
    if (!found.includes('window_start') || !found.includes('window_end')) throw this.#withoutWindow();
    return { window: window.window, timeColumn: window.timeColumn, node: window.input, predicate, toInput };
  }

  #withoutWindow(): Error {
    const { groupBy, position } = this.#query;
    const what = groupBy === null ? 'an aggregation without GROUP BY' : 'GROUP BY without a window';
    return unsupported(
      what,
      groupBy?.position ?? position,
      "Group by window_start and window_end of TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)).",
    );
  }

  /** An expression over input, aggregates and properties as one over the aggregation's row. */
  #overOutput(expression: Expression, output: Output): Expression {
    const key = output.keys.get(textOf(expression));
    const { position } = expression;
    if (key !== undefined) return { ...columnRef(key, output.fields[key]!.type), position };
    if (expression.kind !== 'column') return mapChildren(expression, (child) => this.#overOutput(child, output));
    const { index } = expression;
    const place = output.wanted[index - this.#input.fields.length];
    if (place !== undefined) return { ...expression, index: place };
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

function asIs(expression: Expression): Expression {
  return expression;
}

/** The columns that the aggregation needs: the time first, then whatever is asked for, once. */
class ArgumentRow {
  readonly #below: WindowInput;
  readonly #projections: Expression[];
  readonly #fields: Relation['fields'][number][];

  constructor(below: WindowInput) {
    this.#below = below;
    const { name, type } = below.node.fields[below.timeColumn]!;
    this.#projections = [columnRef(below.timeColumn, type)];
    this.#fields = [plainField(name, type)];
    if (below.predicate !== null) this.#check(below.predicate, below.predicate.position);
  }

  add(expression: Expression, name: string, position: Position): number {
    this.#check(expression, position);
    const text = textOf(expression);
    const known = this.#projections.findIndex((other) => textOf(other) === text);
    if (known >= 0) return known;
    this.#fields.push(plainField(name, expression.type));
    return this.#projections.push(expression) - 1;
  }

  relation(input: PlanNode): Relation {
    return select(input, { predicate: this.#below.predicate, projections: this.#projections, fields: this.#fields });
  }

  /** Windows are made in the aggregation: what is below it can't ask for their bounds. */
  #check(expression: Expression, position: Position | undefined): void {
    const width = this.#below.node.fields.length;
    if (![...columnsOf(expression)].some((column) => column >= width)) return;
    const where = position ?? { line: 1, column: 1, start: 0, end: 1 };
    throw unsupported(
      'window_start, window_end or window_time below the aggregation of their window',
      where,
      'Use them in HAVING, or in a query around this one.',
    );
  }
}

function propertyOf(expression: Expression, windowInput: PlanNode): WindowProperty | null {
  return expression.kind === 'column' ? (properties[expression.index - windowInput.fields.length] ?? null) : null;
}

function propertyField(property: WindowProperty, time: DataType): Relation['fields'][number] {
  if (property !== 'window_time') return plainField(property, types.timestamp(3, false));
  const type = time.kind === 'timestamp_ltz' ? types.timestampLtz(3, false) : types.timestamp(3, false);
  return { ...plainField(property, type), rowtime: true };
}

function nameOf(expression: Expression, input: Relation): string | null {
  return expression.kind === 'column' ? input.fields[expression.index]!.name : null;
}

/** Equal for equal expressions, wherever they stand in the text. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (key, part: unknown) => {
    if (key === 'position') return undefined;
    if (typeof part === 'bigint') return `${part}n`;
    return part instanceof Uint8Array ? [...part] : part;
  });
}

function astText(args: readonly SqlExpression[]): string {
  return textOf(args);
}
