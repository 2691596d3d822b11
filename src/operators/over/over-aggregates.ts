/** The functions of one OVER window: aggregates, and those that only OVER has, in one row of cells. */
import type { SessionContext, SqlValue } from '../../model/function.ts';
import type { OverSpec } from '../../model/job-graph.ts';
import type { Row } from '../../model/row.ts';
import type { Field } from '../../model/types.ts';
import { type Accumulators, RowAggregates } from '../aggregate/row-aggregates.ts';
import { type OverFunction, overFunction } from './over-function.ts';

type PlacedFunction = OverFunction & Readonly<{ at: number }>;

export class OverAggregates {
  /** Of the cells. */
  readonly fields: readonly Field[];
  readonly #aggregates: RowAggregates;
  readonly #functions: readonly PlacedFunction[];
  /** Per call: its place among the functions, or (−1) the next aggregate. */
  readonly #places: readonly number[];

  constructor({ aggregates, inputFields, order, frame, time }: OverSpec, session: SessionContext) {
    const rows = { fields: inputFields, order, byArrival: time === 'proctime' };
    const functions = aggregates.map((call) => overFunction(call, rows));
    const others = aggregates.filter((_, i) => functions[i] === null);
    this.#aggregates = new RowAggregates(others, inputFields, session, { retract: frame.preceding !== null });
    let at = this.#aggregates.fields.length;
    const placed: PlacedFunction[] = [];
    this.#places = functions.map((each) => {
      if (each === null) return -1;
      placed.push({ ...each, at });
      at += each.cells.length;
      return placed.length - 1;
    });
    this.#functions = placed;
    const cells = placed.flatMap((each) => each.cells.map(({ name, type }) => ({ name, type })));
    this.fields = [...this.#aggregates.fields, ...cells];
  }

  create(): Accumulators {
    const own = this.#functions.flatMap(({ cells }) => cells.map(({ initial }) => initial));
    return [...this.#aggregates.create(), ...own];
  }

  add(cells: Accumulators, row: Row): void {
    this.#aggregates.add(cells, row);
    for (const each of this.#functions) each.add(cells, each.at, row);
  }

  retract(cells: Accumulators, row: Row): void {
    this.#aggregates.retract(cells, row);
  }

  /** A value for each call. */
  results(cells: Accumulators): SqlValue[] {
    const aggregates = this.#aggregates.results(cells);
    if (this.#functions.length === 0) return aggregates;
    let next = 0;
    return this.#places.map((place) => {
      if (place < 0) return aggregates[next++]!;
      const each = this.#functions[place]!;
      return each.result(cells, each.at);
    });
  }

  clone(cells: Accumulators): Accumulators {
    return this.#aggregates.clone(cells);
  }

  toRow(cells: Accumulators): Row {
    return this.#aggregates.toRow(cells);
  }

  fromRow(row: Row): Accumulators {
    return this.#aggregates.fromRow(row);
  }
}
