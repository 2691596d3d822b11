/** UNBOUNDED PRECEDING by event time: one accumulator a key. Rows that are not above the watermark are late. */
import type { OverSpec } from '../../model/job-graph.ts';
import type { Row } from '../../model/row.ts';
import { KeyedState, type StateHandle, type StateTtl } from '../../state/keyed-state.ts';
import type { Accumulators } from '../aggregate/row-aggregates.ts';
import type { EmitResults, Frames } from './frames.ts';
import type { OverAggregates } from './over-aggregates.ts';

/** The accumulator of each key. */
function accumulatorState(
  { partition, inputFields }: OverSpec,
  aggregates: OverAggregates,
  ttl: StateTtl | null,
): KeyedState<Accumulators> {
  return new KeyedState<Accumulators>(
    {
      name: 'over-accumulator',
      keyFields: partition.map((column) => inputFields[column]!),
      valueFields: aggregates.fields,
      toRows: (cells) => [aggregates.toRow(cells)],
      fromRow: (_, row) => aggregates.fromRow(row),
      clone: (cells) => aggregates.clone(cells),
    },
    ttl,
  );
}

export class UnboundedFrames implements Frames {
  readonly #aggregates: OverAggregates;
  readonly #partition: readonly number[];
  readonly #isRange: boolean;
  readonly #state: KeyedState<Accumulators>;

  constructor(spec: OverSpec, aggregates: OverAggregates, ttl: StateTtl | null) {
    this.#aggregates = aggregates;
    this.#partition = spec.partition;
    this.#isRange = spec.frame.unit === 'range';
    this.#state = accumulatorState(spec, aggregates, ttl);
  }

  states(): readonly StateHandle[] {
    return [this.#state];
  }

  takes(_key: string, time: number, watermark: number): boolean {
    return time > watermark;
  }

  await(): void {}

  fire(key: string, _time: number, rows: readonly Row[], emit: EmitResults): void {
    const aggregates = this.#aggregates;
    const keyRow = this.#partition.map((column) => rows[0]![column]!);
    const cells = this.#state.update(key, keyRow, () => aggregates.create());
    if (this.#isRange) for (const row of rows) aggregates.add(cells, row);
    for (const row of rows) {
      if (!this.#isRange) aggregates.add(cells, row);
      emit(row, aggregates.results(cells));
    }
  }

  restored(): void {}
}
