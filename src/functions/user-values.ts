/** The values that user functions see and give: those of model/user-function.ts, from and to those of columns. */
import {
  formatDate,
  formatTime,
  formatTimestamp,
  joinTimestamp,
  parseDate,
  parseSqlTimestamp,
  parseTime,
} from '../model/calendar.ts';
import { formatDecimal, parseDecimal } from '../model/decimal.ts';
import { EngineError } from '../model/errors.ts';
import type { SqlValue } from '../model/function.ts';
import { rowInteger } from '../model/row.ts';
import { type DataType, formatType, withNullable } from '../model/types.ts';

export type ToUser = (value: SqlValue) => unknown;
export type FromUser = (value: unknown) => SqlValue;

const most = 3; // digits of a Date

/** Throws EngineError UNSUPPORTED for a type that has no JavaScript values here. */
export function checkUserType(type: DataType): void {
  if (type.kind === 'null') throw unsupportedType(type, 'Name a type.');
  if (type.kind === 'timestamp_ltz' && type.precision > most) {
    throw unsupportedType(type, 'Write TIMESTAMP_LTZ(3): its values are Dates, which have milliseconds.');
  }
  for (const part of partsOf(type)) checkUserType(part);
}

function unsupportedType(type: DataType, hint: string): EngineError {
  return new EngineError('UNSUPPORTED', `user functions can't have the type ${formatType(type)}`, { hint });
}

function partsOf(type: DataType): readonly DataType[] {
  switch (type.kind) {
    case 'array':
    case 'multiset':
      return [type.element];
    case 'map':
      return [type.key, type.value];
    case 'row':
      return type.fields.map((field) => field.type);
    default:
      return [];
  }
}

/** For values of one type; null stays null. */
export function toUser(type: DataType): ToUser {
  const convert = converterTo(type);
  return convert === null ? (value) => value : (value) => (value === null ? null : convert(value));
}

/** null where the values are the same. */
function converterTo(type: DataType): ToUser | null {
  switch (type.kind) {
    case 'bigint':
      return (value) => BigInt(value as number);
    case 'decimal':
      return (value) => formatDecimal(value as number | bigint, type.scale);
    case 'interval_millis':
      return Number;
    case 'date':
      return (value) => formatDate(value as number);
    case 'time':
      return (value) => formatTime(value as number, type.precision);
    case 'timestamp':
      return (value) => formatTimestamp(value as number | bigint, type.precision);
    case 'timestamp_ltz':
      return (value) => new Date(Number(value));
    case 'binary':
    case 'varbinary':
      return (value) => (value as Uint8Array).slice(); // the bytes of a batch are borrowed
    case 'array': {
      const element = toUser(type.element);
      return (value) => (value as readonly SqlValue[]).map(element);
    }
    case 'multiset': {
      const element = toUser(type.element);
      return (value) => new Map(Array.from(value as Map<SqlValue, number>, ([key, count]) => [element(key), count]));
    }
    case 'map': {
      const [keys, values] = [toUser(type.key), toUser(type.value)];
      return (value) => new Map(Array.from(value as Map<SqlValue, SqlValue>, ([k, v]) => [keys(k), values(v)]));
    }
    case 'row': {
      const fields = type.fields.map((field) => ({ name: field.name, convert: toUser(field.type) }));
      return (value) =>
        Object.fromEntries(
          fields.map(({ name, convert }, i) => [name, convert((value as readonly SqlValue[])[i] ?? null)]),
        );
    }
    default:
      return null;
  }
}

/** For what a function gives; undefined is null. Throws EngineError EVALUATION for what is no value of the type. */
export function fromUser(type: DataType): FromUser {
  const convert = converterFrom(type);
  return (value) => {
    if (value === null || value === undefined) {
      if (type.nullable) return null;
      throw wrongValue(type, value);
    }
    const result = convert(value);
    if (result === null) throw wrongValue(type, value);
    return result;
  };
}

