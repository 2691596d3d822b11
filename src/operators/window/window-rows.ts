/** What the window operators have in common about rows. */
import { type Column, type ColumnBatch, gatherBatch, op } from '../../model/column.ts';
import { assert } from '../../model/errors.ts';
import type { Counters } from '../../model/operator.ts';
import type { WindowProperty } from '../../model/plan.ts';
import { type DataType, isTimestamp, unitsPerMillisecond } from '../../model/types.ts';
import type { WindowClock } from './window-clock.ts';

/** Rows of a batch that an operator makes: larger results go out in several. */
export const maxOutputRows = 4096;

/** Windows take streams of inserts; the planner refuses others. */
export function requireInserts({ ops, length }: ColumnBatch): void {
  for (let i = 0; ops !== null && i < length; i++) {
    assert(ops[i] === op.insert, () => `a window met a change of kind ${ops[i]}`);
  }
}

/** The rows that have a rowtime; the others belong to no window and are counted as `nullRowtimes`. */
export function withoutNullRowtimes(batch: ColumnBatch, timeColumn: number, counters: Counters): ColumnBatch {
  const { nulls } = batch.columns[timeColumn]!;
  if (nulls === null) return batch;
  const selection = new Int32Array(batch.length);
  let count = 0;
  for (let i = 0; i < batch.length; i++) if (nulls[i] === 0) selection[count++] = i;
  if (count === batch.length) return batch;
  counters.add('nullRowtimes', batch.length - count);
  return gatherBatch(batch, selection, count);
}

type WindowBounds = Readonly<{ start: number; end: number }>;

/** A property in ms: window_time of TIMESTAMP_LTZ is an instant, all else wall time. */
export function propertyMs(property: WindowProperty, type: DataType, bounds: WindowBounds, clock: WindowClock): number {
  const wallMs = property === 'window_start' ? bounds.start : bounds.end - (property === 'window_time' ? 1 : 0);
  return type.kind === 'timestamp_ltz' ? clock.toInstant(wallMs) : wallMs;
}

/** Times in ms as a column of a timestamp type; the array may become the column's. */
export function timestampColumn(type: DataType, ms: Float64Array): Column {
  assert(isTimestamp(type), () => `a window property of type ${type.kind}`);
  const units = unitsPerMillisecond(type.precision);
  if (units === 1) return { layout: 'int', wide: false, values: ms, nulls: null };
  const values = ms.map((value) => value * units);
  if (values.every(Number.isSafeInteger)) return { layout: 'int', wide: false, values, nulls: null };
  const wide = BigInt64Array.from(ms, (value) => BigInt(value) * BigInt(units));
  return { layout: 'int', wide: true, values: wide, nulls: null };
}
