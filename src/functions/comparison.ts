/** = <> < <= > >= */
import type { Argument, Implementation, ImplementContext, ScalarFunction, Signature } from '../model/function.ts';
import {
  type DataType,
  isCharacter,
  isNumeric,
  isTimestamp,
  layoutOf,
  types,
  unitsPerMillisecond,
  withNullable,
} from '../model/types.ts';
import { commonType } from './common-type.ts';
import { asDecimal } from './decimal-type.ts';
import { anyNullable, checkCount, mismatch } from './signature.ts';
import { compareBytes, compareText, equalObjects } from './text-order.ts';

const operators = {
  '=': '===',
  '<>': '!==',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
} as const;

type ComparisonSymbol = keyof typeof operators;

/** The types that two operands are compared in; null when they can't be. */
export function comparableTypes(a: DataType, b: DataType): readonly [DataType, DataType] | null {
  if (a.kind === 'null') return [withNullable(b, true), b];
  if (b.kind === 'null') return [a, withNullable(a, true)];
  if (isNumeric(a) && isNumeric(b)) return comparableNumbers(a, b);
  if (isCharacter(a) && isCharacter(b)) return [a, b];
  if (isTimestamp(a) && isTimestamp(b) && a.kind === b.kind) return [a, b];
  if (isPointInTime(a) && isCharacter(b)) return [a, withNullable(a, b.nullable)];
  if (isCharacter(a) && isPointInTime(b)) return [withNullable(b, a.nullable), b];
  const common = commonType([a, b]);
  return common === null ? null : [withNullable(common, a.nullable), withNullable(common, b.nullable)];
}

function isPointInTime(type: DataType): boolean {
  return type.kind === 'date' || type.kind === 'time' || isTimestamp(type);
}

/** Decimals keep their scales: bringing them to one could lose digits. */
function comparableNumbers(a: DataType, b: DataType): readonly [DataType, DataType] {
  const [left, right] = [asDecimal(a), asDecimal(b)];
  if (left !== null && right !== null && (a.kind === 'decimal' || b.kind === 'decimal')) return [left, right];
  const common = commonType([a, b])!;
  return [withNullable(common, a.nullable), withNullable(common, b.nullable)];
}

function inferComparison(symbol: ComparisonSymbol, args: readonly Argument[]): Signature {
  const usage = `value1 ${symbol} value2`;
  checkCount(usage, args, 2);
  const operands = comparableTypes(args[0]!.type, args[1]!.type);
  const isEquality = symbol === '=' || symbol === '<>';
  if (operands === null || (layoutOf(operands[0]) === 'object' && operands[0].kind !== 'null' && !isEquality)) {
    throw mismatch(`${usage} of comparable types`, args, 'Cast one of them to the type of the other.');
  }
  return { args: operands, result: types.of('boolean', anyNullable(args)) };
}

export function implementComparison(symbol: ComparisonSymbol, { args, wide }: ImplementContext): Implementation {
  const operator = operators[symbol];
  const [a, b] = args.map(({ type }) => type) as [DataType, DataType];
  switch (layoutOf(a)) {
    case 'int': {
      const [left, right] = [scaleFactor(a, b, wide), scaleFactor(b, a, wide)];
      return { kind: 'inline', source: ([x, y]) => `${x}${left} ${operator} ${y}${right}` };
    }
    case 'string':
      return compareStrings(symbol, isCharacter(a));
    case 'object':
      return {
        kind: 'inline',
        source: ([x, y]) => `${symbol === '=' ? '' : '!'}equalObjects(${x}, ${y})`,
        helpers: { equalObjects },
      };
    default:
      return { kind: 'inline', source: ([x, y]) => `${x} ${operator} ${y}` };
  }
}

function compareStrings(symbol: ComparisonSymbol, text: boolean): Implementation {
  const operator = operators[symbol];
  if (text && (symbol === '=' || symbol === '<>'))
    return { kind: 'inline', source: ([x, y]) => `${x} ${operator} ${y}` };
  const [name, helpers] = text ? ['compareText', { compareText }] : ['compareBytes', { compareBytes }];
  return { kind: 'inline', source: ([x, y]) => `${name}(${x}, ${y}) ${operator} 0`, helpers };
}

/**
 * What an operand is multiplied by to be in the finer of the two units. In narrow code a product beyond 2^53 is inexact, but the other
 * side is below that, so that the comparison still is right.
 */
function scaleFactor(type: DataType, other: DataType, wide: boolean): string {
  const digits = Math.max(0, unitDigits(other) - unitDigits(type));
  if (digits === 0) return '';
  return wide ? ` * ${10n ** BigInt(digits)}n` : ` * 1e${digits}`;
}

function unitDigits(type: DataType): number {
  if (type.kind === 'decimal') return type.scale;
  return isTimestamp(type) ? Math.log10(unitsPerMillisecond(type.precision)) : 0;
}

function comparison(symbol: ComparisonSymbol, description: string): ScalarFunction {
  return {
    kind: 'scalar',
    name: symbol,
    aliases: symbol === '<>' ? ['!='] : undefined,
    category: 'comparison',
    usage: `value1 ${symbol} value2`,
    description,
    deterministic: true,
    nulls: 'strict',
    integers: 'any',
    infer: (args) => inferComparison(symbol, args),
    implement: (ctx) => implementComparison(symbol, ctx),
  };
}

export const comparisonFunctions: readonly ScalarFunction[] = [
  comparison('=', 'Whether the values are equal; NULL when one is NULL.'),
  comparison('<>', 'Whether the values differ; NULL when one is NULL.'),
  comparison('<', 'Whether value1 is less than value2; strings by their UTF-8 bytes.'),
  comparison('<=', 'Whether value1 is at most value2.'),
  comparison('>', 'Whether value1 is greater than value2.'),
  comparison('>=', 'Whether value1 is at least value2.'),
];
