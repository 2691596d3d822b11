/** + - * / % : of numbers here, of times in temporal-arithmetic.ts. */
import type { Argument, Implementation, ImplementContext, ScalarFunction, Signature } from '../model/function.ts';
import { type DataType, isInteger, isNumeric, withNullable } from '../model/types.ts';
import { commonType } from './common-type.ts';
import { implementDecimal } from './decimal-arithmetic.ts';
import {
  asDecimal,
  type DecimalType,
  type DerivedDecimal,
  productOfDecimals,
  quotientOfDecimals,
  remainderOfDecimals,
  sumOfDecimals,
} from './decimal-type.ts';
import { divisionByZero } from './failure.ts';
import { anyNullable, checkCount, mismatch } from './signature.ts';
import { implementTemporal, inferTemporal } from './temporal-arithmetic.ts';

export type ArithmeticSymbol = '+' | '-' | '*' | '/' | '%';

const decimalTypes: Readonly<Record<ArithmeticSymbol, (a: DecimalType, b: DecimalType) => DerivedDecimal>> = {
  '+': sumOfDecimals,
  '-': sumOfDecimals,
  '*': productOfDecimals,
  '/': quotientOfDecimals,
  '%': remainderOfDecimals,
};

function inferArithmetic(symbol: ArithmeticSymbol, usage: string, args: readonly Argument[]): Signature {
  const isSign = symbol === '+' || symbol === '-';
  checkCount(usage, args, isSign ? 1 : 2, 2);
  if (args.length === 1) return inferSign(usage, args);
  const [a, b] = withoutNullType(args[0]!.type, args[1]!.type);
  const temporal = inferTemporal(symbol, a, b);
  if (temporal !== null) return temporal;
  if (!isNumeric(a) || !isNumeric(b)) throw mismatch(usage, args);
  const nullable = anyNullable(args);
  const [left, right] = [asDecimal(a), asDecimal(b)];
  if (left !== null && right !== null && (a.kind === 'decimal' || b.kind === 'decimal')) {
    if (symbol === '%' && left.scale === 0 && right.scale === 0) {
      return { args: [left, right], result: withNullable(b, nullable) };
    }
    const { precision, scale } = decimalTypes[symbol](left, right);
    return { args: [left, right], result: { kind: 'decimal', precision, scale, nullable } };
  }
  const common = commonType([a, b])!;
  // The rest has the divisor's type, as in Calcite.
  const result = symbol === '%' && isInteger(common) ? b : common;
  const operands = [withNullable(common, a.nullable), withNullable(common, b.nullable)];
  return { args: operands, result: withNullable(result, nullable) };
}

/** A NULL literal takes the other's type; two of them are INT. */
function withoutNullType(a: DataType, b: DataType): readonly [DataType, DataType] {
  const int: DataType = { kind: 'int', nullable: true };
  const known = a.kind === 'null' ? (b.kind === 'null' ? int : b) : a;
  return [a.kind === 'null' ? withNullable(known, true) : a, b.kind === 'null' ? withNullable(known, true) : b];
}

function inferSign(usage: string, args: readonly Argument[]): Signature {
  const { type } = args[0]!;
  const isInterval = type.kind === 'interval_millis' || type.kind === 'interval_months';
  if (!isNumeric(type) && !isInterval) throw mismatch(usage, args);
  return { args: [type], result: type };
}

function implementArithmetic(symbol: ArithmeticSymbol, ctx: ImplementContext): Implementation {
  const { args, result, wide } = ctx;
  if (args.length === 1) {
    const minus = (x: string): string =>
      wide || result.kind === 'double' || result.kind === 'float' ? `-${x}` : `0 - ${x}`;
    return { kind: 'inline', source: ([x]) => (symbol === '+' ? x! : inRange(result, minus(x!), wide)) };
  }
  const [a, b] = args.map(({ type }) => type) as [DataType, DataType];
  const temporal = implementTemporal(symbol, ctx);
  if (temporal !== null) return temporal;
  if (a.kind === 'decimal' && b.kind === 'decimal') {
    const { precision, scale } = asDecimal(result)!;
    return implementDecimal(symbol, a, b, { precision, scale, wide });
  }
  if (!isInteger(a)) return floating(symbol, result);
  return integer(symbol, a, result, wide);
}

