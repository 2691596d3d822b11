import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnRef } from '../../src/model/expression.ts';
import { type DataType, types } from '../../src/model/types.ts';
import { call, evaluateRow } from '../support/sql-expressions.ts';

// Decimal operators against plain BigInt arithmetic, in narrow and in wide code.

type Operand = Readonly<{ precision: number; scale: number; unscaled: bigint }>;

const operand: fc.Arbitrary<Operand> = fc.integer({ min: 1, max: 38 }).chain((precision) =>
  fc.record({
    precision: fc.constant(precision),
    scale: fc.integer({ min: 0, max: precision }),
    unscaled: fc.bigInt({ min: -(10n ** BigInt(precision)) + 1n, max: 10n ** BigInt(precision) - 1n }),
  }),
);

function divideHalfUp(value: bigint, divisor: bigint): bigint {
  const sign = value < 0n === divisor < 0n ? 1n : -1n;
  const [a, b] = [value < 0n ? -value : value, divisor < 0n ? -divisor : divisor];
  return sign * ((2n * a + b) / (2n * b));
}

function rescale(value: bigint, from: number, to: number): bigint {
  return to >= from ? value * 10n ** BigInt(to - from) : divideHalfUp(value, 10n ** BigInt(from - to));
}

/** The reference: exact, then rounded to the result's scale; null where it does not fit. The quotient has 38 digits first, as in Flink. */
function reference(
  symbol: string,
  a: Operand,
  b: Operand,
  result: DataType & { precision: number; scale: number },
): bigint | null {
  const common = Math.max(a.scale, b.scale);
  const [x, y] = [rescale(a.unscaled, a.scale, common), rescale(b.unscaled, b.scale, common)];
  const value = {
    '+': () => rescale(x + y, common, result.scale),
    '-': () => rescale(x - y, common, result.scale),
    '*': () => rescale(a.unscaled * b.unscaled, a.scale + b.scale, result.scale),
    '%': () => rescale(x % y, common, result.scale),
  }[symbol]!();
  return value < 10n ** BigInt(result.precision) && value > -(10n ** BigInt(result.precision)) ? value : null;
}

function evaluated(symbol: string, a: Operand, b: Operand, wide: boolean): unknown {
  const typed = [a, b].map(({ precision, scale }) => types.decimal(precision, scale, false));
  const expression = call(symbol, columnRef(0, typed[0]!), columnRef(1, typed[1]!));
  const value = ({ unscaled }: Operand): number | bigint => (wide ? unscaled : Number(unscaled));
  const result = evaluateRow(expression, [value(a), value(b)], { wide });
  return result === null ? null : BigInt(result as number);
}

function resultType(symbol: string, a: Operand, b: Operand): DataType & { precision: number; scale: number } {
  const typed = [a, b].map(({ precision, scale }) => types.decimal(precision, scale, false));
  return call(symbol, columnRef(0, typed[0]!), columnRef(1, typed[1]!)).type as never;
}

describe.each(['+', '-', '*', '%'])('DECIMAL %s DECIMAL', (symbol) => {
  it('is exact in wide code', () => {
    fc.assert(
      fc.property(operand, operand, (a, b) => {
        fc.pre(symbol !== '%' || b.unscaled !== 0n);
        expect(evaluated(symbol, a, b, true)).toEqual(reference(symbol, a, b, resultType(symbol, a, b)));
      }),
      { numRuns: 300 },
    );
  });

  it('is the same in narrow code, or asks for wide code', () => {
    fc.assert(
      fc.property(operand, operand, (a, b) => {
        fc.pre([a, b].every(({ unscaled }) => Number.isSafeInteger(Number(unscaled))));
        fc.pre(symbol !== '%' || b.unscaled !== 0n);
        let narrow: unknown;
        try {
          narrow = evaluated(symbol, a, b, false);
        } catch (signal) {
          if (typeof signal !== 'symbol') throw signal;
          return;
        }
        expect(narrow).toEqual(evaluated(symbol, a, b, true));
      }),
      { numRuns: 300 },
    );
  });
});

describe('comparing decimals of different scale', () => {
  it.each(['=', '<', '>='])('%s is exact, narrow or wide', (symbol) => {
    fc.assert(
      fc.property(operand, operand, (a, b) => {
        const typed = [a, b].map(({ precision, scale }) => types.decimal(precision, scale, false));
        const expression = call(symbol, columnRef(0, typed[0]!), columnRef(1, typed[1]!));
        const common = Math.max(a.scale, b.scale);
        const [x, y] = [rescale(a.unscaled, a.scale, common), rescale(b.unscaled, b.scale, common)];
        const expected = symbol === '=' ? x === y : symbol === '<' ? x < y : x >= y;
        expect(evaluateRow(expression, [a.unscaled, b.unscaled], { wide: true })).toBe(expected);
        const narrow = [a, b].map(({ unscaled }) => Number(unscaled));
        if (narrow.every(Number.isSafeInteger)) expect(evaluateRow(expression, narrow)).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });
});
