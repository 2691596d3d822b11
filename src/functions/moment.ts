/** Values of DATE, TIME, TIMESTAMP and TIMESTAMP_LTZ as local milliseconds, and back. */
import { joinTimestamp, msPerDay, splitTimestamp } from '../model/calendar.ts';
import type { SessionContext } from '../model/function.ts';
import { timeZone, type Zone } from '../model/time-zone.ts';
import { type DataType, isTimestamp } from '../model/types.ts';

type Value = number | bigint;

/** Local time in ms since 1970-01-01 00:00, of TIME in ms of the day. */
export type MomentType = Readonly<{
  toLocalMs: (value: Value) => number;
  /** The value of a local time. A TIMESTAMP has no digits below the millisecond then. */
  fromLocalMs: (ms: number) => Value;
  /** Nanoseconds within the millisecond. */
  nanosOf: (value: Value) => number;
}>;

export function isMoment(type: DataType): boolean {
  return type.kind === 'date' || type.kind === 'time' || isTimestamp(type);
}

export function momentOf(type: DataType, session: SessionContext): MomentType {
  if (type.kind === 'date') {
    return {
      toLocalMs: (days) => Number(days) * msPerDay,
      fromLocalMs: (ms) => Math.floor(ms / msPerDay),
      nanosOf: () => 0,
    };
  }
  if (!isTimestamp(type)) return { toLocalMs: Number, fromLocalMs: (ms) => ms, nanosOf: () => 0 };
  const { precision } = type;
  const zone: Zone = timeZone(type.kind === 'timestamp_ltz' ? session.timeZone : 'UTC');
  return {
    toLocalMs: (value) => zone.toLocal(splitTimestamp(value, precision).ms),
    fromLocalMs: (ms) => joinTimestamp(zone.toUtc(ms), 0, precision),
    nanosOf: (value) => splitTimestamp(value, precision).nanos,
  };
}
