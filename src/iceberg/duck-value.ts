/** Values between DuckDB and rows, by the type that they have in the job. */
import {
  blobValue,
  type DuckDBBlobValue,
  type DuckDBDateValue,
  type DuckDBDecimalValue,
  type DuckDBListValue,
  type DuckDBMapValue,
  type DuckDBStructValue,
  type DuckDBTimestampNanosecondsValue,
  type DuckDBTimestampTZValue,
  type DuckDBTimestampValue,
  type DuckDBTimeValue,
  type DuckDBValue,
} from '@duckdb/node-api';
import { formatDecimal } from '../model/decimal.ts';
import type { SqlValue } from '../model/function.ts';
import { rowInteger } from '../model/row.ts';
import { type DataType, unitsPerMillisecond } from '../model/types.ts';
import { duckType } from './duck-type.ts';

type FromDuck = (value: DuckDBValue) => SqlValue;

/** Of a value that was cast to `duckType(type)`. */
export function fromDuck(type: DataType): FromDuck {
  const convert = converterOf(type);
  return (value) => (value === null ? null : convert(value));
}

function converterOf(type: DataType): FromDuck {
  switch (type.kind) {
    case 'bigint':
      return (value) => rowInteger(value as bigint);
    case 'decimal':
      return (value) => rowInteger((value as DuckDBDecimalValue).value);
    case 'date':
      return (value) => (value as DuckDBDateValue).days;
    case 'time':
      return (value) => Number((value as DuckDBTimeValue).micros / 1000n);
    case 'timestamp':
    case 'timestamp_ltz':
      return timestampOf(type.precision);
    case 'binary':
    case 'varbinary':
      return (value) => Uint8Array.from((value as DuckDBBlobValue).bytes); // a Buffer's slice would share its memory
    case 'array':
      return arrayOf(fromDuck(type.element));
    case 'map':
      return mapOf(fromDuck(type.key), fromDuck(type.value));
    case 'row': {
      const fields = type.fields.map(({ name, type: of }) => ({ name, convert: fromDuck(of) }));
      return (value) => fields.map(({ name, convert }) => convert((value as DuckDBStructValue).entries[name]!));
    }
    default:
      return (value) => value as SqlValue;
  }
}

function arrayOf(element: FromDuck): FromDuck {
  return (value) => (value as DuckDBListValue).items.map(element);
}

function mapOf(key: FromDuck, item: FromDuck): FromDuck {
  return (value) => new Map((value as DuckDBMapValue).entries.map((entry) => [key(entry.key), item(entry.value)]));
}

/** DuckDB's unit is the microsecond, beyond 6 digits the nanosecond; what the precision has no room for is cut off. */
function timestampOf(precision: number): FromDuck {
  if (precision > 6) return (value) => rowInteger((value as DuckDBTimestampNanosecondsValue).nanos);
  const divisor = 1000n / BigInt(unitsPerMillisecond(precision));
  return (value) => {
    const { micros } = value as DuckDBTimestampValue | DuckDBTimestampTZValue;
    return rowInteger((micros - (((micros % divisor) + divisor) % divisor)) / divisor);
  };
}

/** What a key becomes as a parameter, and the expression that makes it a value of the type again. */
type Parameter = Readonly<{ text: string; value: (key: SqlValue) => DuckDBValue }>;

export function duckParameter(type: DataType): Parameter {
  const text = `CAST(? AS ${duckType(type)})`;
  switch (type.kind) {
    case 'decimal':
      return { text, value: (key) => formatDecimal(key as number | bigint, type.scale) };
    case 'date':
      return { text: "(DATE '1970-01-01' + CAST(? AS INTEGER))", value: (key) => key as number };
    case 'time':
      return { text: "(TIME '00:00:00' + to_milliseconds(CAST(? AS BIGINT)))", value: (key) => BigInt(key as number) };
    case 'timestamp':
    case 'timestamp_ltz':
      return { text: timestampFrom(type.kind, type.precision), value: (key) => duckUnits(key, type.precision) };
    case 'binary':
    case 'varbinary':
      return { text, value: (key) => blobValue(key as Uint8Array) };
    case 'bigint':
      return { text, value: (key) => BigInt(key as number | bigint) };
    default:
      return { text, value: (key) => key as DuckDBValue };
  }
}

function timestampFrom(kind: 'timestamp' | 'timestamp_ltz', precision: number): string {
  if (precision > 6) return 'make_timestamp_ns(CAST(? AS BIGINT))';
  if (kind === 'timestamp') return 'make_timestamp(CAST(? AS BIGINT))';
  return "(TIMESTAMPTZ '1970-01-01 00:00:00+00' + to_microseconds(CAST(? AS BIGINT)))";
}

function duckUnits(value: SqlValue, precision: number): bigint {
  const units = BigInt(value as number | bigint);
  return precision > 6 ? units : units * (1000n / BigInt(unitsPerMillisecond(precision)));
}
