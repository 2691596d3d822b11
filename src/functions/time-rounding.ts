/** FLOOR(time TO unit) and CEIL(time TO unit). */
import { civilFromDays, daysFromCivil, msPerDay } from '../model/calendar.ts';
import type { Argument, Implementation, ImplementContext, Signature } from '../model/function.ts';
import { types } from '../model/types.ts';
import { isMoment, momentOf } from './moment.ts';
import { mismatch } from './signature.ts';
import { type TimeUnit, timeUnitOf, unitMs } from './time-unit.ts';

const dayUnits: readonly TimeUnit[] = ['MILLENNIUM', 'CENTURY', 'DECADE', 'YEAR', 'QUARTER', 'MONTH', 'WEEK'];
const clockUnits: readonly TimeUnit[] = ['DAY', 'HOUR', 'MINUTE', 'SECOND', 'MILLISECOND'];

export function inferTimeRounding(usage: string, args: readonly Argument[]): Signature {
  const unit = timeUnitOf(args[1]);
  const type = args[0]!.type.kind === 'null' ? types.timestamp(3) : args[0]!.type;
  const known = unit !== null && (clockUnits.includes(unit) || (dayUnits.includes(unit) && type.kind !== 'time'));
  if (!known || !isMoment(type)) throw mismatch(usage, args);
  return { args: [type, args[1]!.type], result: type };
}

/** CEIL of a DATE to DAY is the next day, as in Flink. */
export function implementTimeRounding(name: 'CEIL' | 'FLOOR', { args, session }: ImplementContext): Implementation {
  const unit = timeUnitOf(args[1])!;
  const { type } = args[0]!;
  const { toLocalMs, fromLocalMs, nanosOf } = momentOf(type, session);
  if (type.kind === 'date' && unit === 'DAY' && name === 'CEIL')
    return { kind: 'call', call: (days: number) => days + 1 };
  if (dayUnits.includes(unit)) {
    const round = roundDays(name, unit);
    return { kind: 'call', call: (value: number | bigint) => fromLocalMs(round(toLocalMs(value))) };
  }
  const round = roundMs(name, unitMs[unit]!);
  // As in Flink what is below the millisecond counts for milliseconds alone.
  const isBegun = name === 'CEIL' && unit === 'MILLISECOND';
  const rounded = (value: number | bigint): number => round(toLocalMs(value)) + (isBegun && nanosOf(value) > 0 ? 1 : 0);
  if (unit === 'DAY') return { kind: 'call', call: (value: number | bigint) => fromLocalMs(rounded(value)) };
  // The hour before a clock is put back and the one behind it have the same local time.
  const instant = momentOf(type, { ...session, timeZone: 'UTC' });
  const call = (value: number | bigint): number | bigint =>
    instant.fromLocalMs(instant.toLocalMs(value) + rounded(value) - toLocalMs(value));
  return { kind: 'call', call };
}

function roundMs(name: 'CEIL' | 'FLOOR', unit: number): (ms: number) => number {
  const round = name === 'CEIL' ? Math.ceil : Math.floor;
  return (ms) => round(ms / unit) * unit;
}

/** By the date alone, as DateTimeUtils.julianDateFloor: the time of day does not make CEIL go on. */
function roundDays(name: 'CEIL' | 'FLOOR', unit: TimeUnit): (ms: number) => number {
  const round = name === 'CEIL' ? ceilDate : floorDate;
  return (ms) => round(unit, Math.floor(ms / msPerDay)) * msPerDay;
}

function dayOfWeek(days: number): number {
  return (((days + 4) % 7) + 7) % 7; // Sunday is 0
}

function floorDate(unit: TimeUnit, days: number): number {
  const { year, month } = civilFromDays(days);
  switch (unit) {
    case 'MILLENNIUM':
      return daysFromCivil(1000 * Math.trunc((year + 999) / 1000) - 999, 1, 1);
    case 'CENTURY':
      return daysFromCivil(100 * Math.trunc((year + 99) / 100) - 99, 1, 1);
    case 'DECADE':
      return daysFromCivil(10 * Math.trunc(year / 10), 1, 1);
    case 'QUARTER':
      return daysFromCivil(year, Math.ceil(month / 3) * 3 - 2, 1);
    case 'MONTH':
      return daysFromCivil(year, month, 1);
    case 'WEEK':
      return days - dayOfWeek(days);
    default:
      return daysFromCivil(year, 1, 1);
  }
}

function ceilDate(unit: TimeUnit, days: number): number {
  const start = floorDate(unit, days);
  const { year, month } = civilFromDays(days);
  switch (unit) {
    case 'MILLENNIUM':
      return daysFromCivil(1000 * Math.trunc((year + 999) / 1000) + 1, 1, 1);
    case 'CENTURY':
      return daysFromCivil(100 * Math.trunc((year + 99) / 100) + 1, 1, 1);
    case 'DECADE':
      return daysFromCivil(10 * (1 + Math.trunc(year / 10)), 1, 1);
    case 'QUARTER':
      return start === days ? days : monthStart(year, Math.ceil(month / 3) * 3 + 1);
    case 'MONTH':
      return start === days ? days : monthStart(year, month + 1);
    case 'WEEK':
      return start === days ? days : start + 7;
    default:
      return start === days ? days : daysFromCivil(year + 1, 1, 1);
  }
}

function monthStart(year: number, month: number): number {
  return month > 12 ? daysFromCivil(year + 1, month - 12, 1) : daysFromCivil(year, month, 1);
}
