/**
 * Aggregates sessions: one half, behind the exchange. Gives a session's row when the watermark (or processing time) has passed its end; a
 * row whose session would have ended before it came is dropped and counted (`lateRecords`), as in Flink's SessionWindowAssigner and
 * MergingWindowSet.
 */
import { type Figures, fate } from '../../model/account.ts';
import { batchOf, type Column, type ColumnBatch, minWatermark } from '../../model/column.ts';
import type { SessionAggregateSpec } from '../../model/job-graph.ts';
import type { Operator, OperatorContext, OperatorSnapshot, Output } from '../../model/operator.ts';
import type { StateChunk, StateTableFields } from '../../model/state.ts';
import type { CellColumn } from '../../state/cell-column.ts';
import { hashKeys } from '../../state/key-group.ts';
import { bindAggregates } from '../aggregate/bound-aggregate.ts';
import { FateTally } from '../fate-tally.ts';
import { ProcessingClock } from './processing-clock.ts';
import { RowtimeReader } from './rowtime.ts';
import { SessionAccumulators } from './session-accumulators.ts';
import { SessionSnapshots } from './session-snapshot.ts';
import { noSession, SessionStore } from './session-store.ts';
import { WindowClock } from './window-clock.ts';
import { maxOutputRows, propertyMs, requireInserts, timestampColumn, withoutNullRowtimes } from './window-rows.ts';
import { restoredWatermark } from './window-snapshot.ts';

export class SessionAggregateOperator implements Operator {
  readonly #spec: SessionAggregateSpec;
  readonly #clock: WindowClock;
  readonly #rowtimes: RowtimeReader;
  readonly #ended = new Int32Array(maxOutputRows);
  readonly #fates = new FateTally();
  #ctx!: OperatorContext;
  #output!: Output;
  #processing!: ProcessingClock;
  #sessions!: SessionAccumulators;
  #store!: SessionStore;
  #snapshots!: SessionSnapshots;
  #hashes = new Int32Array(0);
  /** The session of each row of the batch; those before `#added` are in its accumulators. */
  #rows = new Int32Array(0);
  #batch: ColumnBatch | null = null;
  #added = 0;
  #placed = 0;
  /** The time that sessions end by: the watermark, or processing time. */
  #progress = minWatermark;
  #emitted = minWatermark;
  #restored: number | null = null;

  constructor(spec: SessionAggregateSpec) {
    this.#spec = spec;
    this.#clock = new WindowClock(spec.time.timeZone);
    this.#rowtimes = new RowtimeReader(spec.time.type);
  }

