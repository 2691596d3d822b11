import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addDecimal,
  compactDecimal,
  compareDecimal,
  type Decimal,
  decimalToDouble,
  decimalToInteger,
  divideDecimal,
  fitDecimal,
  formatDecimal,
  multiplyDecimal,
  parseDecimal,
  remainderDecimal,
  rescaleDecimal,
} from '../../src/model/decimal.ts';

// The reference: plain BigInt arithmetic on fractions, rounded by definition (the nearest, ties away from zero).

const abs = (value: bigint) => (value < 0n ? -value : value);

function roundHalfUp(numerator: bigint, denominator: bigint): bigint {
  const sign = numerator < 0n === denominator < 0n ? 1n : -1n;
  return (sign * (2n * abs(numerator) + abs(denominator))) / (2n * abs(denominator));
}

const power = (exponent: number) => 10n ** BigInt(exponent);

function fits(value: bigint, precision: number): Decimal | null {
  return abs(value) < power(precision) ? compactDecimal(value) : null;
}

/** Numbers of any size up to 38 digits, zeros and round ones among them. */
const anyUnscaled = fc
  .tuple(fc.integer({ min: 0, max: 38 }), fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }))
  .map(([digits, value]) => compactDecimal(value % power(digits)));
const anyScale = fc.integer({ min: 0, max: 38 });
const anyScaled = fc.record({ unscaled: anyUnscaled, scale: anyScale });
const anyTarget = fc
  .tuple(fc.integer({ min: 1, max: 38 }), fc.nat())
  .map(([precision, n]) => ({ precision, scale: n % (precision + 1) }));
const runs = { numRuns: 1000 };

describe('decimal arithmetic agrees with fractions of big integers', () => {
  it('rescale', () => {
    fc.assert(
      fc.property(anyUnscaled, anyScale, anyScale, (value, from, to) => {
        expect(rescaleDecimal(value, from, to)).toBe(
          compactDecimal(roundHalfUp(BigInt(value) * power(to), power(from))),
        );
      }),
      runs,
    );
  });

  it('add and subtract', () => {
    fc.assert(
      fc.property(anyScaled, anyScaled, anyTarget, fc.constantFrom<1 | -1>(1, -1), (a, b, target, sign) => {
        const sum = BigInt(a.unscaled) * power(b.scale) + BigInt(sign) * BigInt(b.unscaled) * power(a.scale);
        const expected = fits(roundHalfUp(sum * power(target.scale), power(a.scale + b.scale)), target.precision);
        expect(addDecimal(a, b, sign, target.precision, target.scale)).toBe(expected);
      }),
      runs,
    );
  });

  it('multiply', () => {
    fc.assert(
      fc.property(anyScaled, anyScaled, anyTarget, (a, b, target) => {
        const product = BigInt(a.unscaled) * BigInt(b.unscaled);
        const expected = fits(roundHalfUp(product * power(target.scale), power(a.scale + b.scale)), target.precision);
        expect(multiplyDecimal(a, b, target.precision, target.scale)).toBe(expected);
      }),
      runs,
    );
  });

  it('divide, through 38 digits', () => {
    fc.assert(
      fc.property(anyScaled, anyScaled, anyTarget, (a, b, target) => {
        fc.pre(BigInt(b.unscaled) !== 0n);
        const numerator = BigInt(a.unscaled) * power(b.scale);
        const denominator = BigInt(b.unscaled) * power(a.scale);
        // The scale with which the quotient has 38 digits: tried from above.
        let scale = 120;
        while (scale > 0 && abs(roundHalfUp(numerator * power(scale), denominator)) >= power(38)) scale--;
        const first = roundHalfUp(numerator * power(scale), denominator);
        const expected = fits(roundHalfUp(first * power(target.scale), power(scale)), target.precision);
        expect(divideDecimal(a, b, target.precision, target.scale)).toBe(expected);
      }),
      runs,
    );
  });

  it('remainder', () => {
    fc.assert(
      fc.property(anyScaled, anyScaled, anyTarget, (a, b, target) => {
        fc.pre(BigInt(b.unscaled) !== 0n);
        const rest = (BigInt(a.unscaled) * power(b.scale)) % (BigInt(b.unscaled) * power(a.scale));
        const expected = fits(roundHalfUp(rest * power(target.scale), power(a.scale + b.scale)), target.precision);
        expect(remainderDecimal(a, b, target.precision, target.scale)).toBe(expected);
      }),
      runs,
    );
  });

  it('compare', () => {
    fc.assert(
      fc.property(anyScaled, anyScaled, (a, b) => {
        const difference = BigInt(a.unscaled) * power(b.scale) - BigInt(b.unscaled) * power(a.scale);
        expect(compareDecimal(a, b)).toBe(difference < 0n ? -1 : difference > 0n ? 1 : 0);
      }),
      runs,
    );
  });

  it('to integer', () => {
    fc.assert(
      fc.property(anyScaled, ({ unscaled, scale }) => {
        expect(decimalToInteger(unscaled, scale)).toBe(compactDecimal(BigInt(unscaled) / power(scale)));
      }),
      runs,
    );
  });
});

