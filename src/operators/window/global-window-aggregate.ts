/**
 * The global half of a windowed aggregation: merges the partial accumulators of its keys by slice, gives a window's rows when the
 * watermark passes its end, and drops what comes later. Late is decided per slice, as Flink does: rows of a slice all of whose windows
 * have fired are dropped and counted (`lateRecords`); else they count in the windows that have not.
 */
import { type Figures, fate } from '../../model/account.ts';
import type { Column, ColumnBatch } from '../../model/column.ts';
import { batchOf, minWatermark } from '../../model/column.ts';
import { assert } from '../../model/errors.ts';
import type { GlobalWindowAggregateSpec } from '../../model/job-graph.ts';
import type { Operator, OperatorContext, OperatorSnapshot, Output } from '../../model/operator.ts';
import type { StateChunk, StateTableFields } from '../../model/state.ts';
import { hashKeys } from '../../state/key-group.ts';
import { AccumulatorLayout, type AccumulatorTable } from '../aggregate/accumulator-table.ts';
import { bindAggregates } from '../aggregate/bound-aggregate.ts';
import { FateTally } from '../fate-tally.ts';
import { RowtimeReader } from './rowtime.ts';
import { SliceStore } from './slice-store.ts';
import { Slices } from './slices.ts';
import { WindowClock } from './window-clock.ts';
import { WindowProgress } from './window-progress.ts';
import { propertyMs, requireInserts, timestampColumn } from './window-rows.ts';
import {
  checkSliceChunk,
  restoredWatermark,
  sliceSchema,
  sliceTable,
  snapshotWindows,
  watermarkSchema,
} from './window-snapshot.ts';

export class GlobalWindowAggregateOperator implements Operator {
  readonly #spec: GlobalWindowAggregateSpec;
  readonly #clock: WindowClock;
  readonly #slices: Slices;
  readonly #progress: WindowProgress;
  readonly #sliceEnds: RowtimeReader;
  /** Of the records that the rows stand for. */
  readonly #fates = new FateTally();
  #carried = 0;
  #ctx!: OperatorContext;
  #output!: Output;
  #layout!: AccumulatorLayout;
  #store!: SliceStore;
  #hashes = new Int32Array(0);
  #restored: { watermark: number | null } | null = null;

  constructor(spec: GlobalWindowAggregateSpec) {
    this.#spec = spec;
    this.#clock = new WindowClock(spec.time.timeZone);
    this.#slices = new Slices(spec.window, spec.attached);
    this.#progress = new WindowProgress(this.#clock, this.#slices);
    this.#sliceEnds = new RowtimeReader(spec.inputFields[spec.keyCount]!.type);
  }

  open(ctx: OperatorContext, output: Output): void {
    const { aggregates, rowFields, inputFields, keyCount } = this.#spec;
    this.#ctx = ctx;
    this.#output = output;
    const keyTypes = inputFields.slice(0, keyCount).map(({ type }) => type);
    this.#layout = new AccumulatorLayout(keyTypes, bindAggregates(aggregates, rowFields, ctx.session));
    this.#store = new SliceStore(this.#layout, this.#slices, this.#progress);
  }

