/** Literals: their types as in Calcite, their values as columns hold them. */
import { parseDate, parseSqlTimestamp, parseTime } from '../../model/calendar.ts';
import { maxDecimalPrecision, parseDecimal } from '../../model/decimal.ts';
import type { Position } from '../../model/errors.ts';
import { type Literal, literal } from '../../model/expression.ts';
import { types } from '../../model/types.ts';
import type { SqlLiteral } from '../ast.ts';
import { sqlError } from '../excerpt.ts';
import { bindInterval } from './interval.ts';

export function bindLiteral(node: SqlLiteral, position: Position): Literal {
  switch (node.of) {
    case 'integer':
      return integer(node.text, position);
    case 'decimal':
      return decimal(node.text, position);
    case 'approximate':
      return literal(Number(node.text), types.of('double', false));
    case 'string':
      return characters(node.text);
    case 'binary':
      return binary(node.text, position);
    case 'boolean':
      return literal(node.value, types.of('boolean', node.value === null));
    case 'null':
      return literal(null, types.of('null'));
    case 'interval':
      return bindInterval(node, position);
    case 'date':
      return temporal('DATE', '2020-01-31', node.text, position, date);
    case 'time':
      return temporal('TIME', '12:30:00', node.text, position, time);
    default:
      return temporal('TIMESTAMP', '2020-01-31 12:30:00', node.text, position, timestamp);
  }
}

/** A string literal is CHAR of its length in code points. */
function characters(text: string): Literal {
  return literal(text, { kind: 'char', length: [...text].length, nullable: false });
}

const maxInt = 2_147_483_647n;
const maxBigint = 9_223_372_036_854_775_807n;

/** INT where it fits, then BIGINT, then DECIMAL. */
function integer(text: string, position: Position): Literal {
  const value = BigInt(text);
  const number = Number(value);
  const exact = Number.isSafeInteger(number) ? number : value;
  if (value <= maxInt) return literal(number, types.of('int', false));
  if (value <= maxBigint) return literal(exact, types.of('bigint', false));
  const digits = String(value).length;
  if (digits > maxDecimalPrecision) throw tooManyDigits(text, position);
  return literal(value, types.decimal(digits, 0, false));
}

function decimal(text: string, position: Position): Literal {
  const [whole = '', fraction = ''] = text.split('.');
  const scale = fraction.length;
  const precision = Math.max(1, whole.replace(/^0+/, '').length + scale);
  if (precision > maxDecimalPrecision) throw tooManyDigits(text, position);
  return literal(parseDecimal(text, precision, scale), types.decimal(precision, scale, false));
}

function tooManyDigits(text: string, position: Position): Error {
  return sqlError('SQL_VALIDATION', `the number ${text} has more than ${maxDecimalPrecision} digits`, position);
}

function binary(text: string, position: Position): Literal {
  if (!/^([0-9a-fA-F]{2})*$/.test(text)) {
    throw sqlError('SQL_VALIDATION', `X'${text}': expected pairs of hexadecimal digits`, position);
  }
  const bytes = Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  return literal(bytes, { kind: 'binary', length: bytes.length, nullable: false });
}

function temporal(
  name: string,
  example: string,
  text: string,
  position: Position,
  parse: (text: string) => Literal | null,
): Literal {
  const found = parse(text);
  if (found !== null) return found;
  throw sqlError('SQL_VALIDATION', `${name} literal: expected '${example}', got '${text}'`, position);
}

function date(text: string): Literal | null {
  const days = /^\d{4}-\d{1,2}-\d{1,2}$/.test(text) ? parseDate(text) : null;
  return days === null ? null : literal(days, types.of('date', false));
}

function time(text: string): Literal | null {
  const match = /^\d{1,2}:\d{1,2}:\d{1,2}(?:\.(\d{1,9}))?$/.exec(text);
  const ms = match === null ? null : parseTime(text);
  return ms === null ? null : literal(ms, { kind: 'time', precision: match![1]?.length ?? 0, nullable: false });
}

/** The precision is the number of digits written; a date alone is its midnight. */
function timestamp(text: string): Literal | null {
  const match = /^\d{4}-\d{1,2}-\d{1,2}(?: \d{1,2}:\d{1,2}:\d{1,2}(?:\.(\d{1,9}))?)?$/.exec(text);
  const precision = match?.[1]?.length ?? 0;
  const value = match === null ? null : parseSqlTimestamp(text, precision);
  return value === null ? null : literal(value, types.timestamp(precision, false));
}
