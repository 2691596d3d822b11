/**
 * Filter and projection: WHERE, then SELECT.
 *
 * Code is generated once a variant of batches (codegen/). Narrow code, where integers are doubles, runs first; when it would lose
 * exactness nothing has been emitted yet, and the same batch runs again with bigints. Watermarks and the ops of changes pass through.
 */
import { type Figures, fate } from '../model/account.ts';
import { type ColumnBatch, gatherBatch, minWatermark } from '../model/column.ts';
import { assert } from '../model/errors.ts';
import type { SessionContext } from '../model/function.ts';
import type { CalcSpec } from '../model/job-graph.ts';
import type { Operator, OperatorContext, Output } from '../model/operator.ts';
import { RowFilter } from './codegen/row-filter.ts';
import { RowProjection } from './codegen/row-projection.ts';
import { FateTally } from './fate-tally.ts';
import { overWatermark, readsWatermark, watermarkColumn, watermarkField } from './watermark-column.ts';

export class CalcOperator implements Operator {
  readonly #spec: CalcSpec;
  readonly #readsWatermark: boolean;
  readonly #fates = new FateTally();
  #watermark = minWatermark;
  #session: SessionContext | null = null;
  #nowMs = 0;
  #filter: RowFilter | null = null;
  #projection: RowProjection | null = null;
  #output: Output | null = null;

  constructor(spec: CalcSpec) {
    assert(spec.fields.length === spec.projections.length, () => 'a calc needs a field for each projection');
    const { predicate, projections } = spec;
    this.#readsWatermark = [...projections, ...(predicate === null ? [] : [predicate])].some(readsWatermark);
    this.#spec = this.#readsWatermark ? onWatermark(spec) : spec;
  }

  /** The clock stands still while a batch is worked on: calls that ask for the time of one row get the same. */
  open(ctx: OperatorContext, output: Output): void {
    const { predicate, projections, inputFields } = this.#spec;
    const { pool } = ctx;
    const session = { ...ctx.session, now: () => this.#nowMs };
    this.#session = ctx.session;
    this.#filter = predicate === null ? null : new RowFilter(predicate, inputFields, session, pool);
    this.#projection = new RowProjection(projections, inputFields, session, pool);
    this.#output = output;
  }

  processBatch(given: ColumnBatch): void {
    this.#nowMs = this.#session!.now();
    const batch = this.#readsWatermark ? this.#withWatermark(given) : given;
    const { length } = batch;
    const count = this.#filter === null ? length : this.#filter.select(batch);
    this.#fates.add(fate.passed, count);
    this.#fates.add(fate.filtered, length - count);
    if (count === 0) return;
    const selection = this.#filter === null || count === length ? null : this.#filter.selection;
    const columns = this.#projection!.project(batch, selection, count);
    const { ops, watermarks } = selection === null ? batch : gatherBatch({ ...batch, columns: [] }, selection, count);
    this.#output!.emitBatch({ length: count, columns, ops, watermarks });
  }

  processWatermark(watermark: number): void {
    this.#watermark = watermark;
    this.#output!.emitWatermark(watermark);
  }

  account(): Figures {
    return { ...this.#fates.figures(), waiting: 0, made: 0 };
  }

  #withWatermark(batch: ColumnBatch): ColumnBatch {
    return { ...batch, columns: [...batch.columns, watermarkColumn(batch, this.#watermark)] };
  }
}

/** The calc over its input with the watermark as one more column. */
function onWatermark(spec: CalcSpec): CalcSpec {
  const column = spec.inputFields.length;
  return {
    ...spec,
    inputFields: [...spec.inputFields, watermarkField],
    predicate: spec.predicate === null ? null : overWatermark(spec.predicate, column),
    projections: spec.projections.map((projection) => overWatermark(projection, column)),
  };
}
