/** Builds the node of an aggregation without a window from the keys and aggregates that a query asks for. */
import { assert } from '../../model/errors.ts';
import { columnRef, type Expression, literal } from '../../model/expression.ts';
import type { AggregateCall, PlanNode } from '../../model/plan.ts';
import { types } from '../../model/types.ts';
import { uniqueKeysOf } from '../planner/changelog.ts';
import type { OutputColumn, WantedAggregate } from './aggregation.ts';
import { coerce } from './coerce.ts';
import { textOf } from './expression-text.ts';
import { expandSets, type GroupedInput, type GroupingSets } from './grouping-sets.ts';
import { type Relation, select } from './relation.ts';
import { fieldsOf, plainField, type RelationField } from './scope.ts';

type GroupColumn = Exclude<OutputColumn, { kind: 'property' }>;

/** Aggregates that are the value itself where there is one. */
const valuesOfOne: ReadonlySet<string> = new Set(['SUM', 'MIN', 'MAX', 'SINGLE_VALUE']);

/** First everything is added, then the node is asked for. */
export class GroupAggregation {
  readonly #input: Relation;
  readonly #where: Expression | null;
  readonly #ttlMs: number | undefined;
  readonly #projections: Expression[] = [];
  readonly #fields: RelationField[] = [];
  readonly #keys: number[] = [];
  readonly #aggregates: AggregateCall[] = [];
  #sets: GroupingSets | null = null;

  /** `where` is over the input's row. `ttlMs`: what the hint STATE_TTL says of the input. */
  constructor(input: Relation, where: Expression | null, ttlMs?: number) {
    this.#input = input;
    this.#ttlMs = ttlMs;
    this.#where = where;
  }

  addKey(key: Expression): GroupColumn {
    return { kind: 'key', index: this.#keys.push(this.#place(key, `key${this.#keys.length}`)) - 1 };
  }

  addAggregate({ name, args, distinct, filter, type }: WantedAggregate): GroupColumn {
    const place = (expression: Expression): number => this.#place(expression, `arg${this.#fields.length}`);
    const call = { name, args: args.map(place), distinct, filter: filter === null ? null : place(filter), type };
    return { kind: 'aggregate', index: this.#aggregates.push(call) - 1 };
  }

  /** Gives the column with the sets' id. */
  addSets(sets: GroupingSets): GroupColumn {
    this.#sets = sets;
    return { kind: 'key', index: this.#keys.length };
  }

  indexOf(column: OutputColumn): number {
    assert(column.kind !== 'property', () => 'only windows have properties');
    return column.kind === 'aggregate'
      ? this.#grouped().keys.length + column.index
      : (column as { index: number }).index;
  }

  fields(): RelationField[] {
    const { relation, keys } = this.#grouped();
    return [
      ...keys.map((key) => plainField(relation.fields[key]!.name, relation.fields[key]!.type)),
      ...this.#aggregates.map(({ type }, i) => plainField(`agg${i}`, type)),
    ];
  }

  node(): PlanNode {
    const { relation, keys } = this.#grouped();
    const fields = fieldsOf(this.fields());
    if (this.#isNeedless(relation.node, keys)) {
      const columns = [...keys, ...this.#aggregates.map(({ args }) => args[0]!)];
      const projections = columns.map((column, i) =>
        coerce(columnRef(column, relation.fields[column]!.type), fields[i]!.type),
      );
      return { kind: 'calc', input: relation.node, predicate: null, projections, fields };
    }
    return {
      kind: 'group_aggregate',
      input: relation.node,
      keys,
      aggregates: this.#aggregates,
      ttlMs: this.#ttlMs,
      fields,
    };
  }

  /** Whether each group has one row, and the aggregates are that row's values (Flink's FlinkAggregateRemoveRule). */
  #isNeedless(input: PlanNode, keys: readonly number[]): boolean {
    if (keys.length === 0 || this.#sets !== null) return false;
    const passesOn = ({ name, args, filter }: AggregateCall): boolean =>
      valuesOfOne.has(name) && args.length === 1 && filter === null;
    if (!this.#aggregates.every(passesOn)) return false;
    return uniqueKeysOf(input).some((unique) => unique.every((column) => keys.includes(column)));
  }

  #grouped(): GroupedInput {
    const relation = this.#argumentRow();
    return this.#sets === null ? { relation, keys: this.#keys } : expandSets(relation, this.#keys, this.#sets);
  }

  /** A row needs a column: without keys and arguments a constant. */
  #argumentRow(): Relation {
    const isEmpty = this.#projections.length === 0;
    const projections = isEmpty ? [literal(0, types.of('int', false))] : this.#projections;
    const fields = isEmpty ? [plainField('$f0', types.of('int', false))] : this.#fields;
    return select(this.#input.node, { predicate: this.#where, projections, fields });
  }

  #place(expression: Expression, name: string): number {
    const text = textOf(expression);
    const known = this.#projections.findIndex((other) => textOf(other) === text);
    if (known >= 0) return known;
    const named = expression.kind === 'column' ? this.#input.fields[expression.index]!.name : name;
    this.#fields.push(plainField(named, expression.type));
    return this.#projections.push(expression) - 1;
  }
}
