/**
 * Exact decimals: DECIMAL(p, s) as an unscaled integer (value × 10^s), a number within ±(2^53 − 1) and a bigint beyond. What a function
 * here gives back is always in that form; it takes either form. Semantics are those of Flink's DecimalData and DecimalDataUtils over
 * java.math.BigDecimal: rounding HALF_UP, null where the precision does not hold the result.
 */

export type Decimal = number | bigint;

export const maxDecimalPrecision = 38;
const quotientDigits = 38; // DecimalDataUtils.MC_DIVIDE

const powers: readonly bigint[] = Array.from({ length: 2 * maxDecimalPrecision + 2 }, (_, i) => 10n ** BigInt(i));

export function powerOfTen(exponent: number): bigint {
  return powers[exponent] ?? 10n ** BigInt(exponent);
}

/** As a number where it is a safe integer. */
export function compactDecimal(value: bigint): Decimal {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** The value, or null where it has more digits than the precision. */
export function fitDecimal(value: Decimal, precision: number): Decimal | null {
  if (typeof value === 'number') return precision > 15 || Math.abs(value) < 10 ** precision ? value : null;
  const limit = powerOfTen(precision);
  return value < limit && value > -limit ? compactDecimal(value) : null;
}

/** value / divisor, rounded half away from zero. */
export function divideHalfUp(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  const rest = value % divisor;
  const [absoluteRest, absoluteDivisor] = [rest < 0n ? -rest : rest, divisor < 0n ? -divisor : divisor];
  if (absoluteRest * 2n < absoluteDivisor) return quotient;
  return value < 0n === divisor < 0n ? quotient + 1n : quotient - 1n;
}

/** From one scale to another, HALF_UP. */
export function rescaleDecimal(value: Decimal, fromScale: number, toScale: number): Decimal {
  if (fromScale === toScale) return value;
  if (typeof value === 'number') {
    const factor = 10 ** Math.abs(toScale - fromScale);
    const quick = toScale > fromScale ? value * factor : divideNumberHalfUp(value, factor);
    if (factor <= 1e15 && Number.isSafeInteger(quick)) return quick;
  }
  return compactDecimal(rescaleBigint(BigInt(value), fromScale, toScale));
}

/** Exact for safe integers: the division leaves no rest. */
function divideNumberHalfUp(value: number, divisor: number): number {
  const rest = value % divisor;
  const quotient = (value - rest) / divisor;
  if (Math.abs(rest) * 2 < divisor) return quotient;
  return value < 0 ? quotient - 1 : quotient + 1;
}

function rescaleBigint(value: bigint, fromScale: number, toScale: number): bigint {
  if (toScale >= fromScale) return value * powerOfTen(toScale - fromScale);
  return divideHalfUp(value, powerOfTen(fromScale - toScale));
}

const decimalForm = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,10}))?$/;

/**
 * A text as java.math.BigDecimal reads it (`-1.5`, `.5`, `1e3`; no blanks) in a precision and scale, HALF_UP. null where it is no number
 * or does not fit.
 */
export function parseDecimal(text: string, precision: number, scale: number): Decimal | null {
  const match = decimalForm.exec(text);
  if (match === null) return null;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '');
  if (digits === '') return whole + fraction === '' ? null : 0;
  const digitsScale = fraction.length - Number(exponent);
  // The place of the first digit decides before any big number is made.
  const wholeDigits = digits.length - digitsScale;
  if (wholeDigits > precision - scale) return null;
  if (wholeDigits < -scale) return 0;
  const unscaled = digits.length <= 15 ? Number(digits) : BigInt(digits);
  return fitDecimal(rescaleDecimal(sign === '-' ? -unscaled : unscaled, digitsScale, scale), precision);
}