function wrongValue(type: DataType, value: unknown): EngineError {
  const shown = typeof value === 'object' && value !== null ? value.constructor?.name : String(value);
  return new EngineError(
    'EVALUATION',
    `expected a value of ${formatType(withNullable(type, true))}, got ${typeof value} ${shown}`,
    { hint: 'The page on user functions says which JavaScript values each SQL type has.' },
  );
}

/** Gives null for what is none. */
function converterFrom(type: DataType): FromUser {
  switch (type.kind) {
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? value : null);
    case 'char':
    case 'varchar':
      return (value) => (typeof value === 'string' ? cut(value, type) : null);
    case 'binary':
    case 'varbinary':
      return (value) => (value instanceof Uint8Array && value.length <= type.length ? value : null);
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
    case 'interval_months':
    case 'interval_millis':
      return (value) => integer(value, integerBits[type.kind]!);
    case 'float':
      return (value) => (typeof value === 'number' ? Math.fround(value) : null);
    case 'double':
      return (value) => (typeof value === 'number' ? value : null);
    case 'decimal':
      return (value) => (isScalar(value) ? parseDecimal(String(value), type.precision, type.scale) : null);
    case 'date':
      return (value) => (typeof value === 'string' ? parseDate(value) : null);
    case 'time':
      return (value) => (typeof value === 'string' ? parseTime(value) : null);
    case 'timestamp':
      return (value) => (typeof value === 'string' ? parseSqlTimestamp(value, type.precision) : null);
    case 'timestamp_ltz':
      return (value) => (isInstant(value) ? joinTimestamp(value.getTime(), 0, type.precision) : null);
    default:
      return converterOfParts(type);
  }
}

function converterOfParts(type: DataType): FromUser {
  switch (type.kind) {
    case 'array': {
      const element = fromUser(type.element);
      return (value) => (Array.isArray(value) ? value.map(element) : null);
    }
    case 'multiset': {
      const element = fromUser(type.element);
      return (value) =>
        value instanceof Map ? new Map(Array.from(value, ([key, count]) => [element(key), Number(count)])) : null;
    }
    case 'map': {
      const [keys, values] = [fromUser(type.key), fromUser(type.value)];
      return (value) => (value instanceof Map ? new Map(Array.from(value, ([k, v]) => [keys(k), values(v)])) : null);
    }
    case 'row': {
      const fields = type.fields.map((field) => ({ name: field.name, convert: fromUser(field.type) }));
      return (value) => {
        if (typeof value !== 'object' || value === null) return null;
        if (Array.isArray(value)) {
          return value.length === fields.length ? fields.map(({ convert }, i) => convert(value[i])) : null;
        }
        return fields.map(({ name, convert }) => convert((value as Record<string, unknown>)[name]));
      };
    }
    default:
      return () => null;
  }
}

/** By `Object.prototype.toString`: a Date of another realm is one, too. */
function isInstant(value: unknown): value is Date {
  return Object.prototype.toString.call(value) === '[object Date]' && Number.isFinite((value as Date).getTime());
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint';
}

/** VARCHAR(n) and CHAR(n) hold n characters: more are an error, as nothing says that they may go. CHAR is filled up. */
function cut(text: string, { kind, length }: Extract<DataType, { length: number }>): string | null {
  if (text.length <= length && kind === 'varchar') return text;
  const count = [...text].length;
  if (count > length) return null;
  return kind === 'char' ? text + ' '.repeat(length - count) : text;
}

const integerBits: Readonly<Record<string, number>> = {
  tinyint: 8,
  smallint: 16,
  int: 32,
  bigint: 64,
  interval_months: 32,
  interval_millis: 64,
};

/** null for a fraction, and beyond the type's range. */
function integer(value: unknown, bits: number): number | bigint | null {
  if (typeof value !== 'bigint' && !Number.isInteger(value)) return null;
  const exact = BigInt(value as number | bigint);
  return BigInt.asIntN(bits, exact) === exact ? rowInteger(exact) : null;
}
