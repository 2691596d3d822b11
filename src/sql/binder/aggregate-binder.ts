/**
 * GROUP BY, and aggregates without it. The query becomes a calc that computes keys, arguments and filters, (for grouping sets) a node that
 * gives each row once for each set, the aggregation, of windows where they are grouped by, and a calc for HAVING and SELECT.
 */
import type { Position } from '../../model/errors.ts';
import { columnRef, type Expression, mapChildren } from '../../model/expression.ts';
import type { EmitStrategy, WindowProperty } from '../../model/plan.ts';
import { type DataType, types, withNullable } from '../../model/types.ts';
import type { SelectQuery, SqlCall, SqlExpression } from '../ast.ts';
import { sqlError, unsupported } from '../excerpt.ts';
import { changelogOf, isInsertOnly } from '../planner/changelog.ts';
import { bindAggregate, refuseNested } from './aggregate-call.ts';
import { Aggregation, type OutputColumn, type WantedAggregate } from './aggregation.ts';
import { emitStrategy, refuseEmit, type Settings } from './emit-strategy.ts';
import { ExpressionBinder } from './expression-binder.ts';
import { textOf } from './expression-text.ts';
import { isAggregate } from './function-call.ts';
import { GroupAggregation } from './group-aggregation.ts';
import {
  bindGrouping,
  type Grouping,
  groupIdValues,
  groupingIds,
  groupingType,
  groupingValues,
  isInAll,
  rolledUpColumns,
  valueOfSet,
} from './grouping.ts';
import { type Relation, select } from './relation.ts';
import { projectedField, type RelationField, Scope } from './scope.ts';
import { propertyType } from './window-columns.ts';
import { bindGroupWindow, type GroupWindow, windowKind } from './window-function.ts';
import { groupedWindow, type WindowInput } from './window-input.ts';

/** An item of SELECT with the name that its column gets. */
export type NamedItem = Readonly<{ bind: (binder: ExpressionBinder) => Expression; name: string }>;

/** What SELECT and HAVING ask for besides columns; bound expressions name it by a column behind the input's. */
type Wanted =
  | Readonly<{ kind: 'aggregate'; aggregate: WantedAggregate }>
  | Readonly<{ kind: 'property'; property: WindowProperty }>
  /** GROUPING and its kin: a value for each grouping set. */
  | Readonly<{ kind: 'grouping'; values: readonly number[] }>;

/** GROUP BY TUMBLE(…): TUMBLE_START(…) and its kin have to agree with its text. */
type NamedGroupWindow = GroupWindow & Readonly<{ emit: EmitStrategy | null; name: string; text: string }>;

/** Where keys (by their text) and what is wanted are in the aggregation's row. */
type Output = Readonly<{
  keys: ReadonlyMap<string, number>;
  wanted: readonly Expression[];
  fields: readonly RelationField[];
}>;

const propertyByPart: Readonly<Record<string, WindowProperty>> = {
  START: 'window_start',
  END: 'window_end',
  ROWTIME: 'window_time',
};

const proctimeType = types.timestampLtz(3, false);

const groupingFunctions: ReadonlySet<string> = new Set(['GROUPING', 'GROUPING_ID', 'GROUP_ID']);

export class AggregateBinder {
  readonly #query: SelectQuery;
  readonly #input: Relation;
  readonly #wanted: Wanted[] = [];
  readonly #inner: ExpressionBinder;
  /** For arguments and filters of aggregates. */
  readonly #arguments: ExpressionBinder;
  /** For keys: as `#inner`, but columns that a grouping set leaves out may be NULL. */
  #keyBinder: ExpressionBinder;
  readonly #settings: Settings;
  readonly #ttlMs: number | undefined;
  #groupWindow: NamedGroupWindow | null = null;
  #grouping: Grouping = { keys: [], sets: [[]] };

  /** `ttlMs`: what the hint STATE_TTL says of the input. */
  constructor(query: SelectQuery, input: Relation, settings: Settings, ttlMs?: number) {
    this.#query = query;
    this.#settings = settings;
    this.#ttlMs = ttlMs;
    this.#input = input;
    this.#inner = new ExpressionBinder(new Scope(input.fields));
    this.#arguments = new ExpressionBinder(new Scope(input.fields), refuseNested);
    this.#keyBinder = this.#inner;
  }

