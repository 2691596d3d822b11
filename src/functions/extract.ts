/** EXTRACT and YEAR, MONTH, HOUR and the like. */
import { civilFromDays, daysFromCivil, msPerDay } from '../model/calendar.ts';
import type { Argument, Implementation, ImplementContext, ScalarFunction, Signature } from '../model/function.ts';
import { type DataType, types } from '../model/types.ts';
import { isMoment, momentOf } from './moment.ts';
import { anyNullable, checkCount, mismatch, scalar } from './signature.ts';
import { type TimeUnit, timeUnitOf } from './time-unit.ts';

const usage = 'EXTRACT(unit FROM time)';
const clockUnits: readonly TimeUnit[] = ['HOUR', 'MINUTE', 'SECOND', 'MILLISECOND'];
const fractionUnits: readonly TimeUnit[] = ['MILLISECOND', 'MICROSECOND', 'NANOSECOND'];
const intervalUnits: readonly TimeUnit[] = ['DAY', ...clockUnits];

function infer(unit: TimeUnit | null, value: Argument, args: readonly Argument[]): Signature {
  const type = value.type.kind === 'null' ? types.timestamp(3) : value.type;
  if (unit === null || !hasUnit(type, unit)) throw mismatch(usage, args);
  return { args: [type], result: types.of('bigint', anyNullable([value])) };
}

function hasUnit(type: DataType, unit: TimeUnit): boolean {
  if (type.kind === 'interval_months') return unit === 'YEAR' || unit === 'MONTH';
  if (type.kind === 'interval_millis') return intervalUnits.includes(unit);
  if (type.kind === 'time') return clockUnits.includes(unit);
  if (type.kind === 'date') return !fractionUnits.includes(unit);
  return isMoment(type);
}

function implement(unit: TimeUnit, type: DataType, { session }: ImplementContext): (value: number | bigint) => number {
  if (type.kind === 'interval_months') {
    return (months) => (unit === 'YEAR' ? Math.trunc(Number(months) / 12) : Number(months) % 12);
  }
  if (type.kind === 'interval_millis') {
    return (ms) => (unit === 'DAY' ? Math.trunc(Number(ms) / msPerDay) : clockField(unit, Number(ms) % msPerDay));
  }
  const { toLocalMs, nanosOf } = momentOf(type, session);
  if (unit === 'MICROSECOND' || unit === 'NANOSECOND') {
    return (value) => subSecond(unit, floorMod(toLocalMs(value), 1000), nanosOf(value));
  }
  if (clockUnits.includes(unit)) return (value) => clockField(unit, floorMod(toLocalMs(value), msPerDay));
  if (unit === 'EPOCH') return (value) => Math.floor(toLocalMs(value) / 1000);
  return (value) => dateField(unit, Math.floor(toLocalMs(value) / msPerDay));
}

function floorMod(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}

function subSecond(unit: 'MICROSECOND' | 'NANOSECOND', ms: number, nanos: number): number {
  return unit === 'MICROSECOND' ? ms * 1000 + Math.floor(nanos / 1000) : ms * 1_000_000 + nanos;
}

/** Of the ms of a day. */
function clockField(unit: TimeUnit, ms: number): number {
  switch (unit) {
    case 'HOUR':
      return Math.trunc(ms / 3_600_000);
    case 'MINUTE':
      return Math.trunc(ms / 60_000) % 60;
    case 'SECOND':
      return Math.trunc(ms / 1000) % 60;
    default:
      return ms % 1000;
  }
}

/** Of days since 1970-01-01, a Thursday. */
function dateField(unit: TimeUnit, days: number): number {
  const { year, month, day } = civilFromDays(days);
  switch (unit) {
    case 'MILLENNIUM':
      return Math.trunc((year > 0 ? year + 999 : year - 999) / 1000);
    case 'CENTURY':
      return Math.trunc((year > 0 ? year + 99 : year - 99) / 100);
    case 'DECADE':
      return Math.trunc(year / 10);
    case 'QUARTER':
      return Math.ceil(month / 3);
    case 'MONTH':
      return month;
    case 'DAY':
      return day;
    case 'DOY':
      return days - daysFromCivil(year, 1, 1) + 1;
    case 'DOW':
      return floorMod(days + 4, 7) + 1;
    case 'ISODOW':
      return floorMod(days + 3, 7) + 1;
    case 'WEEK':
      return isoWeek(days).week;
    case 'ISOYEAR':
      return isoWeek(days).year;
    default:
      return year;
  }
}

/** ISO 8601: the week's year is that of its Thursday. */
function isoWeek(days: number): Readonly<{ year: number; week: number }> {
  const thursday = days - floorMod(days + 3, 7) + 3;
  const { year } = civilFromDays(thursday);
  return { year, week: Math.floor((thursday - daysFromCivil(year, 1, 1)) / 7) + 1 };
}

function field(name: string, unit: TimeUnit, description: string): ScalarFunction {
  return scalar({
    name,
    category: 'temporal',
    usage: `${name}(time)`,
    description,
    integers: 'any',
    infer: (args) => {
      checkCount(`${name}(time)`, args, 1);
      return infer(unit, args[0]!, args);
    },
    implement: (ctx): Implementation => ({ kind: 'call', call: implement(unit, ctx.args[0]!.type, ctx) }),
  });
}

export const extractFunctions: readonly ScalarFunction[] = [
  scalar({
    name: 'EXTRACT',
    category: 'temporal',
    usage,
    description: 'One field of a date, time, timestamp or interval. Of TIMESTAMP_LTZ in the time zone of the session.',
    integers: 'any',
    infer: (args) => {
      checkCount(usage, args, 2);
      const { args: taken, result } = infer(timeUnitOf(args[0]), args[1]!, args);
      return { args: [args[0]!.type, ...taken], result };
    },
    implement: (ctx): Implementation => {
      const get = implement(timeUnitOf(ctx.args[0])!, ctx.args[1]!.type, ctx);
      return { kind: 'call', call: (_: string, value: number | bigint) => get(value) };
    },
  }),
  field('YEAR', 'YEAR', 'The year.'),
  field('QUARTER', 'QUARTER', 'The quarter, 1 to 4.'),
  field('MONTH', 'MONTH', 'The month, 1 to 12.'),
  field('WEEK', 'WEEK', 'The ISO week, 1 to 53.'),
  field('DAYOFYEAR', 'DOY', 'The day of the year, 1 to 366.'),
  field('DAYOFMONTH', 'DAY', 'The day of the month, 1 to 31.'),
  field('DAYOFWEEK', 'DOW', 'The day of the week, 1 (Sunday) to 7.'),
  field('HOUR', 'HOUR', 'The hour, 0 to 23.'),
  field('MINUTE', 'MINUTE', 'The minute, 0 to 59.'),
  field('SECOND', 'SECOND', 'The second, 0 to 59.'),
];
