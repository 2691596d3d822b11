/** DuckDB's values as plain ones: exact, and in the texts that Flink prints. */
import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
} from '@duckdb/node-api';
import { formatDate, formatTimestamp } from '../model/calendar.ts';
import { formatDecimal } from '../model/decimal.ts';

/** Decimals, dates and times are texts; BIGINT and wider a bigint; bytes hexadecimal. */
export type QueryValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly QueryValue[]
  | Readonly<{ [key: string]: QueryValue }>;

export function plainValue(value: unknown): QueryValue {
  if (value === null || typeof value !== 'object') return value as QueryValue;
  if (value instanceof DuckDBDecimalValue) return formatDecimal(value.value, value.scale);
  if (value instanceof DuckDBDateValue) return formatDate(value.days);
  if (value instanceof DuckDBTimestampValue) return formatTimestamp(value.micros, 6);
  if (value instanceof DuckDBTimestampTZValue) return `${formatTimestamp(value.micros, 6)}Z`;
  if (value instanceof DuckDBTimestampNanosecondsValue) return formatTimestamp(value.nanos, 9);
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString('hex');
  if (value instanceof DuckDBListValue) return value.items.map(plainValue);
  if (value instanceof DuckDBStructValue) {
    return Object.fromEntries(Object.entries(value.entries).map(([key, item]) => [key, plainValue(item)]));
  }
  if (value instanceof DuckDBMapValue) {
    return Object.fromEntries(value.entries.map(({ key, value: item }) => [String(plainValue(key)), plainValue(item)]));
  }
  return value instanceof DuckDBTimeValue ? value.toString() : String(value);
}
