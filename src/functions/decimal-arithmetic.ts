/** + - * / % of decimals. */
import {
  addDecimal,
  type Decimal,
  divideDecimal,
  maxDecimalPrecision,
  multiplyDecimal,
  remainderDecimal,
} from '../model/decimal.ts';
import type { Implementation } from '../model/function.ts';
import type { ArithmeticSymbol } from './arithmetic.ts';
import type { DecimalType } from './decimal-type.ts';
import { divisionByZero } from './failure.ts';

type Target = Readonly<{ precision: number; scale: number; wide: boolean }>;

export function implementDecimal(symbol: ArithmeticSymbol, a: DecimalType, b: DecimalType, to: Target): Implementation {
  const exactScale = symbol === '*' ? a.scale + b.scale : Math.max(a.scale, b.scale);
  // As long as no digit was given up for the precision, the result always fits.
  if (symbol !== '/' && symbol !== '%' && to.scale === exactScale && to.precision < maxDecimalPrecision) {
    return direct(symbol, exactScale - a.scale, exactScale - b.scale, to.wide);
  }
  return general(symbol, a, b, to);
}

/** Beyond ±(2^53 − 1) narrow code has lost digits: NaN makes the caller run it wide. */
function exactOrNaN(value: number): number {
  return value <= Number.MAX_SAFE_INTEGER && value >= -Number.MAX_SAFE_INTEGER ? value : Number.NaN;
}

function direct(symbol: '+' | '-' | '*', leftDigits: number, rightDigits: number, wide: boolean): Implementation {
  if (symbol === '*') return { kind: 'inline', source: ([x, y]) => (wide ? `${x} * ${y}` : `${x} * ${y} + 0`) };
  const scaled = (operand: string, digits: number): string => {
    if (digits === 0) return operand;
    return wide ? `${operand} * ${10n ** BigInt(digits)}n` : `exactOrNaN(${operand} * 1e${digits})`;
  };
  return {
    kind: 'inline',
    source: ([x, y]) => `${scaled(x!, leftDigits)} ${symbol} ${scaled(y!, rightDigits)}`,
    helpers: { exactOrNaN },
  };
}

function general(symbol: ArithmeticSymbol, a: DecimalType, b: DecimalType, to: Target): Implementation {
  const compute = (x: Decimal, y: Decimal): Decimal | null => {
    const left = { unscaled: x, scale: a.scale };
    const right = { unscaled: y, scale: b.scale };
    switch (symbol) {
      case '+':
        return addDecimal(left, right, 1, to.precision, to.scale);
      case '-':
        return addDecimal(left, right, -1, to.precision, to.scale);
      case '*':
        return multiplyDecimal(left, right, to.precision, to.scale);
      case '/':
        return Number(y) === 0 ? divisionByZero() : divideDecimal(left, right, to.precision, to.scale);
      case '%':
        return Number(y) === 0 ? divisionByZero() : remainderDecimal(left, right, to.precision, to.scale);
    }
  };
  return { kind: 'call', call: compute, mayBeNull: true };
}