  stateTables(): readonly StateTableFields[] {
    return [watermarkSchema, sliceSchema(this.#spec)];
  }

  restore(chunk: StateChunk): void {
    this.#restored ??= { watermark: null };
    if (chunk.table === sliceTable) {
      checkSliceChunk(this.#spec, chunk);
      this.#merge(chunk.batch, 0, chunk.batch.length, null);
    } else {
      const watermark = restoredWatermark(chunk);
      this.#restored.watermark = Math.min(watermark, this.#restored.watermark ?? watermark);
    }
  }

  processBatch(batch: ColumnBatch): void {
    this.#finishRestore();
    requireInserts(batch);
    const counts = batch.columns[this.#spec.inputFields.length - 1]!;
    this.#carried += recordsOf(counts, 0, batch.length);
    for (let from = 0; from < batch.length; ) {
      const to = this.#progress.firstCrossing(batch.watermarks, from, batch.length);
      this.#merge(batch, from, to, counts);
      if (to < batch.length) this.processWatermark(batch.watermarks![to]!);
      from = to;
    }
  }

  processWatermark(watermark: number): void {
    this.#finishRestore();
    if (watermark <= this.#progress.watermark) return;
    for (;;) {
      const end = this.#store.nextWindowEnd();
      if (end === Infinity || this.#clock.fireTime(end) > watermark) break;
      const table = this.#store.fire();
      if (table !== null) this.#emit(table, end);
    }
    this.#progress.advance(watermark);
    this.#output.emitWatermark(watermark);
  }

  snapshot(): OperatorSnapshot {
    this.#finishRestore();
    return snapshotWindows(this.#spec, this.#store.tables(), this.#progress.watermark);
  }

  account(): Figures {
    return { ...this.#fates.figures(), carriedIn: this.#carried };
  }

  stateBytes(): number {
    return this.#store.bytes();
  }

  /** Only now is the watermark known: chunks come in any order, and the least of the former subtasks' counts. */
  #finishRestore(): void {
    if (this.#restored === null) return;
    this.#progress.advance(this.#restored.watermark ?? minWatermark);
    this.#restored = null;
    this.#store.schedule();
  }

  /** Rows [from, to), slice by slice. `counts`: how many rows each partial accumulator holds; null: state, which is never late. */
  #merge(batch: ColumnBatch, from: number, to: number, counts: Column | null): void {
    const { keyCount } = this.#spec;
    const keys = batch.columns.slice(0, keyCount);
    const ends = this.#sliceEnds.read(batch.columns[keyCount]!, batch.length).values;
    const cells = batch.columns.slice(keyCount + 1, counts === null ? undefined : -1);
    if (this.#hashes.length < batch.length) this.#hashes = new Int32Array(batch.length);
    if (from === 0) hashKeys(keys, batch.length, this.#hashes);
    for (let start = from; start < to; ) {
      const end = ends[start]!;
      let stop = start + 1;
      while (stop < to && ends[stop] === end) stop++;
      if (counts === null) this.#store.restore(end, keys, this.#hashes, cells, start, stop);
      else if (this.#progress.hasFired(this.#slices.lastWindowEnd(end))) this.#drop(counts, start, stop);
      else {
        this.#store.add(end, keys, this.#hashes, cells, start, stop);
        this.#fates.add(fate.used, recordsOf(counts, start, stop));
      }
      start = stop;
    }
  }

  #drop(counts: Column, from: number, to: number): void {
    const records = recordsOf(counts, from, to);
    this.#fates.add(fate.late, records);
    this.#ctx.counters.add('lateRecords', records);
  }

  #emit(table: AccumulatorTable, end: number): void {
    const { keyCount, aggregates, properties, fields } = this.#spec;
    const bounds = { start: this.#slices.windowStart(end), end };
    const firstProperty = keyCount + aggregates.length;
    const times = properties.map((property, i) => {
      const { type } = fields[firstProperty + i]!;
      return { type, ms: propertyMs(property, type, bounds, this.#clock) };
    });
    for (const { keys, cells, length } of table.pages()) {
      const columns = times.map(({ type, ms }) => timestampColumn(type, new Float64Array(length).fill(ms)));
      this.#output.emitBatch(batchOf(length, [...keys, ...this.#layout.results(cells, length), ...columns]));
    }
  }
}

function recordsOf(counts: Column, from: number, to: number): number {
  assert(counts.layout === 'int', () => `counts of layout ${counts.layout}`);
  let records = 0;
  if (counts.wide) for (let i = from; i < to; i++) records += Number(counts.values[i]);
  else {
    const { values } = counts;
    for (let i = from; i < to; i++) records += values[i]!;
  }
  return records;
}
