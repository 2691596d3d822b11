/** Columns that grow row by row until they become a file: copies of borrowed batches, in the form that the Parquet encoder takes. */
import type { ParquetColumn, ParquetType } from '../formats/parquet-column.ts';
import type { BoolColumn, Column, DoubleColumn, Int32Column, IntColumn, StringColumn } from '../model/column.ts';
import { EngineError, unreachable } from '../model/errors.ts';
import { unitsPerMillisecond } from '../model/types.ts';
import type { IcebergColumn } from './iceberg-config.ts';

const firstCapacity = 64; // rows; small, because there may be many open partitions

type Values = ParquetColumn['values'];

/** Rows `rows[from, to)` of a column are appended in that order. */
export class GrowingColumn {
  readonly #column: IcebergColumn;
  readonly #scale: number;
  #capacity = firstCapacity;
  #length = 0;
  #nulls: Uint8Array | null = null;
  #values: Values;
  #offsets: Int32Array | null;

  constructor(column: IcebergColumn) {
    this.#column = column;
    this.#scale = scaleOf(column);
    this.#values = allocate(column.type, firstCapacity);
    this.#offsets = hasOffsets(column.type) ? new Int32Array(firstCapacity + 1) : null;
  }

  /** Allocated. */
  get byteLength(): number {
    return this.#values.byteLength + (this.#offsets?.byteLength ?? 0) + (this.#nulls?.byteLength ?? 0);
  }

  append(column: Column, rows: Int32Array, from: number, to: number): void {
    this.#reserve(this.#length + to - from);
    this.#appendNulls(column.nulls, rows, from, to);
    switch (column.layout) {
      case 'bool':
      case 'i32':
        this.#appendSmall(column, rows, from, to);
        break;
      case 'f64':
        this.#appendDoubles(column, rows, from, to);
        break;
      case 'int':
        this.#appendIntegers(column, rows, from, to);
        break;
      case 'string':
        this.#appendBytes(column, rows, from, to);
        break;
      case 'object':
        throw new EngineError(
          'INTERNAL',
          `column '${this.#column.name}': nested values are refused when the job is planned`,
        );
      default:
        unreachable(column);
    }
    this.#length += to - from;
  }

