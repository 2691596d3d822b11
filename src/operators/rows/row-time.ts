/** Time attributes as values of rows. */

import { assert, EngineError } from '../../model/errors.ts';
import type { SqlValue } from '../../model/function.ts';
import { type DataType, isTimestamp, unitsPerMillisecond } from '../../model/types.ts';

/**
 * ms since 1970 of a TIMESTAMP or TIMESTAMP_LTZ value (cut down to the millisecond), as watermarks count. Throws EngineError EVALUATION for
 * NULL: sources let none in, but the side that an outer join leaves out has none.
 */
export function rowTimeMs(value: SqlValue, type: DataType): number {
  assert(isTimestamp(type), () => `a time attribute of type ${type.kind}`);
  if (value === null) throw new EngineError('EVALUATION', 'the rowtime of a row is NULL, expected a timestamp');
  const units = unitsPerMillisecond(type.precision);
  if (typeof value === 'bigint') {
    const divisor = BigInt(units);
    const rest = value % divisor;
    return Number((value - (rest < 0n ? rest + divisor : rest)) / divisor);
  }
  return units === 1 ? (value as number) : Math.floor((value as number) / units);
}
