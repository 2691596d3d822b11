/**
 * A windowed aggregation by processing time: rows get the time at which they come here, behind the exchange, and both halves run on that
 * time as if it were the watermark. At the end of a bounded input what is open is not emitted, as in Flink.
 */
import type { Figures } from '../../model/account.ts';
import type { Column, ColumnBatch } from '../../model/column.ts';
import type { ProcessingTimeAggregateSpec } from '../../model/job-graph.ts';
import type { Operator, OperatorContext, OperatorSnapshot, Output } from '../../model/operator.ts';
import type { StateChunk, StateTableFields } from '../../model/state.ts';
import { GlobalWindowAggregateOperator } from './global-window-aggregate.ts';
import { LocalWindowAggregateOperator } from './local-window-aggregate.ts';
import { ProcessingClock } from './processing-clock.ts';
import { timestampColumn } from './window-rows.ts';

export class ProcessingTimeAggregateOperator implements Operator {
  readonly #spec: ProcessingTimeAggregateSpec;
  readonly #local: LocalWindowAggregateOperator;
  readonly #global: GlobalWindowAggregateOperator;
  #output!: Output;
  #clock!: ProcessingClock;

  constructor(spec: ProcessingTimeAggregateSpec) {
    this.#spec = spec;
    this.#local = new LocalWindowAggregateOperator(spec.local);
    this.#global = new GlobalWindowAggregateOperator(spec.global);
  }

  open(ctx: OperatorContext, output: Output): void {
    this.#output = output;
    this.#clock = new ProcessingClock(ctx.session);
    this.#local.open(ctx, {
      emitBatch: (batch) => this.#global.processBatch(batch),
      emitWatermark: (progress) => this.#global.processWatermark(progress),
    });
    this.#global.open(ctx, { emitBatch: (batch) => output.emitBatch(batch), emitWatermark: () => {} });
  }

  stateTables(): readonly StateTableFields[] {
    return this.#global.stateTables();
  }

  restore(chunk: StateChunk): void {
    this.#global.restore(chunk);
  }

  processBatch(batch: ColumnBatch): void {
    const now = this.#clock.now();
    this.processTime(now);
    this.#local.processBatch(this.#timed(batch, now));
  }

  processTime(nowMs: number): void {
    this.#local.processWatermark(this.#clock.at(nowMs) - 1); // rows of this very millisecond may still come
  }

  /** Event time passes by. */
  processWatermark(watermark: number): void {
    this.#output.emitWatermark(watermark);
  }

  snapshot(): OperatorSnapshot {
    this.#local.prepareBarrier();
    return this.#global.snapshot();
  }

  releaseCodes(): void {
    this.#local.releaseCodes();
  }

  /** What the first half let through is what the second one counts: its partial rows stand for as many records. */
  account(): Figures {
    const { carriedIn: _, ...figures } = this.#global.account();
    return figures;
  }

  stateBytes(): number {
    return this.#local.stateBytes() + this.#global.stateBytes();
  }

  #timed({ length, columns }: ColumnBatch, now: number): ColumnBatch {
    const { column, type } = this.#spec.local.time;
    const times: Column = timestampColumn(type, new Float64Array(length).fill(now));
    return {
      length,
      columns: columns.map((each, i) => (i === column ? times : each)),
      ops: null,
      watermarks: null,
    };
  }
}
