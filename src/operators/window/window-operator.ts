/**
 * A window function without an aggregation: each row once for each window that it lies in, with the window's properties appended. Keeps
 * no state and drops nothing for lateness.
 */
import { type Figures, fate } from '../../model/account.ts';
import { type ColumnBatch, gatherBatch } from '../../model/column.ts';
import type { WindowSpec } from '../../model/job-graph.ts';
import type { Operator, OperatorContext, Output } from '../../model/operator.ts';
import type { WindowProperty } from '../../model/plan.ts';
import { FateTally } from '../fate-tally.ts';
import { forEachWindow } from './assign-windows.ts';
import { ProcessingClock } from './processing-clock.ts';
import { RowtimeReader } from './rowtime.ts';
import { type SlicedWindow, slicedWindow } from './slices.ts';
import { WindowClock } from './window-clock.ts';
import { maxOutputRows, propertyMs, timestampColumn, withoutNullRowtimes } from './window-rows.ts';

const properties: readonly WindowProperty[] = ['window_start', 'window_end', 'window_time'];

export class WindowOperator implements Operator {
  readonly #spec: WindowSpec;
  readonly #window: SlicedWindow;
  readonly #rowtimes: RowtimeReader;
  readonly #clock: WindowClock;
  readonly #selection = new Int32Array(maxOutputRows);
  readonly #starts = new Float64Array(maxOutputRows);
  readonly #ends = new Float64Array(maxOutputRows);
  readonly #fates = new FateTally();
  #count = 0;
  /** Rows beside the first of each row. */
  #made = 0;
  #ctx!: OperatorContext;
  #processing!: ProcessingClock;
  #output!: Output;

  constructor(spec: WindowSpec) {
    this.#spec = spec;
    this.#window = slicedWindow(spec.window);
    this.#rowtimes = new RowtimeReader(spec.time.type);
    this.#clock = new WindowClock(spec.time.timeZone);
  }

  open(ctx: OperatorContext, output: Output): void {
    this.#ctx = ctx;
    this.#output = output;
    this.#processing = new ProcessingClock(ctx.session);
  }

  processBatch(input: ColumnBatch): void {
    const { time, processingTime } = this.#spec;
    const batch = processingTime ? input : withoutNullRowtimes(input, time.column, this.#ctx.counters);
    this.#fates.add(fate.nullRowtime, input.length - batch.length);
    if (batch.length === 0) return;
    const { values } = processingTime
      ? { values: new Float64Array(batch.length).fill(this.#processing.now()) }
      : this.#rowtimes.read(batch.columns[time.column]!, batch.length);
    let row = 0;
    let windows = 0;
    const add = (start: number, end: number): void => {
      windows++;
      if (this.#count === maxOutputRows) this.#emit(batch);
      this.#selection[this.#count] = row;
      this.#starts[this.#count] = start;
      this.#ends[this.#count++] = end;
    };
    for (; row < batch.length; row++) {
      windows = 0;
      forEachWindow(this.#window, this.#clock.toWall(values[row]!), add);
      this.#fates.add(windows > 0 ? fate.passed : fate.surplus, 1); // hops may leave gaps
      this.#made += Math.max(0, windows - 1);
    }
    this.#emit(batch);
  }

  processWatermark(watermark: number): void {
    this.#output.emitWatermark(watermark);
  }

  account(): Figures {
    return { ...this.#fates.figures(), waiting: 0, made: this.#made };
  }

  #emit(batch: ColumnBatch): void {
    const count = this.#count;
    this.#count = 0;
    if (count === 0) return;
    // A row may be selected more than once: the selection can be longer than the batch.
    const rows = gatherBatch({ ...batch, length: Math.max(batch.length, count) }, this.#selection, count);
    const added = properties.map((property, i) => {
      const { type } = this.#spec.fields[this.#spec.inputFields.length + i]!;
      const ms = Float64Array.from({ length: count }, (_, k) =>
        propertyMs(property, type, { start: this.#starts[k]!, end: this.#ends[k]! }, this.#clock),
      );
      return timestampColumn(type, ms);
    });
    this.#output.emitBatch({ ...rows, columns: [...rows.columns, ...added] });
  }
}
