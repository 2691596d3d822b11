/** Builds the node of a windowed aggregation from the keys, aggregates and window properties that a query asks for. */
import type { Position } from '../../model/errors.ts';
import type { Expression } from '../../model/expression.ts';
import type { AggregateCall, WindowAggregateNode, WindowProperty } from '../../model/plan.ts';
import { type DataType, types } from '../../model/types.ts';
import { plainField, type RelationField } from './scope.ts';
import { ArgumentRow, propertyOf, type WindowInput, windowProperties } from './window-input.ts';

/** An aggregate over the query's input. */
export type WantedAggregate = Readonly<{
  name: string;
  args: readonly Expression[];
  distinct: boolean;
  filter: Expression | null;
  type: DataType;
}>;

/** A column of the aggregation's row: keys, then aggregates, then properties. */
export type OutputColumn =
  | Readonly<{ kind: 'key'; index: number }>
  | Readonly<{ kind: 'aggregate'; index: number }>
  | Readonly<{ kind: 'property'; property: WindowProperty }>;

/** First everything is added, then the node is asked for. */
export class Aggregation {
  readonly #below: WindowInput;
  readonly #inputFields: readonly RelationField[];
  readonly #row: ArgumentRow;
  readonly #keys: number[] = [];
  readonly #aggregates: AggregateCall[] = [];
  readonly #properties = new Set<WindowProperty>();

  constructor(below: WindowInput, inputFields: readonly RelationField[], position: Position) {
    this.#below = below;
    this.#inputFields = inputFields;
    this.#row = new ArgumentRow(below, position);
  }

  /** Grouping by the window itself makes no key: the window is one. */
  addKey(key: Expression): OutputColumn {
    const property = propertyOf(this.#below.lower(key), this.#below);
    if (property !== null) return this.addProperty(property);
    const place = this.#row.add(key, this.#nameOf(key) ?? `key${this.#keys.length}`);
    return { kind: 'key', index: this.#keys.push(place) - 1 };
  }

  addAggregate({ name, args, distinct, filter, type }: WantedAggregate): OutputColumn {
    const place = (expression: Expression): number => this.#row.add(expression, this.#nameOf(expression));
    const call = { name, args: args.map(place), distinct, filter: filter === null ? null : place(filter), type };
    return { kind: 'aggregate', index: this.#aggregates.push(call) - 1 };
  }

  addProperty(property: WindowProperty): OutputColumn {
    this.#properties.add(property);
    return { kind: 'property', property };
  }

  indexOf(column: OutputColumn): number {
    if (column.kind === 'key') return column.index;
    if (column.kind === 'aggregate') return this.#keys.length + column.index;
    return this.#keys.length + this.#aggregates.length + this.#chosen().indexOf(column.property);
  }

  fields(): RelationField[] {
    const row = this.#row.relation().fields;
    return [
      ...this.#keys.map((key) => row[key]!),
      ...this.#aggregates.map(({ type }, i) => plainField(`agg${i}`, type)),
      ...this.#chosen().map((property) => propertyField(property, row[0]!.type)),
    ];
  }

  node(): WindowAggregateNode {
    return {
      kind: 'window_aggregate',
      input: this.#row.relation().node,
      window: this.#below.window,
      timeColumn: 0,
      processingTime: false,
      attached: null,
      keys: this.#keys,
      aggregates: this.#aggregates,
      properties: this.#chosen(),
      fields: this.fields().map(({ name, type }) => ({ name, type })),
    };
  }

  #chosen(): WindowProperty[] {
    return windowProperties.filter((property) => this.#properties.has(property));
  }

  #nameOf(expression: Expression): string | null {
    return expression.kind === 'column' ? this.#inputFields[expression.index]!.name : null;
  }
}

/** The type of a window's property, by that of its time. */
export function propertyType(property: WindowProperty, time: DataType): DataType {
  const isInstant = property === 'window_time' && time.kind === 'timestamp_ltz';
  return isInstant ? types.timestampLtz(3, false) : types.timestamp(3, false);
}

function propertyField(property: WindowProperty, time: DataType): RelationField {
  return { ...plainField(property, propertyType(property, time)), rowtime: property === 'window_time' };
}
