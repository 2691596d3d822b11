/** Expressions as SQL text, for plans and messages. */
import { formatDate, formatTime, formatTimestamp } from '../model/calendar.ts';
import { formatDecimal } from '../model/decimal.ts';
import type { Expression, LiteralValue } from '../model/expression.ts';
import { type DataType, formatType, withNullable } from '../model/types.ts';
import { shownFunctionName } from './user-registry.ts';

/** `price / quantity`. `columns` are the names of the input's columns; `quote` writes a name as an identifier. */
export function expressionText(
  expression: Expression,
  columns: readonly string[],
  quote: (name: string) => string = (name) => name,
): string {
  const text = (each: Expression): string => expressionText(each, columns, quote);
  const operand = (each: Expression): string => (isInfix(each) ? `(${text(each)})` : text(each));
  switch (expression.kind) {
    case 'column':
      return quote(columns[expression.index] ?? `$${expression.index}`);
    case 'literal':
      return formatLiteral(expression.value, expression.type);
    case 'call':
      return formatCall(expression.name, expression.args, text, operand);
    case 'cast': {
      const name = expression.onError === 'fail' ? 'CAST' : 'TRY_CAST';
      return `${name}(${text(expression.arg)} AS ${formatType(withNullable(expression.type, true))})`;
    }
    case 'case': {
      const branches = expression.branches.map(({ when, result }) => `WHEN ${text(when)} THEN ${text(result)}`);
      return `CASE ${branches.join(' ')} ELSE ${text(expression.otherwise)} END`;
    }
    case 'and':
    case 'or':
      return expression.args.map(operand).join(` ${expression.kind.toUpperCase()} `);
    case 'not':
      return `NOT ${operand(expression.arg)}`;
    case 'is_null':
      return `${operand(expression.arg)} IS NULL`;
    case 'is_not_null':
      return `${operand(expression.arg)} IS NOT NULL`;
    case 'field': {
      const { arg, index } = expression;
      return `${operand(arg)}.${arg.type.kind === 'row' ? quote(arg.type.fields[index]!.name) : index}`;
    }
  }
}

/** Functions whose names are signs, or words that stand between their arguments. */
function isOperator(name: string): boolean {
  return !/^[\w$]+$/.test(name) || name === 'LIKE';
}

function isInfix(expression: Expression): boolean {
  switch (expression.kind) {
    case 'call':
      return isOperator(expression.name);
    case 'and':
    case 'or':
    case 'not':
    case 'is_null':
    case 'is_not_null':
      return true;
    default:
      return false;
  }
}

type Text = (expression: Expression) => string;

function formatCall(name: string, args: readonly Expression[], text: Text, operand: Text): string {
  if (!isOperator(name)) return `${shownFunctionName(name)}(${args.map(text).join(', ')})`;
  if (args.length === 1) return `${name}${operand(args[0]!)}`;
  const [left, right, escapeSign] = args.map(operand);
  return `${left} ${name} ${right}${escapeSign === undefined ? '' : ` ESCAPE ${escapeSign}`}`;
}

export function stringLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function formatLiteral(value: LiteralValue, type: DataType): string {
  if (value === null) return 'NULL';
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (typeof value === 'string') return stringLiteral(value);
  if (typeof value === 'object')
    return `X'${[...value]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('')
      .toUpperCase()}'`;
  switch (type.kind) {
    case 'decimal':
      return formatDecimal(value, type.scale);
    case 'date':
      return `DATE '${formatDate(Number(value))}'`;
    case 'time':
      return `TIME '${formatTime(Number(value), type.precision)}'`;
    case 'timestamp':
    case 'timestamp_ltz':
      return `${type.kind.toUpperCase()} '${formatTimestamp(value, type.precision)}'`;
    case 'interval_millis':
      return formatMillis(Number(value));
    case 'interval_months':
      return `INTERVAL '${value}' MONTH`;
    case 'double':
      return Number.isInteger(value) ? `${value}.0` : String(value);
    default:
      return String(value);
  }
}

/** From the largest. */
export const intervalUnits: readonly (readonly [string, number])[] = [
  ['DAY', 86_400_000],
  ['HOUR', 3_600_000],
  ['MINUTE', 60_000],
  ['SECOND', 1_000],
];

/** In the largest unit of which it is a whole number. */
function formatMillis(ms: number): string {
  const [unit, factor] = intervalUnits.find(([, size]) => ms !== 0 && ms % size === 0) ?? intervalUnits.at(-1)!;
  return `INTERVAL '${ms / factor}' ${unit}`;
}
