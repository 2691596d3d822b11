/** ROUND, TRUNCATE, CEIL and FLOOR; the last two also of times, to a unit. */
import {
  compactDecimal,
  type Decimal,
  divideHalfUp,
  fitDecimal,
  parseDecimal,
  powerOfTen,
  rescaleDecimal,
} from '../model/decimal.ts';
import type { Argument, Implementation, ImplementContext, ScalarFunction, Signature } from '../model/function.ts';
import { type DataType, isInteger, isNumeric, layoutOf, types, withNullable } from '../model/types.ts';
import { roundedDecimal } from './decimal-type.ts';
import { anyNullable, checkCount, mismatch, scalar } from './signature.ts';
import { implementTimeRounding, inferTimeRounding } from './time-rounding.ts';

type Mode = 'round' | 'truncate';

function inferDigits(usage: string, args: readonly Argument[]): Signature {
  checkCount(usage, args, 1, 2);
  const type = args[0]!.type.kind === 'null' ? types.of('int') : args[0]!.type;
  const digits = args[1]?.type ?? types.of('int', false);
  if (!isNumeric(type) || (!isInteger(digits) && digits.kind !== 'null')) throw mismatch(usage, args);
  const accepted = args.length === 1 ? [type] : [type, types.of('int', digits.nullable)];
  return { args: accepted, result: withNullable(digitsResult(type, args), anyNullable(args)) };
}

/** Only constant digits change the scale of a decimal. */
function digitsResult(type: DataType, args: readonly Argument[]): DataType {
  const digits = args.length === 1 ? 0 : args[1]!.literal;
  if (type.kind !== 'decimal' || typeof digits !== 'number') return type;
  const { precision, scale } = roundedDecimal(type, digits);
  return types.decimal(precision, scale);
}

function implementDigits(mode: Mode, { args, result }: ImplementContext): Implementation {
  const { type } = args[0]!;
  if (type.kind === 'decimal' && result.kind === 'decimal') {
    const { precision, scale } = result;
    const fromScale = type.scale;
    return {
      kind: 'call',
      mayBeNull: true,
      call: (value: Decimal, digits = 0) => {
        const cut = cutInteger(value, fromScale - digits, mode);
        return fitDecimal(rescaleDecimal(cut, fromScale, scale), precision);
      },
    };
  }
  if (isInteger(type))
    return { kind: 'call', call: (value: Decimal, digits = 0) => wrapInteger(type, cutInteger(value, -digits, mode)) };
  const cut = mode === 'round' ? roundDouble : truncateDouble;
  if (type.kind === 'float')
    return { kind: 'call', call: (value: number, digits = 0) => Math.fround(cut(value, digits)) };
  return { kind: 'call', call: (value: number, digits = 0) => cut(value, digits) };
}

/** Makes the last `places` digits zero. */
function cutInteger(value: Decimal, places: number, mode: Mode): Decimal {
  if (places <= 0) return value;
  const unit = powerOfTen(places);
  const exact = BigInt(value);
  return compactDecimal((mode === 'round' ? divideHalfUp(exact, unit) : exact / unit) * unit);
}

const integerBits: Readonly<Record<string, number>> = { tinyint: 8, smallint: 16, int: 32, bigint: 64 };

function wrapInteger(type: DataType, value: Decimal): Decimal {
  return compactDecimal(BigInt.asIntN(integerBits[type.kind]!, BigInt(value)));
}

const doubleDigits = 800; // more than any double has

/** By the decimal text of the double, HALF_UP, as BigDecimal.valueOf in Flink. */
function roundDouble(value: number, digits: number): number {
  if (!Number.isFinite(value)) return value;
  const unscaled = parseDecimal(String(value), doubleDigits, digits);
  return Number(`${unscaled}e${-digits}`);
}

function truncateDouble(value: number, digits: number): number {
  if (!Number.isFinite(value)) return value;
  const moreDigits = 400; // below the least double
  const unscaled = BigInt(parseDecimal(String(value), doubleDigits + moreDigits, moreDigits)!);
  return Number(`${unscaled / powerOfTen(moreDigits - digits)}e${-digits}`);
}

type Direction = 'CEIL' | 'FLOOR';

function inferWhole(name: Direction, args: readonly Argument[]): Signature {
  const usage = `${name}(number) or ${name}(time TO unit)`;
  checkCount(usage, args, 1, 2);
  if (args.length === 2) return inferTimeRounding(usage, args);
  const type = args[0]!.type.kind === 'null' ? types.of('int') : args[0]!.type;
  if (!isNumeric(type)) throw mismatch(usage, args);
  return { args: [type], result: type.kind === 'decimal' ? { ...type, scale: 0 } : type };
}

function implementWhole(name: Direction, ctx: ImplementContext): Implementation {
  if (ctx.args.length === 2) return implementTimeRounding(name, ctx);
  const { type } = ctx.args[0]!;
  if (type.kind === 'decimal') return { kind: 'call', call: wholeDecimal(name, type.scale) };
  if (layoutOf(type) !== 'f64') return { kind: 'inline', source: ([x]) => x! };
  return { kind: 'inline', source: ([x]) => `Math.${name.toLowerCase()}(${x})` };
}

function wholeDecimal(name: Direction, scale: number): (value: Decimal) => Decimal {
  const unit = powerOfTen(scale);
  return (value) => {
    const exact = BigInt(value);
    const cut = exact / unit;
    const rest = exact % unit;
    if (name === 'FLOOR') return compactDecimal(rest < 0n ? cut - 1n : cut);
    return compactDecimal(rest > 0n ? cut + 1n : cut);
  };
}

function toDigits(name: string, mode: Mode, description: string): ScalarFunction {
  const usage = `${name}(number [, digits])`;
  return scalar({
    name,
    category: 'arithmetic',
    usage,
    description,
    integers: 'any',
    infer: (args) => inferDigits(usage, args),
    implement: (ctx) => implementDigits(mode, ctx),
  });
}

function toWhole(name: Direction, aliases: readonly string[], description: string): ScalarFunction {
  return scalar({
    name,
    aliases,
    category: 'arithmetic',
    usage: `${name}(number) or ${name}(time TO unit)`,
    description,
    integers: 'any',
    infer: (args) => inferWhole(name, args),
    implement: (ctx) => implementWhole(name, ctx),
  });
}

export const roundingFunctions: readonly ScalarFunction[] = [
  toDigits(
    'ROUND',
    'round',
    'The nearest number of so many digits; halves go away from zero. Negative digits lie before the point.',
  ),
  toDigits('TRUNCATE', 'truncate', 'The number cut to so many digits.'),
  toWhole('CEIL', ['CEILING'], 'The least whole number, or start of a unit of time, that is not below.'),
  toWhole('FLOOR', [], 'The greatest whole number, or start of a unit of time, that is not above.'),
];
