/**
 * Aggregates over rows (model/row.ts), for operators that keep rows: their accumulators are plain arrays. FILTER, DISTINCT and the functions'
 * rule for NULL are applied here; integers are exact. With `retract` rows can be taken back.
 */
import { assert } from '../../model/errors.ts';
import type { SessionContext, SqlValue } from '../../model/function.ts';
import type { AggregateCall } from '../../model/plan.ts';
import type { Row } from '../../model/row.ts';
import type { Field } from '../../model/types.ts';
import { CodeBuilder } from '../codegen/code-builder.ts';
import { type RowAggregate, rowAggregate } from './row-aggregate-code.ts';

/** The cells of all aggregates; belongs to whoever asked for it, and is changed by `add` and `retract` alone. */
export type Accumulators = SqlValue[];

/** `withoutRetraction`: of each call, whether `retract` leaves it as it is. */
type RowAggregateOptions = Readonly<{ retract: boolean; withoutRetraction?: readonly boolean[] | undefined }>;

export class RowAggregates {
  /** Of `toRow`. */
  readonly fields: readonly Field[];
  readonly #initial: readonly SqlValue[];
  readonly #add: Step;
  /** null where rows are never taken back. */
  readonly #retract: Step | null;
  readonly #resultRow: ResultRow;

  /**
   * `calls` are over rows of `rowFields`. Throws EngineError UNSUPPORTED where a function is not there or can't do what is asked.
   */
  constructor(
    calls: readonly AggregateCall[],
    rowFields: readonly Field[],
    session: SessionContext,
    { retract, withoutRetraction }: RowAggregateOptions,
  ) {
    let firstCell = 0;
    const aggregates = calls.map((call, i) => {
      const retraction = !retract ? 'none' : withoutRetraction?.[i] === true ? 'ignored' : 'full';
      const aggregate = rowAggregate(call, rowFields, session, { retraction, firstCell });
      firstCell += aggregate.cells.length;
      return aggregate;
    });
    const cells = aggregates.flatMap(({ cells: own }) => own);
    this.fields = cells.map(({ name, type }) => ({ name, type }));
    this.#initial = cells.map(({ initial }) => initial);
    this.#add = compileSteps(aggregates.map(({ add }) => add));
    this.#retract = retract ? compileSteps(aggregates.map((aggregate) => aggregate.retract!)) : null;
    this.#resultRow = compileResults(aggregates);
  }

  create(): Accumulators {
    return this.#initial.slice();
  }

  add(accumulators: Accumulators, row: Row): void {
    this.#add(accumulators, row);
  }

  /** Takes back a row that was added. */
  retract(accumulators: Accumulators, row: Row): void {
    assert(this.#retract !== null, () => 'aggregates that are to take rows back were not made for it');
    this.#retract(accumulators, row);
  }

  /** A value for each call, in the forms of `Row`. */
  results(accumulators: Accumulators): SqlValue[] {
    return this.#resultRow(accumulators);
  }

  /** One that can be changed while the other stays as it is. */
  clone(accumulators: Accumulators): Accumulators {
    return accumulators.map(ownCell);
  }

  /** Of `fields`; shares what is in the cells until the next change. */
  toRow(accumulators: Accumulators): Row {
    return accumulators;
  }

  fromRow(row: Row): Accumulators {
    return row.map(ownCell);
  }
}

type Step = (accumulators: Accumulators, row: Row) => void;
type ResultRow = (accumulators: Accumulators) => SqlValue[];

/** A call for each aggregate in place of a loop over them: each calls one function. */
function compileSteps(steps: readonly Step[]): Step {
  const builder = new CodeBuilder();
  for (const step of steps) builder.line(`${builder.capture('step', step)}(accumulators, row);`);
  return builder.build('eachAggregate', ['accumulators', 'row']);
}

function compileResults(aggregates: readonly RowAggregate[]): ResultRow {
  const builder = new CodeBuilder();
  const values = aggregates.map(({ result }) => `${builder.capture('result', result)}(accumulators)`);
  builder.line(`return [${values.join(', ')}];`);
  return builder.build('results', ['accumulators']);
}

/** Containers are changed in place, their elements are not. */
function ownCell(value: SqlValue): SqlValue {
  if (value instanceof Map) return new Map(value);
  if (value instanceof Uint8Array) return value.slice();
  return Array.isArray(value) ? [...value] : value;
}