  bind(where: Expression | null, items: readonly NamedItem[]): Relation {
    const scope = this.#bindGrouping();
    const outer = new ExpressionBinder(scope, (call, position) => this.#take(call, position));
    const projections = items.map((item) => item.bind(outer));
    const having = this.#query.having === null ? null : outer.condition(this.#query.having, 'HAVING');
    const aggregation = this.#aggregation(where);
    const output = this.#addAll(aggregation);
    const selected = projections.map((projection) => this.#overOutput(projection, output));
    const predicate = having === null ? null : this.#overOutput(having, output);
    const fields = selected.map((expression, i) => projectedField(expression, items[i]!.name, output.fields));
    return select(aggregation.node(), { predicate, projections: selected, fields });
  }

  /** Gives the scope of SELECT and HAVING. */
  #bindGrouping(): Scope {
    const { items, position } = this.#query.groupBy ?? { items: [], position: this.#query.position };
    const bind = (): Grouping => bindGrouping(items, position, (expression) => this.#bindKey(expression));
    this.#grouping = bind();
    const rolledUp = rolledUpColumns(this.#grouping);
    const fields = this.#input.fields.map((field, index) =>
      rolledUp.has(index) ? { ...field, type: withNullable(field.type, true) } : field,
    );
    const scope = new Scope(fields);
    if (rolledUp.size === 0) return scope;
    this.#keyBinder = new ExpressionBinder(scope);
    this.#groupWindow = null;
    this.#grouping = bind();
    return scope;
  }

  #bindKey(expression: SqlExpression): Expression | null {
    const kind = expression.kind === 'call' ? windowKind(expression.call.name.name) : null;
    if (expression.kind !== 'call' || kind === null) return this.#keyBinder.bind(expression);
    const { position } = expression;
    if (this.#groupWindow !== null) throw sqlError('SQL_VALIDATION', 'GROUP BY has more than one window', position);
    const { args } = expression.call;
    const window = bindGroupWindow(kind, args, this.#input, position);
    const emit = emitStrategy(this.#settings, window, position);
    this.#groupWindow = { ...window, emit, name: kind.toUpperCase(), text: textOf(args) };
    return null;
  }

  /** Aggregates, and functions of the group window; other calls are none of ours. */
  #take(call: SqlCall, position: Position): Expression | null {
    const name = call.name.name.toUpperCase();
    const property = /^(TUMBLE|HOP|SESSION)_(START|END|ROWTIME|PROCTIME)$/.exec(name);
    if (property !== null) return this.#takeProperty(property[1]!, property[2]!, call, position);
    if (groupingFunctions.has(name)) return this.#takeGrouping(name, call, position);
    return isAggregate(name) ? this.#takeAggregate(name, call, position) : null;
  }

  #takeAggregate(name: string, call: SqlCall, position: Position): Expression {
    if (call.over !== null) throw unsupported(`${name} OVER`, call.over.position);
    const retracts = isInsertOnly(changelogOf(this.#input.node)) ? null : 'over rows that change';
    const aggregate = bindAggregate(name, call, { binder: this.#arguments, position, retracts });
    return this.#want({ kind: 'aggregate', aggregate }, aggregate.type, position);
  }

  #takeGrouping(name: string, call: SqlCall, position: Position): Expression {
    const isGroupId = name === 'GROUP_ID';
    if (isGroupId ? call.args.length > 0 : call.args.length === 0) {
      throw sqlError('SQL_VALIDATION', `expected ${isGroupId ? 'GROUP_ID()' : `${name}(key, …)`}`, position);
    }
    const texts = this.#grouping.keys.map(textOf);
    const chosen = call.args.map((arg) => {
      const key = texts.indexOf(textOf(this.#keyBinder.bind(arg)));
      if (key >= 0) return key;
      throw sqlError('SQL_VALIDATION', `${name}: expected an expression that is in GROUP BY`, arg.position);
    });
    const values = isGroupId ? groupIdValues(this.#grouping) : groupingValues(this.#grouping, chosen);
    return this.#want({ kind: 'grouping', values }, groupingType, position);
  }

  #takeProperty(name: string, part: string, call: SqlCall, position: Position): Expression {
    const window = this.#groupWindow;
    if (window === null || window.name !== name || window.text !== textOf(call.args)) {
      throw sqlError('SQL_VALIDATION', `${name}_${part}: expected the same ${name}(…) in GROUP BY`, position);
    }
    const property = propertyByPart[part];
    if (property === undefined) return { kind: 'call', name: 'PROCTIME', args: [], type: proctimeType, position };
    const type = propertyType(property, this.#input.fields[window.timeColumn]!.type);
    return this.#want({ kind: 'property', property }, type, position);
  }

  #want(wanted: Wanted, type: DataType, position: Position): Expression {
    const text = textOf(wanted);
    const known = this.#wanted.findIndex((other) => textOf(other) === text);
    const index = known >= 0 ? known : this.#wanted.push(wanted) - 1;
    return { ...columnRef(this.#input.fields.length + index, type), position };
  }

  /** Of windows where the query groups by one. */
  #aggregation(where: Expression | null): Aggregation | GroupAggregation {
    const { node, fields } = this.#input;
    const window: WindowInput | null =
      this.#groupWindow === null
        ? this.#windowBelow(where)
        : {
            ...this.#groupWindow,
            node,
            isGroupWindow: true,
            partition: [],
            attached: null,
            predicate: where,
            lower: (same) => same,
          };
    if (this.#groupWindow === null && window !== null) refuseEmit(this.#settings, this.#query.position);
    return window === null ? new GroupAggregation(this.#input, where, this.#ttlMs) : new Aggregation(window, fields);
  }

  /** The windowing function below whose start and end every grouping set has. */
  #windowBelow(where: Expression | null): WindowInput | null {
    const { keys, sets } = this.#grouping;
    const inAll = keys.filter((_, key) => isInAll(sets, key));
    const inSome = keys.filter((_, key) => !isInAll(sets, key));
    if (inSome.some((key) => key.kind === 'column' && this.#input.fields[key.index]!.window !== null)) return null;
    const uses = this.#wanted.flatMap((wanted) =>
      wanted.kind === 'aggregate' ? [...wanted.aggregate.args, wanted.aggregate.filter ?? []].flat() : [],
    );
    return groupedWindow(this.#input, where, inAll, [...inSome, ...uses]);
  }

  #addAll(aggregation: Aggregation | GroupAggregation): Output {
    const { keys } = this.#grouping;
    const keyColumns = keys.map((key) => aggregation.addKey(key));
    const idColumn = this.#addSets(aggregation, keyColumns);
    const wantedColumns = this.#wanted.map((wanted) => this.#add(aggregation, wanted));
    const fields = aggregation.fields();
    const ids = groupingIds(this.#grouping);
    const wanted = this.#wanted.map((each, i): Expression => {
      if (each.kind === 'grouping') return valueOfSet(each.values, ids, idColumn);
      const index = aggregation.indexOf(wantedColumns[i]!);
      return columnRef(index, fields[index]!.type);
    });
    return {
      keys: new Map(keys.map((key, i) => [textOf(key), aggregation.indexOf(keyColumns[i]!)])),
      wanted,
      fields,
    };
  }

  /** The place of the column with the sets' id; null where there is one set. */
  #addSets(aggregation: Aggregation | GroupAggregation, keyColumns: readonly OutputColumn[]): number | null {
    const { sets } = this.#grouping;
    if (sets.length === 1) return null;
    const places = (set: readonly number[]): number[] =>
      set.flatMap((key) => {
        const column = keyColumns[key]!;
        return column.kind === 'key' ? [column.index] : [];
      });
    return aggregation.indexOf(aggregation.addSets({ sets: sets.map(places), ids: groupingIds(this.#grouping) }));
  }

  #add(aggregation: Aggregation | GroupAggregation, wanted: Wanted): OutputColumn | null {
    if (wanted.kind === 'aggregate') return aggregation.addAggregate(wanted.aggregate);
    return wanted.kind === 'property' && 'addProperty' in aggregation ? aggregation.addProperty(wanted.property) : null;
  }

  /** An expression over the input and what is wanted as one over the aggregation's row. */
  #overOutput(expression: Expression, output: Output): Expression {
    const { position } = expression;
    const key = output.keys.get(textOf(expression));
    if (key !== undefined) return { ...columnRef(key, output.fields[key]!.type), position };
    if (expression.kind !== 'column') return mapChildren(expression, (child) => this.#overOutput(child, output));
    const { index } = expression;
    const wanted = output.wanted[index - this.#input.fields.length];
    if (wanted !== undefined) return { ...wanted, position };
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

/** SELECT DISTINCT: every column is a key. */
export function distinctRows(input: Relation, ttlMs?: number): Relation {
  const keys = input.fields.map(({ type }, index) => columnRef(index, type));
  const window = groupedWindow(input, null, keys, []);
  const aggregation =
    window === null ? new GroupAggregation(input, null, ttlMs) : new Aggregation(window, input.fields);
  const columns = keys.map((key) => aggregation.addKey(key));
  const projections = columns.map((column) => {
    const index = aggregation.indexOf(column);
    return columnRef(index, aggregation.fields()[index]!.type);
  });
  const fields = projections.map((column, i) => projectedField(column, input.fields[i]!.name, aggregation.fields()));
  return select(aggregation.node(), { predicate: null, projections, fields });
}
