/**
 * `n PRECEDING` by event time. The frame's rows are kept and taken back when they fall out of it. As in Flink a row is late when a later one
 * *of its key* has gone out, not by the watermark; a key begins at time 0.
 */
import type { OverSpec } from '../../model/job-graph.ts';
import type { Row } from '../../model/row.ts';
import { types } from '../../model/types.ts';
import { KeyedState, type StateHandle, type StateTtl } from '../../state/keyed-state.ts';
import type { Accumulators } from '../aggregate/row-aggregates.ts';
import { rowLists } from '../rows/row-lists.ts';
import type { Timers } from '../rows/timers.ts';
import type { EmitResults, Frames } from './frames.ts';
import type { OverAggregates } from './over-aggregates.ts';

/** `lastTime`: of the last timer. `clearAt`: when the key is forgotten (RANGE only). */
type KeyFrame = { cells: Accumulators; lastTime: number; clearAt: number | null };

const timeFields = [
  { name: 'last_time', type: types.of('bigint', false) },
  { name: 'clear_at', type: types.of('bigint') },
];

/** What both kinds of bounded frames keep. */
class FrameState {
  readonly aggregates: OverAggregates;
  readonly frames: KeyedState<KeyFrame>;
  readonly rows: KeyedState<Row[]>;
  readonly #partition: readonly number[];
  readonly #expires: boolean;

  constructor({ partition, inputFields }: OverSpec, aggregates: OverAggregates, ttl: StateTtl | null) {
    this.#expires = ttl !== null;
    const keyFields = partition.map((column) => inputFields[column]!);
    this.aggregates = aggregates;
    this.#partition = partition;
    this.rows = rowLists({ name: 'over-rows', keyFields, rowFields: inputFields, ttl });
    this.frames = new KeyedState<KeyFrame>(
      {
        name: 'over-frame',
        keyFields,
        valueFields: [...aggregates.fields, ...timeFields],
        toRows: ({ cells, lastTime, clearAt }) => [[...aggregates.toRow(cells), lastTime, clearAt]],
        fromRow: (_, row) => ({
          cells: aggregates.fromRow(row.slice(0, -2)),
          lastTime: row.at(-2) as number,
          clearAt: row.at(-1) as number | null,
        }),
        clone: (frame) => ({ ...frame, cells: aggregates.clone(frame.cells) }),
      },
      ttl,
    );
  }

  lastTime(key: string): number {
    return this.frames.get(key)?.lastTime ?? 0;
  }

  /** `row`: of the key. */
  frame(key: string, row: Row): KeyFrame {
    const create = (): KeyFrame => ({ cells: this.aggregates.create(), lastTime: 0, clearAt: null });
    return this.frames.update(key, this.#keyOf(row), create);
  }

  /** Where the clock has taken one of the two by `table.exec.state.ttl`, the other one means nothing. */
  forgetHalf(key: string): void {
    if (!this.#expires) return;
    if (this.frames.get(key) !== undefined && this.rows.get(key) !== undefined) return;
    this.frames.delete(key);
    this.rows.delete(key);
  }

  /** The rows of the frame. `row`: of the key. */
  rowsOf(key: string, row: Row): Row[] {
    return this.rows.update(key, this.#keyOf(row), () => []);
  }

  #keyOf(row: Row): Row {
    return this.#partition.map((column) => row[column]!);
  }
}

/** ROWS: each row sees itself and the `preceding` rows before it. */
export class BoundedRowsFrames implements Frames {
  readonly #state: FrameState;
  readonly #size: number;

  constructor(spec: OverSpec, aggregates: OverAggregates, ttl: StateTtl | null) {
    this.#state = new FrameState(spec, aggregates, ttl);
    this.#size = spec.frame.preceding! + 1;
  }

  states(): readonly StateHandle[] {
    return [this.#state.frames, this.#state.rows];
  }

  takes(key: string, time: number): boolean {
    return time > this.#state.lastTime(key);
  }

  await(): void {}

  fire(key: string, time: number, rows: readonly Row[], emit: EmitResults): void {
    const { aggregates } = this.#state;
    this.#state.forgetHalf(key);
    const frame = this.#state.frame(key, rows[0]!);
    const kept = this.#state.rowsOf(key, rows[0]!);
    for (const row of rows) {
      if (kept.length === this.#size) aggregates.retract(frame.cells, kept.shift()!);
      aggregates.add(frame.cells, row);
      kept.push(row);
      emit(row, aggregates.results(frame.cells));
    }
    frame.lastTime = time;
  }

  restored(): void {}
}

/** RANGE: each row sees those of its time and of `preceding` ms before. */
export class BoundedRangeFrames implements Frames {
  readonly #state: FrameState;
  readonly #preceding: number;
  readonly #timeOf: (row: Row) => number;

  constructor(spec: OverSpec, aggregates: OverAggregates, timeOf: (row: Row) => number) {
    this.#state = new FrameState(spec, aggregates, null); // rows go by event time
    this.#preceding = spec.frame.preceding!;
    this.#timeOf = timeOf;
  }

  states(): readonly StateHandle[] {
    return [this.#state.frames, this.#state.rows];
  }

  takes(key: string, time: number): boolean {
    return time > this.#state.lastTime(key);
  }

  /** Half of the range later than needed, so that not every row sets a timer. */
  await(key: string, row: Row, time: number, timers: Timers): void {
    const frame = this.#state.frame(key, row);
    if (frame.clearAt !== null && frame.clearAt >= time + this.#preceding + 1) return;
    frame.clearAt = time + Math.trunc(this.#preceding * 1.5) + 1;
    timers.add(frame.clearAt, key);
  }

  fire(key: string, time: number, rows: readonly Row[], emit: EmitResults): void {
    const frame = this.#state.frames.change(key);
    if (frame === undefined) return;
    if (frame.clearAt !== null && frame.clearAt <= time) {
      this.#state.frames.delete(key);
      this.#state.rows.delete(key);
      return;
    }
    if (rows.length > 0) this.#emit(frame, key, time, rows, emit);
    frame.lastTime = time;
  }

  restored(timers: Timers): void {
    for (const [key, , { clearAt }] of this.#state.frames.entries()) if (clearAt !== null) timers.add(clearAt, key);
  }

  #emit({ cells }: KeyFrame, key: string, time: number, rows: readonly Row[], emit: EmitResults): void {
    const { aggregates } = this.#state;
    const kept = this.#state.rowsOf(key, rows[0]!);
    let out = 0;
    while (out < kept.length && time - this.#timeOf(kept[out]!) > this.#preceding) {
      aggregates.retract(cells, kept[out++]!);
    }
    kept.splice(0, out);
    for (const row of rows) aggregates.add(cells, row);
    for (const row of rows) {
      emit(row, aggregates.results(cells));
      kept.push(row);
    }
  }
}