  open(ctx: OperatorContext, output: Output): void {
    const { keys, aggregates, inputFields, gapMs } = this.#spec;
    this.#ctx = ctx;
    this.#output = output;
    this.#processing = new ProcessingClock(ctx.session);
    const bound = bindAggregates(aggregates, inputFields, ctx.session);
    const keyFields = keys.map((key) => inputFields[key]!);
    this.#sessions = new SessionAccumulators(
      keyFields.map(({ type }) => type),
      bound,
    );
    this.#store = new SessionStore(this.#sessions, this.#clock, gapMs, () => this.#addPlaced());
    this.#snapshots = new SessionSnapshots(this.#sessions, this.#store, keyFields, bound);
  }

  stateTables(): readonly StateTableFields[] {
    return this.#snapshots.tables;
  }

  restore(chunk: StateChunk): void {
    if (this.#snapshots.restore(chunk)) return;
    const watermark = restoredWatermark(chunk);
    this.#restored = Math.min(watermark, this.#restored ?? watermark);
  }

  processBatch(input: ColumnBatch): void {
    this.#finishRestore();
    requireInserts(input);
    const { time, processingTime, keys } = this.#spec;
    if (processingTime) this.processTime(this.#processing.now());
    const batch = processingTime ? input : withoutNullRowtimes(input, time.column, this.#ctx.counters);
    this.#fates.add(fate.nullRowtime, input.length - batch.length);
    if (batch.length === 0) return;
    const keyColumns = keys.map((key) => batch.columns[key]!);
    this.#begin(batch, keyColumns);
    if (processingTime) this.#placeAll(this.#clock.toWall(this.#processing.now()));
    else this.#placeByRowtime(batch);
    this.#addPlaced();
    this.#batch = null;
  }

  processTime(nowMs: number): void {
    if (!this.#spec.processingTime) return;
    this.#finishRestore();
    this.#advance(this.#processing.at(nowMs) - 1); // rows of this very millisecond may still come
  }

  processWatermark(watermark: number): void {
    this.#finishRestore();
    if (!this.#spec.processingTime) this.#advance(watermark);
    if (watermark <= this.#emitted) return;
    this.#emitted = watermark;
    this.#output.emitWatermark(watermark);
  }

  snapshot(): OperatorSnapshot {
    this.#finishRestore();
    return this.#snapshots.take(this.#progress);
  }

  account(): Figures {
    return this.#fates.figures();
  }

  stateBytes(): number {
    return this.#store.bytes();
  }

  #finishRestore(): void {
    if (this.#restored === null) return;
    this.#progress = this.#restored;
    this.#restored = null;
  }

  #begin(batch: ColumnBatch, keyColumns: readonly Column[]): void {
    if (this.#rows.length < batch.length) {
      this.#rows = new Int32Array(batch.length);
      this.#hashes = new Int32Array(batch.length);
    }
    hashKeys(keyColumns, batch.length, this.#hashes);
    this.#store.bind(keyColumns);
    this.#batch = batch;
    this.#added = 0;
    this.#placed = 0;
  }

  #placeAll(wallMs: number): void {
    const { length } = this.#batch!;
    while (this.#placed < length) this.#place(this.#placed, wallMs);
  }

  #placeByRowtime(batch: ColumnBatch): void {
    const { values } = this.#rowtimes.read(batch.columns[this.#spec.time.column]!, batch.length);
    const { watermarks } = batch;
    for (let i = 0; i < batch.length; i++) {
      if (watermarks !== null && watermarks[i]! > this.#progress) this.#passTo(watermarks[i]!);
      this.#place(i, this.#clock.toWall(values[i]!));
    }
  }

  /** The watermark of a row. It goes on where sessions have ended by it; else with the next one that does. */
  #passTo(watermark: number): void {
    if (!this.#store.mayEndBy(watermark)) {
      this.#progress = watermark;
      return;
    }
    this.#addPlaced();
    this.processWatermark(watermark);
  }

  #place(index: number, wallMs: number): void {
    const row = this.#store.place(this.#hashes[index]!, index, wallMs, this.#progress);
    if (row === noSession) this.#ctx.counters.add('lateRecords', 1);
    this.#fates.add(row === noSession ? fate.late : fate.used, 1);
    this.#rows[index] = row;
    this.#placed = index + 1;
  }

  #addPlaced(): void {
    const [from, to] = [this.#added, this.#placed];
    if (this.#batch === null || from === to) return;
    this.#added = to;
    this.#sessions.add(this.#batch, this.#rows, from, to);
  }

  #advance(progress: number): void {
    if (progress <= this.#progress) return;
    for (;;) {
      const count = this.#store.takeEnded(progress, this.#ended);
      if (count === 0) break;
      this.#emit(count);
      this.#store.release(this.#ended, count);
    }
    this.#progress = progress;
  }

  #emit(count: number): void {
    const { table } = this.#sessions;
    const keys = table.gatherKeys(this.#ended, count);
    const cells = table.gatherCells(this.#ended, count);
    const results = this.#sessions.results(cells, count);
    this.#output.emitBatch(batchOf(count, [...keys, ...results, ...this.#properties(cells, count)]));
  }

  #properties(cells: readonly CellColumn[], count: number): Column[] {
    const { keys, aggregates, properties, fields } = this.#spec;
    const [starts, ends] = cells.slice(-2).map(({ values }) => values as Float64Array);
    return properties.map((property, i) => {
      const { type } = fields[keys.length + aggregates.length + i]!;
      const ms = Float64Array.from({ length: count }, (_, k) =>
        propertyMs(property, type, { start: starts![k]!, end: ends![k]! }, this.#clock),
      );
      return timestampColumn(type, ms);
    });
  }
}
