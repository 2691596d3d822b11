/** Parquet columns as an Arrow table in its IPC form, which parquet-wasm takes. Field ids go along as `PARQUET:field_id`. */
import {
  Binary,
  Bool,
  type Data,
  DateDay,
  Decimal,
  Field,
  Float32,
  Float64,
  Int32,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  TimeMicrosecond,
  TimestampMicrosecond,
  tableToIPC,
  Utf8,
} from 'apache-arrow';
import type { ParquetColumn, ParquetType } from './parquet-column.ts';

type ArrowType =
  | Binary
  | Bool
  | DateDay
  | Decimal
  | Float32
  | Float64
  | Int32
  | Int64
  | TimeMicrosecond
  | TimestampMicrosecond
  | Utf8;

export function toArrowIpc(columns: readonly ParquetColumn[], rowCount: number): Uint8Array {
  const fields = columns.map((column) => {
    const metadata = new Map([['PARQUET:field_id', String(column.fieldId)]]);
    return new Field(column.name, arrowTypeOf(column.type), !column.required, metadata);
  });
  const children = columns.map((column) => toData(column, rowCount));
  const schema = new Schema(fields);
  const data = makeData({ type: new Struct(fields), length: rowCount, nullCount: 0, children });
  return tableToIPC(new Table([new RecordBatch(schema, data)]), 'stream');
}

function arrowTypeOf(type: ParquetType): ArrowType {
  switch (type.kind) {
    case 'boolean':
      return new Bool();
    case 'int':
      return new Int32();
    case 'long':
      return new Int64();
    case 'float':
      return new Float32();
    case 'double':
      return new Float64();
    case 'date':
      return new DateDay();
    case 'time':
      return new TimeMicrosecond();
    case 'timestamp':
      return new TimestampMicrosecond();
    case 'timestamptz':
      return new TimestampMicrosecond('UTC');
    case 'string':
      return new Utf8();
    case 'binary':
      return new Binary();
    case 'decimal':
      return new Decimal(type.scale, type.precision, 128);
  }
}

function toData(column: ParquetColumn, rowCount: number): Data {
  const nulls = nullsOf(column.nulls, rowCount);
  const type = arrowTypeOf(column.type);
  const common = { type, length: rowCount, nullCount: nulls.count, nullBitmap: nulls.bitmap };
  if (column.offsets !== null) {
    return makeData({
      ...common,
      valueOffsets: column.offsets.subarray(0, rowCount + 1),
      data: column.values,
    } as never);
  }
  return makeData({ ...common, data: valuesOf(column, rowCount) } as never);
}

function valuesOf(column: ParquetColumn, rowCount: number): ArrayBufferView {
  const { values } = column;
  if (column.type.kind === 'boolean') return packBits(values as Uint8Array, rowCount, 1);
  if (column.type.kind === 'decimal') return new Uint32Array(values.buffer, values.byteOffset, rowCount * 4);
  return values.subarray(0, rowCount);
}

function nullsOf(nulls: Uint8Array | null, rowCount: number): { count: number; bitmap: Uint8Array | null } {
  if (nulls === null) return { count: 0, bitmap: null };
  return { count: countNulls(nulls, rowCount), bitmap: packBits(nulls, rowCount, 0) };
}

export function countNulls(nulls: Uint8Array | null, rowCount: number): number {
  let count = 0;
  if (nulls !== null) for (let i = 0; i < rowCount; i++) count += nulls[i]!;
  return count;
}

/** One bit a byte, lowest first, set where the byte is `wanted`. */
function packBits(bytes: Uint8Array, count: number, wanted: 0 | 1): Uint8Array {
  const bits = new Uint8Array(Math.ceil(count / 8));
  for (let i = 0; i < count; i++) if (bytes[i] === wanted) bits[i >> 3]! |= 1 << (i & 7);
  return bits;
}