  /** The column, whose buffers now belong to the caller. */
  finish(): ParquetColumn {
    const { name, fieldId, type, required, metrics } = this.#column;
    return { name, fieldId, type, required, metrics, nulls: this.#nulls, values: this.#values, offsets: this.#offsets };
  }

  #reserve(length: number): void {
    if (length <= this.#capacity) return;
    this.#capacity = Math.max(this.#capacity * 2, length);
    if (this.#nulls !== null) this.#nulls = grow(this.#nulls, this.#capacity);
    if (this.#offsets !== null) this.#offsets = grow(this.#offsets, this.#capacity + 1);
    else this.#values = grow(this.#values, this.#column.type.kind === 'decimal' ? this.#capacity * 2 : this.#capacity);
  }

  #appendNulls(nulls: Uint8Array | null, rows: Int32Array, from: number, to: number): void {
    if (nulls === null) return;
    let any = 0;
    for (let i = from; i < to; i++) any |= nulls[rows[i]!]!;
    if (any === 0) return;
    if (this.#column.required) throw notNull(this.#column.name);
    this.#nulls ??= new Uint8Array(this.#capacity);
    for (let i = from, at = this.#length; i < to; i++, at++) this.#nulls[at] = nulls[rows[i]!]!;
  }

  /** BOOLEAN, TINYINT to INT, DATE as they are; TIME becomes microseconds. */
  #appendSmall(column: BoolColumn | Int32Column, rows: Int32Array, from: number, to: number): void {
    const source = column.values;
    if (this.#column.type.kind === 'time') {
      const words = new Int32Array(this.#values.buffer);
      for (let i = from, at = this.#length; i < to; i++, at++)
        writeInt64(words, at * 2, source[rows[i]!]! * this.#scale);
      return;
    }
    const target = this.#values as Int32Array | Uint8Array;
    for (let i = from, at = this.#length; i < to; i++, at++) target[at] = source[rows[i]!]!;
  }

  #appendDoubles(column: DoubleColumn, rows: Int32Array, from: number, to: number): void {
    const source = column.values;
    const target = this.#values as Float64Array | Float32Array;
    for (let i = from, at = this.#length; i < to; i++, at++) target[at] = source[rows[i]!]!;
  }

  #appendIntegers(column: IntColumn, rows: Int32Array, from: number, to: number): void {
    if (column.wide) this.#appendWide(column.values, column.nulls, rows, from, to);
    else if (this.#column.type.kind === 'decimal') this.#appendDecimals(column.values, rows, from, to);
    else this.#appendLongs(column.values, column.nulls, rows, from, to);
  }

  #appendLongs(source: Float64Array, nulls: Uint8Array | null, rows: Int32Array, from: number, to: number): void {
    const words = new Int32Array(this.#values.buffer);
    const scale = this.#scale;
    for (let i = from, at = this.#length; i < to; i++, at++) {
      const row = rows[i]!;
      const value = source[row]! * scale;
      if (Number.isSafeInteger(value)) writeInt64(words, at * 2, value);
      else if (nulls === null || nulls[row] === 0) this.#writeWide(at, BigInt(source[row]!));
    }
  }

  #appendDecimals(source: Float64Array, rows: Int32Array, from: number, to: number): void {
    const words = new Int32Array(this.#values.buffer);
    for (let i = from, at = this.#length; i < to; i++, at++) {
      const value = source[rows[i]!]!;
      writeInt64(words, at * 4, value);
      words[at * 4 + 2] = value < 0 ? -1 : 0;
      words[at * 4 + 3] = value < 0 ? -1 : 0;
    }
  }

  #appendWide(
    source: BigInt64Array | bigint[],
    nulls: Uint8Array | null,
    rows: Int32Array,
    from: number,
    to: number,
  ): void {
    for (let i = from, at = this.#length; i < to; i++, at++) {
      const row = rows[i]!;
      if (nulls === null || nulls[row] === 0) this.#writeWide(at, source[row]!);
    }
  }

  #writeWide(at: number, value: bigint): void {
    const target = this.#values as BigInt64Array;
    if (this.#column.type.kind === 'decimal') {
      target[at * 2] = BigInt.asIntN(64, value);
      target[at * 2 + 1] = BigInt.asIntN(64, value >> 64n);
      return;
    }
    const scaled = value * BigInt(this.#scale);
    if (BigInt.asIntN(64, scaled) !== scaled) {
      throw new EngineError('EVALUATION', `column '${this.#column.name}': ${value} is beyond 64 bits of microseconds`);
    }
    target[at] = scaled;
  }

  #appendBytes(column: StringColumn, rows: Int32Array, from: number, to: number): void {
    const { nulls } = column;
    const offsets = this.#offsets!;
    for (let i = from, at = this.#length; i < to; i++, at++) {
      const row = rows[i]!;
      const isNull = nulls !== null && nulls[row] === 1;
      offsets[at + 1] = isNull ? offsets[at]! : this.#copyBytes(column, row, offsets[at]!);
    }
  }

  /** Where the copy ends. */
  #copyBytes(column: StringColumn, row: number, at: number): number {
    if (column.encoding === 'codes') {
      const code = column.values[row]!;
      this.#reserveBytes(at + column.pool.byteLength(code));
      return column.pool.copyTo(code, this.#values as Uint8Array, at);
    }
    const { bytes, starts, ends } = column;
    const [start, end] = [starts[row]!, ends[row]!];
    this.#reserveBytes(at + end - start);
    const target = this.#values as Uint8Array;
    for (let i = start, to = at; i < end; i++, to++) target[to] = bytes[i]!;
    return at + end - start;
  }

  #reserveBytes(length: number): void {
    if (length > this.#values.length) this.#values = grow(this.#values, Math.max(this.#values.length * 2, length));
  }
}

function hasOffsets(type: ParquetType): boolean {
  return type.kind === 'string' || type.kind === 'binary';
}

/** What a value is multiplied with: files hold microseconds. */
function scaleOf(column: IcebergColumn): number {
  if (column.source.kind === 'time') return 1000;
  if (column.source.kind === 'timestamp' || column.source.kind === 'timestamp_ltz') {
    return 1000 / unitsPerMillisecond(column.source.precision);
  }
  return 1;
}

function allocate(type: ParquetType, capacity: number): Values {
  switch (type.kind) {
    case 'boolean':
      return new Uint8Array(capacity);
    case 'int':
    case 'date':
      return new Int32Array(capacity);
    case 'float':
      return new Float32Array(capacity);
    case 'double':
      return new Float64Array(capacity);
    case 'decimal':
      return new BigInt64Array(capacity * 2);
    case 'string':
    case 'binary':
      return new Uint8Array(capacity * 8);
    default:
      return new BigInt64Array(capacity);
  }
}

function grow<T extends Values>(values: T, length: number): T {
  const grown = new (values.constructor as new (length: number) => T)(length);
  grown.set(values as never);
  return grown;
}

const twoTo32 = 4294967296;

/** A safe integer as 64 bits, low word first. */
function writeInt64(words: Int32Array, at: number, value: number): void {
  const high = Math.floor(value / twoTo32);
  words[at] = value - high * twoTo32;
  words[at + 1] = high;
}

function notNull(name: string): EngineError {
  return new EngineError('EVALUATION', `column '${name}' is NOT NULL, but a NULL value is being written into it`, {
    hint: "Filter such rows, or SET 'table.exec.sink.not-null-enforcer' = 'DROP' to drop them.",
  });
}
