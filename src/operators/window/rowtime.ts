/** Time columns as milliseconds. */
import type { Column, Nulls } from '../../model/column.ts';
import { assert, EngineError } from '../../model/errors.ts';
import { type DataType, formatType, isTimestamp, unitsPerMillisecond } from '../../model/types.ts';

export type Rowtimes = Readonly<{ values: Float64Array; nulls: Nulls }>;

/** Reads rowtimes of a TIMESTAMP or TIMESTAMP_LTZ column, floored to the millisecond as Flink's windows see them. */
export class RowtimeReader {
  readonly #units: number;
  #buffer = new Float64Array(0);

  constructor(type: DataType) {
    if (!isTimestamp(type)) {
      throw new EngineError(
        'UNSUPPORTED',
        `window time column: expected TIMESTAMP or TIMESTAMP_LTZ, got ${formatType(type)}`,
      );
    }
    this.#units = unitsPerMillisecond(type.precision);
  }

  /** The column's own array where it is milliseconds already; else one that the next call overwrites. */
  read(column: Column, length: number): Rowtimes {
    assert(column.layout === 'int', () => `a time column of layout ${column.layout}`);
    if (!column.wide && this.#units === 1) return { values: column.values, nulls: column.nulls };
    if (this.#buffer.length < length) this.#buffer = new Float64Array(length);
    const target = this.#buffer;
    if (column.wide) {
      const units = BigInt(this.#units);
      for (let i = 0; i < length; i++) target[i] = Number(floorDivide(column.values[i] ?? 0n, units));
    } else {
      for (let i = 0; i < length; i++) target[i] = Math.floor(column.values[i]! / this.#units);
    }
    return { values: target, nulls: column.nulls };
  }
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}
