/** TIMESTAMPADD, TIMESTAMPDIFF, and the difference of two times as an interval. */
import { msPerDay } from '../model/calendar.ts';
import type {
  Argument,
  Implementation,
  ImplementContext,
  ScalarFunction,
  SessionContext,
  Signature,
} from '../model/function.ts';
import { type DataType, isInteger, isTimestamp, types, unitsPerMillisecond, withNullable } from '../model/types.ts';
import { isMoment, momentOf } from './moment.ts';
import { anyNullable, checkCount, mismatch, scalar } from './signature.ts';
import { addMonths, addMonthsToTimestamp } from './temporal-arithmetic.ts';
import { timeUnitOf, unitMonths, unitMs } from './time-unit.ts';

const addUsage = 'TIMESTAMPADD(unit, count, time)';
const diffUsage = 'TIMESTAMPDIFF(unit, time1, time2)';
const minusUsage = '(time1 - time2) unit';

/** The unit of a call in ms or in months; null where it is none. */
function lengthOf(unit: Argument | undefined): Readonly<{ ms: number; months: number }> | null {
  const name = timeUnitOf(unit);
  const [ms, months] = name === null ? [] : [unitMs[name], unitMonths[name]];
  return ms === undefined && months === undefined ? null : { ms: ms ?? 0, months: months ?? 0 };
}

function inferAdd(args: readonly Argument[]): Signature {
  checkCount(addUsage, args, 3);
  const length = lengthOf(args[0]);
  const [, count, time] = args.map(({ type }) => type) as [DataType, DataType, DataType];
  if (length === null || !isMoment(time) || !isInteger(count)) throw mismatch(addUsage, args);
  // A date that is moved by less than days becomes a timestamp, of the precision that Flink gives it.
  const result = time.kind === 'date' && length.ms % msPerDay !== 0 ? types.timestamp(6, time.nullable) : time;
  return { args: [args[0]!.type, count, result], result: withNullable(result, anyNullable(args)) };
}

function implementAdd({ args, result }: ImplementContext): Implementation {
  const { ms, months } = lengthOf(args[0])!;
  if (result.kind === 'time') {
    return { kind: 'call', call: (_: string, count: Value, value: number) => movedInDay(value, BigInt(count), ms) };
  }
  if (months > 0) {
    if (result.kind === 'date')
      return { kind: 'call', call: (_: string, count: Value, days: number) => addMonths(days, Number(count) * months) };
    const precision = isTimestamp(result) ? result.precision : 0;
    return {
      kind: 'call',
      call: (_: string, count: Value, value: Value) => addMonthsToTimestamp(value, Number(count) * months, precision),
    };
  }
  if (result.kind === 'date')
    return { kind: 'call', call: (_: string, count: Value, days: number) => days + Number(count) * (ms / msPerDay) };
  const step = ms * (isTimestamp(result) ? unitsPerMillisecond(result.precision) : 1);
  return { kind: 'call', call: (_: string, count: Value, value: Value) => moved(value, count, step) };
}

type Value = number | bigint;

/** A time of day goes around the clock; days, weeks and months leave it. */
function movedInDay(value: number, count: bigint, ms: number): number {
  const moved = (BigInt(value) + count * BigInt(ms)) % BigInt(msPerDay);
  return (Number(moved) + msPerDay) % msPerDay;
}

