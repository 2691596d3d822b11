/** Dates, times and timestamps ± intervals, and intervals among themselves. */
import {
  civilFromDays,
  daysFromCivil,
  daysInMonth,
  joinTimestamp,
  msPerDay,
  splitTimestamp,
} from '../model/calendar.ts';
import type { Implementation, ImplementContext, Signature } from '../model/function.ts';
import { type DataType, isNumeric, isTimestamp, types, unitsPerMillisecond, withNullable } from '../model/types.ts';

type ArithmeticSymbol = '+' | '-' | '*' | '/' | '%';

function isInterval(type: DataType): boolean {
  return type.kind === 'interval_millis' || type.kind === 'interval_months';
}

function isPoint(type: DataType): boolean {
  return type.kind === 'date' || type.kind === 'time' || isTimestamp(type);
}

/** null where this is not about times. */
export function inferTemporal(symbol: ArithmeticSymbol, a: DataType, b: DataType): Signature | null {
  const nullable = a.nullable || b.nullable;
  const isSum = symbol === '+' || symbol === '-';
  if (isSum && isPoint(a) && isInterval(b)) return { args: [a, b], result: withNullable(a, nullable) };
  if (symbol === '+' && isInterval(a) && isPoint(b)) return { args: [a, b], result: withNullable(b, nullable) };
  if (isSum && isInterval(a) && a.kind === b.kind) return { args: [a, b], result: withNullable(a, nullable) };
  if ((symbol === '*' || symbol === '/') && isInterval(a) && isNumeric(b)) return scaledInterval(a, b, nullable);
  if (symbol === '*' && isNumeric(a) && isInterval(b)) return scaledInterval(b, a, nullable, true);
  return null;
}

/** By an integer, exactly; by another number, as DOUBLE and cut. */
function scaledInterval(interval: DataType, factor: DataType, nullable: boolean, reversed = false): Signature {
  const isWhole = factor.kind === 'tinyint' || factor.kind === 'smallint' || factor.kind === 'int';
  const number = isWhole ? types.of('int', factor.nullable) : types.of('double', factor.nullable);
  return { args: reversed ? [number, interval] : [interval, number], result: withNullable(interval, nullable) };
}

/** null where this is not about times. */
export function implementTemporal(symbol: ArithmeticSymbol, ctx: ImplementContext): Implementation | null {
  const [a, b] = ctx.args.map(({ type }) => type) as [DataType, DataType];
  if (isInterval(a) && isPoint(b)) return swapped(shift(b, a, '+', ctx));
  if (isPoint(a) && isInterval(b)) return shift(a, b, symbol as '+' | '-', ctx);
  if (!isInterval(ctx.result)) return null;
  if (isInterval(a) && isInterval(b)) {
    return { kind: 'inline', source: ([x, y]) => wrapped(ctx, `${x} ${symbol} ${y}`) };
  }
  return scale(symbol, ctx, isInterval(a));
}

function wrapped({ result }: ImplementContext, source: string): string {
  return result.kind === 'interval_months' ? `(${source}) | 0` : source;
}

function scale(symbol: ArithmeticSymbol, ctx: ImplementContext, intervalFirst: boolean): Implementation {
  const order = (x: string, y: string): string => {
    const [interval, factor] = intervalFirst ? [x, y] : [y, x];
    const left = ctx.wide && ctx.result.kind === 'interval_millis' ? `Number(${interval})` : interval;
    return `Math.trunc(${left} ${symbol} ${factor})`;
  };
  const big = ctx.wide && ctx.result.kind === 'interval_millis';
  return { kind: 'inline', source: ([x, y]) => (big ? `BigInt(${order(x!, y!)})` : wrapped(ctx, order(x!, y!))) };
}

function swapped(implementation: Implementation): Implementation {
  if (implementation.kind === 'inline') {
    return { ...implementation, source: ([x, y]) => implementation.source([y!, x!]) };
  }
  const call = implementation.call as (point: never, interval: never) => number | bigint;
  return { kind: 'call', call: (interval: never, point: never) => call(point, interval) };
}

function shift(point: DataType, interval: DataType, sign: '+' | '-', ctx: ImplementContext): Implementation {
  if (interval.kind === 'interval_months') return shiftMonths(point, sign === '+' ? 1 : -1);
  const { wide } = ctx;
  if (isTimestamp(point)) {
    const units = unitsPerMillisecond(point.precision);
    const factor = units === 1 ? '' : wide ? ` * ${units}n` : ` * ${units}`;
    return { kind: 'inline', source: ([x, y]) => `${x} ${sign} ${y}${factor}` };
  }
  const millis = (y: string): string => (wide ? `Number(${y})` : y);
  if (point.kind === 'date') {
    return { kind: 'inline', source: ([x, y]) => `(${x} ${sign} Math.trunc(${millis(y!)} / ${msPerDay})) | 0` };
  }
  const day = msPerDay;
  return { kind: 'inline', source: ([x, y]) => `((${x} ${sign} ${millis(y!)}) % ${day} + ${day}) % ${day}` };
}

function shiftMonths(point: DataType, sign: 1 | -1): Implementation {
  if (point.kind === 'date')
    return { kind: 'call', call: (days: number, months: number) => addMonths(days, sign * months) };
  if (!isTimestamp(point)) return { kind: 'call', call: (ms: number) => ms };
  const { precision } = point;
  return {
    kind: 'call',
    call: (value: number | bigint, months: number) => addMonthsToTimestamp(value, sign * months, precision),
  };
}

/** DateTimeUtils.addMonths: a day beyond the month's end becomes its last. */
export function addMonths(days: number, months: number): number {
  const { year, month, day } = civilFromDays(days);
  const index = year * 12 + month - 1 + months;
  const [newYear, newMonth] = [Math.floor(index / 12), (((index % 12) + 12) % 12) + 1];
  return daysFromCivil(newYear, newMonth, Math.min(day, daysInMonth(newYear, newMonth)));
}

/** The day moves; the time of day stays. Of a TIMESTAMP_LTZ those of UTC, as in Flink. */
export function addMonthsToTimestamp(value: number | bigint, months: number, precision: number): number | bigint {
  const { ms, nanos } = splitTimestamp(value, precision);
  const days = Math.floor(ms / msPerDay);
  return joinTimestamp(addMonths(days, months) * msPerDay + (ms - days * msPerDay), nanos, precision);
}
