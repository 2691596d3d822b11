/** From the texts of fields to SQL values, as Flink's CSV reads them (CsvToRowDataConverters). */
import { daysFromCivil, daysInMonth, parseTimestamp } from '../model/calendar.ts';
import { parseDecimal } from '../model/decimal.ts';
import { EngineError } from '../model/errors.ts';
import { type DataType, formatType } from '../model/types.ts';
import { javaTrim, parseJavaDouble, parseJavaInteger } from './java-text.ts';
import { parseIsoTime } from './time-text.ts';

/** The value of a text; undefined where it can't be read. */
export type TextConverter = (text: string) => unknown;

const decimalForm = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,10})?$/;
const base64Form = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Types that are not nested; null for the others. */
export function textConverter(type: DataType): TextConverter | null {
  switch (type.kind) {
    case 'null':
      return () => null;
    case 'char':
    case 'varchar':
      return (text) => text;
    case 'boolean':
      return (text) => javaTrim(text).toLowerCase() === 'true';
    case 'float':
    case 'double':
      return doubleOf(type.kind === 'float');
    case 'decimal':
      return (text) => decimalOf(text, type.precision, type.scale);
    case 'binary':
    case 'varbinary':
      return (text) => (base64Form.test(text) ? new Uint8Array(Buffer.from(text, 'base64')) : undefined);
    case 'date':
      return dateOf;
    case 'time':
      return timeOf(type.precision);
    case 'timestamp':
      return (text) => parseTimestamp(javaTrim(text), type.precision, { separator: ' ' }) ?? undefined;
    case 'timestamp_ltz':
      return (text) => parseTimestamp(javaTrim(text), type.precision, { separator: ' ', suffix: 'Z' }) ?? undefined;
    default:
      return integerRanges[type.kind] === undefined ? null : integerOf(integerRanges[type.kind]!);
  }
}

const int32Range = [-(2n ** 31n), 2n ** 31n - 1n] as const;
const int64Range = [-(2n ** 63n), 2n ** 63n - 1n] as const;
const integerRanges: Readonly<Record<string, readonly [bigint, bigint]>> = {
  tinyint: [-128n, 127n],
  smallint: [-32768n, 32767n],
  int: int32Range,
  bigint: int64Range,
  interval_months: int32Range,
  interval_millis: int64Range,
};

function integerOf([min, max]: readonly [bigint, bigint]): TextConverter {
  return (text) => parseJavaInteger(javaTrim(text), min, max) ?? undefined;
}

function doubleOf(rounds: boolean): TextConverter {
  return (text) => {
    const value = parseJavaDouble(javaTrim(text));
    if (value === null) return undefined;
    return rounds ? Math.fround(value) : value;
  };
}

/** NULL where the precision does not hold it. */
function decimalOf(text: string, precision: number, scale: number): unknown {
  return parseDecimal(text, precision, scale) ?? (decimalForm.test(text) ? null : undefined);
}

const dateForm = /^(\d{4})-(\d{1,2})-(\d{1,2})$/;

/** java.sql.Date.valueOf. */
function dateOf(text: string): number | undefined {
  const match = dateForm.exec(text);
  if (match === null) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  return daysFromCivil(year, month, day);
}

/** LocalTime.parse, cut to the precision. */
function timeOf(precision: number): TextConverter {
  const unit = 10 ** Math.max(0, 3 - precision);
  return (text) => {
    const ms = parseIsoTime(/^\d\d:\d\d$/.test(text) ? `${text}:00` : text);
    return ms === null || text.startsWith('24') ? undefined : ms - (ms % unit);
  };
}

export function unsupportedType(format: string, type: DataType): EngineError {
  return new EngineError(
    'SQL_VALIDATION',
    `format '${format}': expected a type that it can hold, got ${formatType(type)}`,
  );
}