function floating(symbol: ArithmeticSymbol, result: DataType): Implementation {
  const source = ([x, y]: readonly string[]): string => `${x} ${symbol} ${y}`;
  return { kind: 'inline', source: result.kind === 'float' ? (args) => `Math.fround(${source(args)})` : source };
}

/** Integers wrap at their type, as in Java. */
function integer(symbol: ArithmeticSymbol, operand: DataType, result: DataType, wide: boolean): Implementation {
  const bigint = wide && operand.kind === 'bigint';
  if (symbol === '/' || symbol === '%') return division(symbol, operand, result, bigint);
  if (symbol !== '*') return { kind: 'inline', source: ([x, y]) => inRange(result, `${x} ${symbol} ${y}`, wide) };
  const product = (x: string, y: string): string => {
    if (bigint) return `${x} * ${y}`;
    return operand.kind === 'bigint' ? `${x} * ${y} + 0` : `Math.imul(${x}, ${y})`; // + 0: never −0
  };
  return { kind: 'inline', source: ([x, y]) => inRange(result, product(x!, y!), wide) };
}

function division(symbol: '/' | '%', operand: DataType, result: DataType, bigint: boolean): Implementation {
  const compute = (x: string, y: string): string => {
    if (bigint)
      return result.kind === 'bigint' ? `BigInt.asIntN(64, ${x} ${symbol} ${y})` : `Number(${x} ${symbol} ${y})`;
    if (symbol === '%') return `${x} % ${y} + 0`;
    return operand.kind === 'bigint' ? `(${x} - ${x} % ${y}) / ${y} + 0` : inRange(result, `${x} / ${y}`, false);
  };
  return {
    kind: 'inline',
    source: ([x, y]) => `${y} === ${bigint ? '0n' : '0'} ? divisionByZero() : ${compute(x!, y!)}`,
    helpers: { divisionByZero },
  };
}

/** An integer result, wrapped around to its type. Narrow BIGINT is left to the caller's check. */
export function inRange(type: DataType, source: string, wide: boolean): string {
  switch (type.kind) {
    case 'tinyint':
      return `(${source}) << 24 >> 24`;
    case 'smallint':
      return `(${source}) << 16 >> 16`;
    case 'int':
    case 'interval_months':
      return `(${source}) | 0`;
    case 'bigint':
    case 'interval_millis':
      return wide ? `BigInt.asIntN(64, ${source})` : source;
    default:
      return source;
  }
}

function arithmetic(symbol: ArithmeticSymbol, usage: string, description: string, aliases?: string[]): ScalarFunction {
  return {
    kind: 'scalar',
    name: symbol,
    aliases,
    category: 'arithmetic',
    usage,
    description,
    deterministic: true,
    nulls: 'strict',
    integers: 'any',
    infer: (args) => inferArithmetic(symbol, usage, args),
    implement: (ctx) => implementArithmetic(symbol, ctx),
  };
}

export const arithmeticFunctions: readonly ScalarFunction[] = [
  arithmetic('+', 'value1 + value2', 'The sum; with one operand, the value. Integers wrap at their type.'),
  arithmetic('-', 'value1 - value2', 'The difference; with one operand, the negative.'),
  arithmetic('*', 'value1 * value2', 'The product.'),
  arithmetic('/', 'value1 / value2', 'The quotient; of integers, cut towards zero.'),
  arithmetic('%', 'value1 % value2', "The rest of the division, with the dividend's sign.", ['MOD']),
];
