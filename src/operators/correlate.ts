/** UNNEST, and table functions for each row: the row beside each of those that are made of it. */

import { tableFunction } from '../functions/registry.ts';
import { type Fate, fate } from '../model/account.ts';
import { EngineError } from '../model/errors.ts';
import type { Expression } from '../model/expression.ts';
import type { SessionContext, SqlValue } from '../model/function.ts';
import type { CorrelateSpec } from '../model/job-graph.ts';
import type { TableFunctionCall } from '../model/plan.ts';
import { type Row, rowInteger } from '../model/row.ts';
import { type DataType, type Field, layoutOf, types } from '../model/types.ts';
import type { KeyedState } from '../state/keyed-state.ts';
import { RowExpression } from './rows/row-expression.ts';
import { RowOperator } from './rows/row-operator.ts';

/** The rows that a function makes of one. */
type MakeRows = (row: Row) => Iterable<Row>;

export class CorrelateOperator extends RowOperator {
  readonly #spec: CorrelateSpec;
  readonly #padding: Row;
  #make!: MakeRows;
  #condition: RowExpression | null = null;

  constructor(spec: CorrelateSpec) {
    super([spec.inputFields], spec.fields);
    this.#spec = spec;
    this.#padding = spec.function.fields.map(() => null);
  }

  protected opened(): void {
    const { session } = this.ctx;
    const { function: call, condition, inputFields, fields } = this.#spec;
    this.#make = call.kind === 'unnest' ? unnest(call, inputFields, session) : userRows(call, inputFields, session);
    this.#condition = condition === null ? null : new RowExpression(condition, fields, session);
  }

  /** Of a change each row that comes of it is a change of the same kind. */
  protected row(change: number, row: Row): Fate {
    let isAlone = true;
    for (const made of this.#make(row)) {
      if (this.#condition !== null && !this.#condition.holds(row, made)) continue;
      isAlone = false;
      this.output.addJoined(change, row, made);
    }
    if (isAlone && this.#spec.join === 'left') this.output.addJoined(change, row, this.#padding);
    return fate.used;
  }

  protected advance(): void {}

  protected states(): readonly KeyedState<never>[] {
    return [];
  }
}

type Unnest = Extract<TableFunctionCall, { kind: 'unnest' }>;

/** NULL and an empty collection give no row; nor does a NULL in the place of a ROW, as in Flink. */
function unnest({ collection, ordinality }: Unnest, fields: readonly Field[], session: SessionContext): MakeRows {
  const expression = new RowExpression(collection, fields, session);
  const elements = elementsOf(collection.type);
  return function* (row) {
    const value = expression.evaluate(row);
    if (value === null) return;
    let number = 0;
    for (const element of elements(value)) {
      number += 1;
      if (element !== null) yield ordinality ? [...element, number] : element;
    }
  };
}

function elementsOf(type: DataType): (value: SqlValue) => Iterable<Row | null> {
  switch (type.kind) {
    case 'map': {
      const [key, item] = [inRow(type.key), inRow(type.value)];
      return (value) => [...(value as Map<SqlValue, SqlValue>)].map(([k, v]) => [key(k), item(v)]);
    }
    case 'multiset': {
      const columns = columnsOf(type.element);
      return (value) =>
        [...(value as Map<SqlValue, number>)].flatMap(([element, count]) =>
          new Array<Row | null>(Number(count)).fill(columns(element)),
        );
    }
    case 'array': {
      const columns = columnsOf(type.element);
      return (value) => (value as readonly SqlValue[]).map(columns);
    }
    default:
      throw new EngineError('INTERNAL', `UNNEST of ${type.kind}`);
  }
}

/** A ROW gives its fields, all else itself. */
function columnsOf(element: DataType): (value: SqlValue) => Row | null {
  if (element.kind !== 'row') {
    const convert = inRow(element);
    return (value) => [convert(value)];
  }
  const converts = element.fields.map(({ type }) => inRow(type));
  return (value) => (value === null ? null : converts.map((convert, i) => convert((value as readonly SqlValue[])[i]!)));
}

/** Collections may hold integers as bigint; rows have the number where it is exact. */
function inRow(type: DataType): (value: SqlValue) => SqlValue {
  if (layoutOf(type) !== 'int') return (value) => value ?? null;
  return (value) => (value === null || value === undefined ? null : rowInteger(value as number | bigint));
}

type UserCall = Extract<TableFunctionCall, { kind: 'user' }>;

function userRows({ name, args, fields }: UserCall, inputFields: readonly Field[], session: SessionContext): MakeRows {
  const found = tableFunction(name);
  if (found === undefined) throw new EngineError('NOT_FOUND', `the table function ${name} is not loaded`);
  const expressions = args.map((arg) => new RowExpression(arg, inputFields, session));
  const call = found.implement({ args: args.map(argumentOf), result: types.row(fields, false), session });
  return (row) => call(...expressions.map((expression) => expression.evaluate(row)));
}

function argumentOf(arg: Expression) {
  return arg.kind === 'literal' ? { type: arg.type, literal: arg.value } : { type: arg.type };
}