/** Exact: a timestamp of nanoseconds is beyond the safe integers. */
function moved(value: Value, count: Value, step: number): Value {
  if (typeof value === 'number' && typeof count === 'number') {
    const sum = value + count * step;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return BigInt(value) + BigInt(count) * BigInt(step);
}

function inferDiff(args: readonly Argument[]): Signature {
  checkCount(diffUsage, args, 3);
  const [, from, to] = args.map(({ type }) => type) as [DataType, DataType, DataType];
  const fits = lengthOf(args[0]) !== null && isMoment(from) && isMoment(to);
  if (!fits || isInstant(from) !== isInstant(to)) throw mismatch(diffUsage, args, instantHint);
  return { args: [args[0]!.type, from, to], result: types.of('int', anyNullable(args)) };
}

const instantHint = 'A TIMESTAMP_LTZ is compared with another TIMESTAMP_LTZ.';

function isInstant(type: DataType): boolean {
  return type.kind === 'timestamp_ltz';
}

/** Whole units from time1 to time2, cut towards zero. */
function implementDiff({ args, session }: ImplementContext): Implementation {
  const { ms, months } = lengthOf(args[0])!;
  const [from, to] = [elapsedMs(args[1]!.type, session), elapsedMs(args[2]!.type, session)];
  return {
    kind: 'call',
    call: (_: string, a: Value, b: Value) => {
      const [start, end] = [from(a), to(b)];
      return Math.trunc(months > 0 ? monthsBetween(start, end) / months : (end - start) / ms) | 0;
    },
  };
}

/** Of TIMESTAMP_LTZ those of UTC, as in Flink: no clock is put forward between two of them. */
function elapsedMs(type: DataType, session: SessionContext): (value: Value) => number {
  return momentOf(type, isInstant(type) ? { ...session, timeZone: 'UTC' } : session).toLocalMs;
}

function inferMinus(args: readonly Argument[]): Signature {
  checkCount(minusUsage, args, 3);
  const [left, right] = args.map(({ type }) => type) as [DataType, DataType, DataType];
  const length = lengthOf(args[2]);
  const fits = length !== null && isMoment(left) && isMoment(right) && left.kind === right.kind;
  if (!fits) throw mismatch(minusUsage, args, 'Both times are of one type.');
  const nullable = anyNullable(args);
  const result = length.months > 0 ? types.intervalMonths(nullable) : types.intervalMillis(nullable);
  return { args: args.map(({ type }) => type), result };
}

/** Of no unit but months or milliseconds: the unit says which of the two intervals there is. */
function implementMinus({ args, session, result, wide }: ImplementContext): Implementation {
  const [left, right] = [elapsedMs(args[0]!.type, session), elapsedMs(args[1]!.type, session)];
  if (result.kind === 'interval_months') {
    return { kind: 'call', call: (a: Value, b: Value) => monthsBetween(right(b), left(a)) };
  }
  const between = (a: Value, b: Value): number => left(a) - right(b);
  return { kind: 'call', call: wide ? (a: Value, b: Value) => BigInt(between(a, b)) : between };
}

/**
 * DateTimeUtils.subtractMonths: whole months between the days, one less where the last of them ends on the day itself and the end's time
 * of day is the earlier one. So it is −1 within a day whose end comes first.
 */
function monthsBetween(start: number, end: number): number {
  const [startDay, endDay] = [Math.floor(start / msPerDay), Math.floor(end / msPerDay)];
  const count = endDay < startDay ? -monthsOfDays(endDay, startDay) : monthsOfDays(startDay, endDay);
  const isSameDay = addMonths(startDay, count) === endDay;
  return isSameDay && end - endDay * msPerDay < start - startDay * msPerDay ? count - 1 : count;
}

/** The greatest number of whole months that can be added without passing the end. */
function monthsOfDays(startDay: number, endDay: number): number {
  let count = Math.floor((endDay - startDay) / 31);
  while (addMonths(startDay, count + 1) <= endDay) count++;
  return count;
}

export const timestampArithmeticFunctions: readonly ScalarFunction[] = [
  scalar({
    name: 'TIMESTAMPADD',
    category: 'temporal',
    usage: addUsage,
    description: 'A time moved by so many units.',
    integers: 'any',
    infer: inferAdd,
    implement: implementAdd,
  }),
  scalar({
    name: 'TIMESTAMPDIFF',
    category: 'temporal',
    usage: diffUsage,
    description: 'How many whole units lie between two times.',
    integers: 'any',
    infer: inferDiff,
    implement: implementDiff,
  }),
  scalar({
    name: 'MINUS_DATE',
    category: 'temporal',
    usage: minusUsage,
    description: 'The interval between two times.',
    integers: 'any',
    infer: inferMinus,
    implement: implementMinus,
  }),
];