describe('decimal text', () => {
  it('round trips', () => {
    fc.assert(
      fc.property(anyScaled, ({ unscaled, scale }) => {
        expect(parseDecimal(formatDecimal(unscaled, scale), 76, scale)).toBe(unscaled);
      }),
      runs,
    );
  });

  it.each([
    ['1.005', 10, 2, 101],
    ['-1.005', 10, 2, -101],
    ['1.0049999', 10, 2, 100],
    ['1e3', 10, 2, 100_000],
    ['1E+3', 10, 0, 1000],
    ['12345e-3', 10, 2, 1235],
    ['.5', 1, 0, 1],
    ['5.', 1, 0, 5],
    ['+7', 1, 0, 7],
    ['-0', 5, 2, 0],
    ['000000000000000000000000000000000000000000001', 5, 2, 100],
    ['99.995', 4, 2, null],
    ['99.994', 4, 2, 9999],
    ['1e1000000000', 38, 0, null],
    ['1e-1000000000', 38, 0, 0],
    ['0e1000000000', 38, 0, 0],
    ['0.0000000000000000000000000000000000000005', 38, 38, 0],
    ['0.000000000000000000000000000000000000005', 38, 38, 1],
    ['99999999999999999999999999999999999999', 38, 0, 99999999999999999999999999999999999999n],
    ['9007199254740991', 16, 0, 9007199254740991],
    ['9007199254740992', 16, 0, 9007199254740992n],
    [' 1', 5, 2, null],
    ['1 ', 5, 2, null],
    ['', 5, 2, null],
    ['.', 5, 2, null],
    ['1e', 5, 2, null],
    ['1.2.3', 5, 2, null],
    ['NaN', 5, 2, null],
    ['0x10', 5, 2, null],
    ['1_000', 5, 2, null],
  ] as const)('%s as DECIMAL(%i, %i)', (text, precision, scale, expected) => {
    expect(parseDecimal(text, precision, scale)).toBe(expected);
  });

  it.each([
    [0, 2, '0.00'],
    [-5, 2, '-0.05'],
    [12345, 2, '123.45'],
    [12345, 0, '12345'],
    [-99999999999999999999999999999999999999n, 38, '-0.99999999999999999999999999999999999999'],
  ] as const)('%s of scale %i', (unscaled, scale, expected) => {
    expect(formatDecimal(unscaled, scale)).toBe(expected);
  });
});

describe('bounds', () => {
  it('of a precision', () => {
    expect(fitDecimal(999, 3)).toBe(999);
    expect(fitDecimal(-1000, 3)).toBeNull();
    expect(fitDecimal(10n ** 38n, 38)).toBeNull();
    expect(fitDecimal(10n ** 38n - 1n, 38)).toBe(10n ** 38n - 1n);
  });

  it('to doubles', () => {
    expect(decimalToDouble(1, 5, 1)).toBe(0.1);
    expect(decimalToDouble(123456789012345678901234567890n, 38, 10)).toBe(Number('12345678901234567890.123456789'));
  });
});
