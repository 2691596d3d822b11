/** CAST among numbers, booleans and intervals: Java's primitive casts for integers, HALF_UP for decimals. */
import {
  compactDecimal,
  type Decimal,
  decimalToDouble,
  decimalToInteger,
  fitDecimal,
  parseDecimal,
  powerOfTen,
  rescaleDecimal,
} from '../model/decimal.ts';
import type { Implementation, ImplementContext } from '../model/function.ts';
import { type DataType, layoutOf } from '../model/types.ts';
import { inRange } from './arithmetic.ts';
import type { CastFunction } from './cast.ts';
import { digitsOf } from './decimal-type.ts';
import { evaluationError } from './failure.ts';

export function castNumeric(from: DataType, to: DataType): CastFunction {
  if (to.kind === 'boolean') return inline((x, wide) => notZero(from, x, wide));
  if (to.kind === 'decimal') return toDecimal(from, to);
  if (to.kind === 'float' || to.kind === 'double') return toFloating(from, to);
  return toInteger(from, to);
}

type Write = (value: string, wide: boolean) => string;

function inline(write: Write, helpers: Readonly<Record<string, unknown>> = {}): CastFunction {
  const implement = ({ wide }: ImplementContext): Implementation => ({
    kind: 'inline',
    source: ([x]) => write(x!, wide),
    helpers,
  });
  return { integers: 'any', implement };
}

function notZero(from: DataType, value: string, wide: boolean): string {
  return `${value} !== ${wide && layoutOf(from) === 'int' ? '0n' : '0'}`;
}

/** BIGINT and DAY TO SECOND intervals are the integers of layout `int`. */
function toInteger(from: DataType, to: DataType): CastFunction {
  const bigResult = layoutOf(to) === 'int';
  if (from.kind === 'boolean') {
    return inline((x, wide) => (wide && bigResult ? `(${x} ? 1n : 0n)` : `(${x} ? 1 : 0)`));
  }
  if (from.kind === 'decimal') return decimalToIntegerType(from.scale, to);
  if (from.kind === 'float' || from.kind === 'double') return floatingToInteger(to);
  if (layoutOf(from) === 'i32')
    return inline((x, wide) => (bigResult ? (wide ? `BigInt(${x})` : x) : inRange(to, x, false)));
  return inline((x, wide) => {
    if (bigResult) return inRange(to, x, wide);
    return inRange(to, wide ? `Number(BigInt.asIntN(32, ${x}))` : x, false);
  });
}

function decimalToIntegerType(scale: number, to: DataType): CastFunction {
  const bits = to.kind === 'tinyint' ? 8 : to.kind === 'smallint' ? 16 : layoutOf(to) === 'int' ? 64 : 32;
  const narrowing = (value: Decimal): Decimal => {
    const whole = decimalToInteger(value, scale);
    const wrapped = BigInt.asIntN(bits, BigInt(whole));
    return bits === 64 ? compactDecimal(wrapped) : Number(wrapped);
  };
  return { integers: 'any', implement: () => ({ kind: 'call', call: narrowing }) };
}

/** Java's d2l and d2i: cut towards zero, NaN is 0, beyond the range the nearest end. Smaller types take the low bits of the int. */
function floatingToInteger(to: DataType): CastFunction {
  if (layoutOf(to) !== 'int') {
    return inline((x) => inRange(to, `saturatedInt(${x})`, false), { saturatedInt });
  }
  return inline((x, wide) => (wide ? `saturatedLong(${x})` : `(${x} === ${x} ? Math.trunc(${x}) + 0 : 0)`), {
    saturatedLong,
  });
}

function saturatedInt(value: number): number {
  if (value >= 2147483647) return 2147483647;
  return value <= -2147483648 ? -2147483648 : value | 0;
}

function saturatedLong(value: number): bigint {
  if (Number.isNaN(value)) return 0n;
  if (value >= 2 ** 63) return 2n ** 63n - 1n;
  return value <= -(2 ** 63) ? -(2n ** 63n) : BigInt(Math.trunc(value));
}

function toFloating(from: DataType, to: DataType): CastFunction {
  const round =
    to.kind === 'float' ? (source: string): string => `Math.fround(${source})` : (source: string): string => source;
  if (from.kind === 'boolean') return inline((x) => `(${x} ? 1 : 0)`);
  if (from.kind !== 'decimal') return inline((x, wide) => round(wide && layoutOf(from) === 'int' ? `Number(${x})` : x));
  const { precision, scale } = from;
  if (precision <= 18) return inline((x, wide) => round(`${wide ? `Number(${x})` : x} / 1e${scale}`));
  const convert = (value: Decimal): number => decimalToDouble(value, precision, scale);
  const asFloat = (value: Decimal): number => Math.fround(convert(value));
  return { integers: 'any', implement: () => ({ kind: 'call', call: to.kind === 'float' ? asFloat : convert }) };
}

type DecimalTarget = DataType & { kind: 'decimal'; precision: number; scale: number };

/** NULL where the precision does not hold it, as Flink's DecimalDataUtils. */
function toDecimal(from: DataType, to: DecimalTarget): CastFunction {
  const { precision, scale } = to;
  if (from.kind === 'float' || from.kind === 'double') {
    return {
      implement: () => ({ kind: 'call', call: (x: number) => doubleToDecimal(x, precision, scale), mayBeNull: true }),
    };
  }
  const fromScale = from.kind === 'decimal' ? from.scale : 0;
  const digits = from.kind === 'boolean' ? 1 : from.kind === 'decimal' ? from.precision : (digitsOf(from) ?? 19);
  if (scale >= fromScale && digits - fromScale <= precision - scale) return grown(from, scale - fromScale);
  const convert = (value: Decimal | boolean): Decimal | null =>
    fitDecimal(rescaleDecimal(typeof value === 'boolean' ? Number(value) : value, fromScale, scale), precision);
  return { integers: 'any', implement: () => ({ kind: 'call', call: convert, mayBeNull: true }) };
}

/** More places for whole and fraction than before: it always fits. */
function grown(from: DataType, moreDigits: number): CastFunction {
  const factor = powerOfTen(moreDigits);
  return inline((x, wide) => {
    if (!wide) return from.kind === 'boolean' ? `(${x} ? 1e${moreDigits} : 0)` : `${x} * 1e${moreDigits}`;
    const whole = layoutOf(from) === 'int' ? x : `BigInt(${x})`;
    return moreDigits === 0 ? whole : `${whole} * ${factor}n`;
  });
}

function doubleToDecimal(value: number, precision: number, scale: number): Decimal | null {
  if (!Number.isFinite(value)) throw evaluationError(`${value} can't be cast to DECIMAL(${precision}, ${scale})`);
  return parseDecimal(String(value), precision, scale);
}
