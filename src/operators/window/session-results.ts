/** What goes out of a session that has ended: its rows, or what is aggregated of them. */
import { op } from '../../model/column.ts';
import type { SessionContext } from '../../model/function.ts';
import type { RowSessionAggregateSpec, SessionSpec } from '../../model/job-graph.ts';
import type { WindowProperty } from '../../model/plan.ts';
import type { Row } from '../../model/row.ts';
import { type Field, isTimestamp, unitsPerMillisecond } from '../../model/types.ts';
import { RowAggregates } from '../aggregate/row-aggregates.ts';
import type { RowSession } from './row-sessions.ts';
import type { WindowClock } from './window-clock.ts';
import { propertyMs } from './window-rows.ts';

export interface SessionResults {
  /** Before the first session. */
  open(session: SessionContext): void;
  of(session: RowSession, clock: WindowClock): Iterable<readonly [change: number, row: Row]>;
}

const properties: readonly WindowProperty[] = ['window_start', 'window_end', 'window_time'];

/** Each row with the bounds behind it, in the order of their coming; changes stay what they are. */
export class SessionRows implements SessionResults {
  readonly #bounds: readonly Field[];

  constructor({ inputFields, fields }: SessionSpec) {
    this.#bounds = fields.slice(inputFields.length);
  }

  open(): void {}

  *of(session: RowSession, clock: WindowClock): Generator<readonly [number, Row]> {
    const bounds = propertyValues(properties, this.#bounds, session, clock);
    for (const { change, row } of session.rows) yield [change, [...row, ...bounds]];
  }
}

/** One row of what is left once rows have been taken back; none if nothing is. */
export class SessionAggregates implements SessionResults {
  readonly #spec: RowSessionAggregateSpec;
  readonly #properties: readonly Field[];
  #aggregates!: RowAggregates;

  constructor(spec: RowSessionAggregateSpec) {
    this.#spec = spec;
    this.#properties = spec.fields.slice(spec.keys.length + spec.aggregates.length);
  }

  open(session: SessionContext): void {
    const { aggregates, inputFields } = this.#spec;
    this.#aggregates = new RowAggregates(aggregates, inputFields, session, { retract: true });
  }

  *of(session: RowSession, clock: WindowClock): Generator<readonly [number, Row]> {
    const accumulators = this.#aggregates.create();
    let count = 0;
    for (const { change, row } of session.rows) {
      const isAdded = change === op.insert || change === op.updateAfter;
      count += isAdded ? 1 : -1;
      if (isAdded) this.#aggregates.add(accumulators, row);
      else this.#aggregates.retract(accumulators, row);
    }
    if (count <= 0) return;
    const [first] = session.rows;
    const keys = this.#spec.keys.map((column) => first!.row[column]!);
    const bounds = propertyValues(this.#spec.properties, this.#properties, session, clock);
    yield [op.insert, [...keys, ...this.#aggregates.results(accumulators), ...bounds]];
  }
}

function propertyValues(
  wanted: readonly WindowProperty[],
  fields: readonly Field[],
  session: RowSession,
  clock: WindowClock,
): readonly number[] {
  return wanted.map((property, i) => {
    const { type } = fields[i]!;
    const units = isTimestamp(type) ? unitsPerMillisecond(type.precision) : 1;
    return propertyMs(property, type, session, clock) * units;
  });
}