/** BigDecimal.toPlainString: `-0.05`, with all digits of the scale. */
export function formatDecimal(unscaled: Decimal, scale: number): string {
  const negative = unscaled < 0;
  const digits = String(negative ? -unscaled : unscaled);
  const sign = negative ? '-' : '';
  if (scale === 0) return sign + digits;
  const padded = digits.padStart(scale + 1, '0');
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

/** DecimalDataUtils.doubleValue: exact division for up to 18 digits, else the double nearest to the text. */
export function decimalToDouble(unscaled: Decimal, precision: number, scale: number): number {
  if (precision <= 18) return Number(unscaled) / 10 ** scale;
  return Number(formatDecimal(unscaled, scale));
}

/** The whole part, towards zero. */
export function decimalToInteger(unscaled: Decimal, scale: number): Decimal {
  if (typeof unscaled === 'number') {
    if (scale > 15) return 0;
    return (unscaled - (unscaled % 10 ** scale)) / 10 ** scale;
  }
  return compactDecimal(unscaled / powerOfTen(scale));
}

/** A scaled operand of arithmetic. */
export type Scaled = Readonly<{ unscaled: Decimal; scale: number }>;

/** Sum or, with `sign` −1, difference. */
export function addDecimal(a: Scaled, b: Scaled, sign: 1 | -1, precision: number, scale: number): Decimal | null {
  const common = Math.max(a.scale, b.scale);
  const left = rescaleBigint(BigInt(a.unscaled), a.scale, common);
  const right = rescaleBigint(BigInt(b.unscaled), b.scale, common);
  return fitDecimal(compactDecimal(rescaleBigint(sign === 1 ? left + right : left - right, common, scale)), precision);
}

export function multiplyDecimal(a: Scaled, b: Scaled, precision: number, scale: number): Decimal | null {
  const product = Number(a.unscaled) * Number(b.unscaled) + 0; // never −0
  if (Number.isSafeInteger(product)) return fitDecimal(rescaleDecimal(product, a.scale + b.scale, scale), precision);
  const exact = BigInt(a.unscaled) * BigInt(b.unscaled);
  return fitDecimal(compactDecimal(rescaleBigint(exact, a.scale + b.scale, scale)), precision);
}

/**
 * The quotient, first to 38 digits and then to the scale, both HALF_UP (DecimalDataUtils.divide). The divisor is not 0: the caller fails
 * the row.
 */
export function divideDecimal(a: Scaled, b: Scaled, precision: number, scale: number): Decimal | null {
  const dividend = BigInt(a.unscaled);
  const divisor = BigInt(b.unscaled);
  if (dividend === 0n) return 0;
  const shift = quotientDigits + digitCount(divisor) - digitCount(dividend);
  const first = roundTo38(dividend, divisor, shift);
  return fitDecimal(compactDecimal(rescaleBigint(first.unscaled, first.scale + a.scale - b.scale, scale)), precision);
}

/** dividend / divisor with 38 digits: with this shift the quotient has 38 or 39, and with 39 one less is asked for. */
function roundTo38(dividend: bigint, divisor: bigint, shift: number): { unscaled: bigint; scale: number } {
  const quotient = divideShifted(dividend, divisor, shift);
  if (digitCount(quotient) <= quotientDigits) return { unscaled: quotient, scale: shift };
  return { unscaled: divideShifted(dividend, divisor, shift - 1), scale: shift - 1 };
}

function divideShifted(dividend: bigint, divisor: bigint, shift: number): bigint {
  return shift >= 0
    ? divideHalfUp(dividend * powerOfTen(shift), divisor)
    : divideHalfUp(dividend, divisor * powerOfTen(-shift));
}

function digitCount(value: bigint): number {
  return String(value < 0n ? -value : value).length;
}

/** The rest of the division towards zero, with the dividend's sign. The divisor is not 0. */
export function remainderDecimal(a: Scaled, b: Scaled, precision: number, scale: number): Decimal | null {
  const common = Math.max(a.scale, b.scale);
  const rest = rescaleBigint(BigInt(a.unscaled), a.scale, common) % rescaleBigint(BigInt(b.unscaled), b.scale, common);
  return fitDecimal(compactDecimal(rescaleBigint(rest, common, scale)), precision);
}

/** −1, 0 or 1. */
export function compareDecimal(a: Scaled, b: Scaled): number {
  const common = Math.max(a.scale, b.scale);
  const left = rescaleDecimal(a.unscaled, a.scale, common);
  const right = rescaleDecimal(b.unscaled, b.scale, common);
  return left < right ? -1 : left > right ? 1 : 0;
}
