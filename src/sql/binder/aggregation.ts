/** Builds the node of a windowed aggregation from the keys, aggregates and window properties that a query asks for. */
import { columnRef, type Expression } from '../../model/expression.ts';
import type { AggregateCall, WindowAggregateNode, WindowColumns, WindowProperty } from '../../model/plan.ts';
import type { DataType } from '../../model/types.ts';
import { expandSets, type GroupedInput, type GroupingSets } from './grouping-sets.ts';
import { plainField, type RelationField } from './scope.ts';
import { propertyField, windowProperties } from './window-columns.ts';
import { ArgumentRow, propertyOf, type WindowInput, windowOfTime } from './window-input.ts';

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
  #sets: GroupingSets | null = null;

  constructor(below: WindowInput, inputFields: readonly RelationField[]) {
    this.#below = below;
    this.#inputFields = inputFields;
    this.#row = new ArgumentRow(below);
    if (!this.#startIsKey) return;
    const { start } = below.attached!;
    this.#keys.push(this.#row.add(columnRef(start, inputFields[start]!.type), 'window_start'));
  }

  /** Where a session began is not known by its end. */
  get #startIsKey(): boolean {
    return this.#below.attached !== null && this.#below.window.kind === 'session';
  }

  /** Grouping by the window itself makes no key: the window is one. */
  addKey(key: Expression): OutputColumn {
    const property = propertyOf(key, this.#inputFields, this.#below);
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
    if (this.#startIsKey && property === 'window_start') return { kind: 'key', index: 0 };
    this.#properties.add(property);
    return { kind: 'property', property };
  }

  /** Gives the column with the sets' id. */
  addSets(sets: GroupingSets): OutputColumn {
    this.#sets = sets;
    return { kind: 'key', index: this.#keys.length };
  }

  indexOf(column: OutputColumn): number {
    if (column.kind === 'key') return column.index;
    const keyCount = this.#grouped().keys.length;
    if (column.kind === 'aggregate') return keyCount + column.index;
    return keyCount + this.#aggregates.length + this.#chosen().indexOf(column.property);
  }

  fields(): RelationField[] {
    const { relation, keys } = this.#grouped();
    const row = relation.fields;
    const windows = windowOfTime(this.#below);
    return [
      ...keys.map((key, i) => (i === 0 && this.#startIsKey ? propertyField('window_start', windows) : row[key]!)),
      ...this.#aggregates.map(({ type }, i) => plainField(`agg${i}`, type)),
      ...this.#chosen().map((property) => {
        const field = propertyField(property, windows);
        return this.#below.isGroupWindow ? { ...field, window: null } : field;
      }),
    ];
  }

  node(): WindowAggregateNode {
    const { relation, keys } = this.#grouped();
    return {
      kind: 'window_aggregate',
      input: relation.node,
      window: this.#below.window,
      timeColumn: 0,
      processingTime: this.#below.processingTime,
      attached: this.#attached(),
      emit: this.#below.emit,
      keys,
      aggregates: this.#aggregates,
      properties: this.#chosen(),
      fields: this.fields().map(({ name, type }) => ({ name, type })),
    };
  }

  #grouped(): GroupedInput {
    const relation = this.#row.relation();
    return this.#sets === null ? { relation, keys: this.#keys } : expandSets(relation, this.#keys, this.#sets);
  }

  #attached(): WindowColumns | null {
    const { attached } = this.#below;
    return attached === null ? null : { start: this.#startIsKey ? this.#keys[0]! : 0, end: 0, zoned: attached.zoned };
  }

  #chosen(): WindowProperty[] {
    return windowProperties.filter((property) => this.#properties.has(property));
  }

  #nameOf(expression: Expression): string | null {
    return expression.kind === 'column' ? this.#inputFields[expression.index]!.name : null;
  }
}
