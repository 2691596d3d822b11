/** CAST from and to strings and bytes: the texts of Flink's cast rules. */
import {
  formatDate,
  formatTime,
  formatTimestamp,
  joinTimestamp,
  msPerDay,
  parseDate,
  parseSqlTimestamp,
  parseTime,
  splitTimestamp,
} from '../model/calendar.ts';
import { formatDecimal, parseDecimal } from '../model/decimal.ts';
import type { ImplementContext, SqlValue } from '../model/function.ts';
import { timeZone, type Zone } from '../model/time-zone.ts';
import { type DataType, formatType, isCharacter, maxStringLength, withNullable } from '../model/types.ts';
import type { CastFunction } from './cast.ts';
import { textOfConstructed } from './cast-constructed.ts';
import { evaluationError } from './failure.ts';
import { formatDouble, formatFloat, parseDouble, parseInteger } from './java-number.ts';

type Session = ImplementContext['session'];

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** From a string to anything, and from bytes to bytes. */
export function castFromText(from: DataType, to: DataType): CastFunction {
  return {
    implement: ({ session }) => {
      if (!isCharacter(from)) return { kind: 'call', call: (value: Uint8Array) => sizedBytes(value, to) };
      return { kind: 'call', call: textReader(to, session) };
    },
  };
}

function textReader(to: DataType, session: Session): (text: string) => SqlValue {
  switch (to.kind) {
    case 'char':
    case 'varchar':
      return (text) => sizedText(text, to);
    case 'binary':
    case 'varbinary':
      return (text) => sizedBytes(encoder.encode(text), to);
    case 'boolean':
      return (text) => readable(text, to, booleans.get(text.toLowerCase()) ?? null);
    case 'float':
      return (text) => Math.fround(readable(text, to, parseDouble(text)));
    case 'double':
      return (text) => readable(text, to, parseDouble(text));
    case 'decimal':
      return (text) => readable(text, to, parseDecimal(text.trim(), to.precision, to.scale));
    case 'date':
      return (text) => readable(text, to, parseDate(text));
    case 'time':
      return (text) => readable(text, to, parseTime(text));
    case 'timestamp':
      return (text) => readable(text, to, readTimestamp(text, to.precision));
    case 'timestamp_ltz': {
      const zone = timeZone(session.timeZone);
      return (text) => toInstant(readable(text, to, readTimestamp(text, to.precision)), to.precision, zone);
    }
    default:
      return (text) => textToInteger(text, to);
  }
}

function readable<T>(text: string, to: DataType, value: T | null): T {
  if (value !== null) return value;
  throw evaluationError(
    `'${shortened(text)}' can't be cast to ${formatType(withNullable(to, true))}`,
    'TRY_CAST gives NULL for what can not be cast.',
  );
}

const shownCharacters = 64;

function shortened(text: string): string {
  return text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters)}…`;
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ...['t', 'true', 'y', 'yes', '1'].map((text) => [text, true] as const),
  ...['f', 'false', 'n', 'no', '0'].map((text) => [text, false] as const),
]);

const ranges: Readonly<Record<string, bigint>> = { tinyint: 7n, smallint: 15n, int: 31n, bigint: 63n };

function textToInteger(text: string, to: DataType): SqlValue {
  const value = readable(text, to, parseInteger(text));
  const limit = 1n << (ranges[to.kind] ?? 63n);
  if (value >= limit || value < -limit) return readable(text, to, null);
  return to.kind === 'bigint' ? value : Number(value);
}

function readTimestamp(text: string, precision: number): number | bigint | null {
  return parseSqlTimestamp(text, precision);
}

function toInstant(local: number | bigint, precision: number, zone: Zone): number | bigint {
  const { ms, nanos } = splitTimestamp(local, precision);
  return joinTimestamp(zone.toUtc(ms), nanos, precision);
}

/** To a string: `cast` is needed for the parts of constructed values. */
export function castToText(
  from: DataType,
  to: DataType,
  cast: (from: DataType, to: DataType) => CastFunction,
): CastFunction {
  return {
    integers: 'any',
    implement: ({ session }) => {
      const write = textWriter(from, session, cast);
      return { kind: 'call', call: isUnbounded(to) ? write : (value: never) => sizedText(write(value), to) };
    },
  };
}

function isUnbounded(to: DataType): boolean {
  return to.kind === 'varchar' && to.length === maxStringLength;
}

function textWriter(
  from: DataType,
  session: Session,
  cast: (from: DataType, to: DataType) => CastFunction,
): (value: never) => string {
  switch (from.kind) {
    case 'boolean':
      return (value: boolean) => (value ? 'TRUE' : 'FALSE');
    case 'float':
      return formatFloat;
    case 'double':
      return formatDouble;
    case 'decimal':
      return (value: number | bigint) => formatDecimal(value, from.scale);
    case 'date':
      return (days: number) => cutYear(formatDate(days));
    case 'time':
      return (ms: number) => formatTime(ms, from.precision);
    case 'timestamp':
      return (value: number | bigint) => cutYear(formatTimestamp(value, from.precision));
    case 'timestamp_ltz':
      return localWriter(from.precision, timeZone(session.timeZone));
    case 'interval_months':
      return formatMonths;
    case 'interval_millis':
      return formatMillis;
    case 'binary':
    case 'varbinary':
      return (value: Uint8Array) => decoder.decode(value);
    case 'array':
    case 'multiset':
    case 'map':
    case 'row':
      return textOfConstructed(from, (part) => textWriter(part, session, cast));
    default:
      return (value: unknown) => String(value);
  }
}

function localWriter(precision: number, zone: Zone): (value: number | bigint) => string {
  return (value) => {
    const { ms, nanos } = splitTimestamp(value, precision);
    return cutYear(formatTimestamp(joinTimestamp(zone.toLocal(ms), nanos, precision), precision));
  };
}

const signedYear = /^[+-]\d*(?=\d{4}-)/;

/** The last four digits of a year beyond 9999, as in Flink. */
function cutYear(text: string): string {
  return text[4] === '-' ? text : text.replace(signedYear, '');
}

/** `+1-02`: years and months. */
function formatMonths(months: number): string {
  const size = Math.abs(months);
  return `${months < 0 ? '-' : '+'}${Math.floor(size / 12)}-${String(size % 12).padStart(2, '0')}`;
}

/** `+3 04:05:06.789`: days and a time. */
function formatMillis(value: number | bigint): string {
  const ms = Math.abs(Number(value));
  const days = Math.floor(ms / msPerDay);
  const rest = ms - days * msPerDay;
  return `${value < 0 ? '-' : '+'}${days} ${formatTime(rest, 0)}.${String(rest % 1000).padStart(3, '0')}`;
}

/** Cut to the type's length in code points; CHAR is filled with blanks. */
function sizedText(text: string, to: DataType): string {
  if (to.kind !== 'char' && to.kind !== 'varchar') return text;
  if (to.kind === 'varchar' && text.length <= to.length) return text;
  const points = [...text];
  const cut = points.length > to.length ? points.slice(0, to.length).join('') : text;
  return to.kind === 'char' ? cut + ' '.repeat(Math.max(0, to.length - points.length)) : cut;
}

/** Cut to the type's length; BINARY is filled with zeros. */
function sizedBytes(value: Uint8Array, to: DataType): Uint8Array {
  if (to.kind !== 'binary' && to.kind !== 'varbinary') return value;
  if (to.kind === 'varbinary') return value.length <= to.length ? value : value.subarray(0, to.length);
  if (value.length === to.length) return value;
  const sized = new Uint8Array(to.length);
  sized.set(value.subarray(0, to.length));
  return sized;
}
