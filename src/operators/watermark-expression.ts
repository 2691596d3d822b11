/** WATERMARK FOR … AS expression: evaluated by the source for every row of a batch. */
import { type ColumnBatch, minWatermark } from '../model/column.ts';
import { assert } from '../model/errors.ts';
import type { Expression } from '../model/expression.ts';
import type { SessionContext } from '../model/function.ts';
import type { StringPool } from '../model/string-pool.ts';
import { type Field, isTimestamp, unitsPerMillisecond } from '../model/types.ts';
import { RowProjection } from './codegen/row-projection.ts';

export type RowWatermarks = Readonly<{
  /** The greatest of the batch in ms; `minWatermark` where all are NULL. */
  max: number;
  /** In ms, a row each; NaN for NULL, which leaves the watermark as it was. Valid until the next `evaluate`. */
  values: Float64Array;
}>;

export class WatermarkExpression {
  readonly #projection: RowProjection;
  readonly #units: number;
  #values = new Float64Array(0);

  /** `expression` is a TIMESTAMP or TIMESTAMP_LTZ over columns of `fields`. */
  constructor(expression: Expression, fields: readonly Field[], session: SessionContext, pool: StringPool) {
    const { type } = expression;
    assert(isTimestamp(type), () => `a watermark of type ${type.kind}`);
    this.#units = unitsPerMillisecond(type.precision);
    this.#projection = new RowProjection([expression], fields, session, pool);
  }

  /** Throws EngineError EVALUATION when the expression fails on a row. */
  evaluate(batch: ColumnBatch): RowWatermarks {
    const { length } = batch;
    const [column] = this.#projection.project(batch, null, length);
    assert(column?.layout === 'int', () => `a watermark column of layout ${column?.layout}`);
    if (this.#values.length < length) this.#values = new Float64Array(length);
    const [values, { nulls }] = [this.#values, column];
    let max = minWatermark;
    for (let i = 0; i < length; i++) {
      const isNull = nulls !== null && nulls[i] === 1;
      const watermark = isNull
        ? Number.NaN
        : column.wide
          ? this.#wideToMs(column.values[i]!)
          : this.#toMs(column.values[i]!);
      values[i] = watermark;
      if (watermark > max) max = watermark;
    }
    return { max, values };
  }

  #toMs(value: number): number {
    if (this.#units === 1) return value;
    const rest = value % this.#units; // dividing first could round up to the next millisecond
    return (value - (rest < 0 ? rest + this.#units : rest)) / this.#units;
  }

  #wideToMs(value: bigint): number {
    const units = BigInt(this.#units);
    const rest = value % units;
    return Number((value - (rest < 0n ? rest + units : rest)) / units);
  }
}
