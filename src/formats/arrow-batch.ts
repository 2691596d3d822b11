/** Rows of a query, as JSON has them, as Arrow record batches. A column `op` (+I, -U, +U, -D) stands before the query's own. */
import {
  Field as ArrowField,
  type DataType as ArrowType,
  Binary,
  Bool,
  type Data,
  DateDay,
  Decimal,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  List,
  Map_,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  TimeMillisecond,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { msPerDay, parseDate, parseTime, parseTimestamp } from '../model/calendar.ts';
import { parseDecimal } from '../model/decimal.ts';
import { type DataType, type Field, isTimestamp, unitsPerMillisecond } from '../model/types.ts';

export type { RecordBatch };

/** A change as the command line prints it; big integers are bigint. */
export type ChangeRow = Readonly<{ op: string; row: Readonly<Record<string, unknown>> }>;

export function arrowBatch(fields: readonly Field[], changes: readonly ChangeRow[]): RecordBatch {
  const all = [
    {
      field: new ArrowField('op', new Utf8(), false),
      data: dataOf(
        new Utf8(),
        changes.map(({ op }) => op),
      ),
    },
    ...fields.map(({ name, type }) => {
      const values = changes.map(({ row }) => row[name] ?? null);
      const field = new ArrowField(name, arrowType(type), type.nullable);
      return {
        field,
        data: isTimestamp(type)
          ? timestamps(type, values)
          : dataOf(
              field.type,
              values.map((v) => arrowValue(type, v)),
            ),
      };
    }),
  ];
  const schema = new Schema(all.map(({ field }) => field));
  const children = all.map(({ data }) => data);
  return new RecordBatch(
    schema,
    makeData({ type: new Struct(schema.fields), length: changes.length, nullCount: 0, children }),
  );
}

function dataOf(type: ArrowType, values: readonly unknown[]): Data {
  return vectorFromArray(values as never, type).data[0] as Data;
}

function arrowType(type: DataType): ArrowType {
  switch (type.kind) {
    case 'boolean':
      return new Bool();
    case 'tinyint':
      return new Int8();
    case 'smallint':
      return new Int16();
    case 'int':
    case 'interval_months':
      return new Int32();
    case 'bigint':
    case 'interval_millis':
      return new Int64();
    case 'float':
      return new Float32();
    case 'double':
      return new Float64();
    case 'decimal':
      return new Decimal(type.scale, type.precision, 128);
    case 'date':
      return new DateDay();
    case 'time':
      return new TimeMillisecond();
    case 'timestamp':
    case 'timestamp_ltz':
      return timestampType(type.precision, type.kind === 'timestamp_ltz' ? 'UTC' : null);
    case 'binary':
    case 'varbinary':
      return new Binary();
    case 'char':
    case 'varchar':
    case 'null':
      return new Utf8();
    case 'array':
      return new List(new ArrowField('item', arrowType(type.element), true));
    case 'map':
      return mapType(type.key, arrowType(type.value));
    case 'multiset':
      return mapType(type.element, new Int32());
    case 'row':
      return new Struct(type.fields.map((field) => new ArrowField(field.name, arrowType(field.type), true)));
  }
}

function mapType(key: DataType, value: ArrowType): ArrowType {
  const entry = new Struct<{ key: ArrowType; value: ArrowType }>([
    new ArrowField('key', arrowType(key), false),
    new ArrowField('value', value, true),
  ]);
  return new Map_(new ArrowField('entries', entry, false));
}

function timestampType(precision: number, zone: string | null): ArrowType {
  if (precision <= 3) return new TimestampMillisecond(zone);
  return precision <= 6 ? new TimestampMicrosecond(zone) : new TimestampNanosecond(zone);
}

/** In the unit of the type's precision, exactly. */
function timestamps(type: DataType & { kind: 'timestamp' | 'timestamp_ltz' }, values: readonly unknown[]): Data {
  const data = BigInt64Array.from(values, (value) =>
    value === null ? 0n : BigInt(instant(String(value), type.precision)),
  );
  const nullBitmap = new Uint8Array(Math.ceil(values.length / 8));
  for (const [i, value] of values.entries()) if (value !== null) nullBitmap[i >> 3]! |= 1 << (i & 7);
  const nullCount = values.filter((value) => value === null).length;
  return makeData({ type: arrowType(type), length: values.length, nullCount, nullBitmap, data } as never);
}

function instant(text: string, precision: number): number | bigint {
  return parseTimestamp(text, precision, { separator: 'T', suffix: text.endsWith('Z') ? 'Z' : '' }) ?? 0;
}

/** What Arrow's builders take for a value of JSON. */
function arrowValue(type: DataType, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  switch (type.kind) {
    case 'bigint':
    case 'interval_millis':
      return BigInt(value as number | bigint);
    case 'decimal':
      return decimalWords(BigInt(parseDecimal(String(value), type.precision, type.scale) ?? 0));
    case 'date':
      return parseDate(String(value))! * msPerDay;
    case 'time':
      return parseTime(String(value));
    case 'timestamp':
    case 'timestamp_ltz':
      return Number(instant(String(value), type.precision)) / unitsPerMillisecond(type.precision);
    case 'binary':
    case 'varbinary':
      return Uint8Array.from(Buffer.from(String(value), 'base64'));
    case 'array':
      return (value as unknown[]).map((item) => arrowValue(type.element, item));
    case 'map':
      return mapValue(value, (item) => arrowValue(type.value, item));
    case 'multiset':
      return mapValue(value, (item) => item);
    case 'row':
      return Object.fromEntries(
        type.fields.map((field) => [
          field.name,
          arrowValue(field.type, (value as Record<string, unknown>)[field.name]),
        ]),
      );
    default:
      return value;
  }
}

/** Keys are texts: JSON has no others. */
function mapValue(value: unknown, convert: (item: unknown) => unknown): Map<string, unknown> {
  return new Map(Object.entries(value as object).map(([key, item]) => [key, convert(item)]));
}

/** 128 bits in two's complement, the lowest word first. */
function decimalWords(value: bigint): Uint32Array {
  const bits = BigInt.asUintN(128, value);
  return Uint32Array.from([0n, 32n, 64n, 96n], (shift) => Number((bits >> shift) & 0xffffffffn));
}
