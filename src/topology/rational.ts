/** Exact fractions: what capacity is worked out with, so that no printed digit is a rounding of binary floating point. */
import { assert } from '../model/errors.ts';

/** In lowest terms; the denominator is positive. */
export type Rational = Readonly<{ numerator: bigint; denominator: bigint }>;

export function fraction(numerator: bigint, denominator = 1n): Rational {
  assert(denominator !== 0n, () => `a fraction over zero: ${numerator}/0`);
  const sign = denominator < 0n ? -1n : 1n;
  const divisor = greatestDivisor(numerator < 0n ? -numerator : numerator, denominator * sign);
  return { numerator: (numerator * sign) / divisor, denominator: (denominator * sign) / divisor };
}

function greatestDivisor(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a === 0n ? 1n : a;
}

const decimal = /^(\d+)(?:\.(\d+))?(?:[eE]\+?(\d{1,2}))?$/;

/** `1.404`, `800e9`; underscores and commas between digits are for the eye. undefined when it is no number. */
export function parseDecimal(text: string): Rational | undefined {
  const match = decimal.exec(text.trim().replaceAll(/(?<=\d)[_,](?=\d)/g, ''));
  if (match === null) return undefined;
  const [, whole, part = '', exponent = '0'] = match;
  return fraction(BigInt(`${whole}${part}`) * 10n ** BigInt(exponent), 10n ** BigInt(part.length));
}

export function plus(a: Rational, b: Rational): Rational {
  return fraction(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
}

export function times(a: Rational, b: Rational): Rational {
  return fraction(a.numerator * b.numerator, a.denominator * b.denominator);
}

export function over(a: Rational, b: Rational): Rational {
  return fraction(a.numerator * b.denominator, a.denominator * b.numerator);
}

/** The smallest whole number that is not less. For values from 0 on. */
export function ceiling({ numerator, denominator }: Rational): bigint {
  return (numerator + denominator - 1n) / denominator;
}

export function floor({ numerator, denominator }: Rational): bigint {
  return numerator / denominator;
}

export function isLess(a: Rational, b: Rational): boolean {
  return a.numerator * b.denominator < b.numerator * a.denominator;
}

export function largest(first: Rational, ...others: readonly Rational[]): Rational {
  return others.reduce((best, each) => (isLess(best, each) ? each : best), first);
}

/** Rounded half up to `digits` places, trailing zeros left out, thousands apart: `11,574,074.07`. For values from 0 on. */
export function decimalText({ numerator, denominator }: Rational, digits = 2): string {
  const scale = 10n ** BigInt(digits);
  const scaled = (2n * numerator * scale + denominator) / (2n * denominator);
  const whole = String(scaled / scale).replace(/\B(?=(\d{3})+$)/g, ',');
  const part = String(scaled % scale)
    .padStart(digits, '0')
    .replace(/0+$/, '');
  return part === '' ? whole : `${whole}.${part}`;
}
