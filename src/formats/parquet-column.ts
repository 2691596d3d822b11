/**
 * Columns on their way into a Parquet file: plain data with transferable buffers, since files are encoded in another thread. Every row
 * has its place in `values`, NULL or not.
 */

/**
 * | type | values |
 * |---|---|
 * | boolean | Uint8Array, 0 or 1 |
 * | int, date (days) | Int32Array |
 * | long, time, timestamp, timestamptz (µs) | BigInt64Array |
 * | float | Float32Array |
 * | double | Float64Array |
 * | decimal | BigInt64Array, two a row: the low and the high half of 128 bits |
 * | string, binary | Uint8Array, cut by `offsets` |
 */
export type ParquetType =
  | Readonly<{
      kind:
        | 'boolean'
        | 'int'
        | 'long'
        | 'float'
        | 'double'
        | 'date'
        | 'time'
        | 'timestamp'
        | 'timestamptz'
        | 'string'
        | 'binary';
    }>
  | Readonly<{ kind: 'decimal'; precision: number; scale: number }>;

/** Iceberg's `write.metadata.metrics.*`: what is kept of a column beside its size. `truncate` counts code points, of binary bytes. */
export type MetricsMode =
  | Readonly<{ kind: 'none' | 'counts' | 'full' }>
  | Readonly<{ kind: 'truncate'; length: number }>;

export type ParquetColumn = Readonly<{
  name: string;
  fieldId: number;
  type: ParquetType;
  required: boolean;
  metrics: MetricsMode;
  /** One byte a row, 1 = NULL; null where there is none. */
  nulls: Uint8Array | null;
  values: Uint8Array | Int32Array | BigInt64Array | Float32Array | Float64Array;
  /** Of strings and binaries: row i is `values[offsets[i], offsets[i + 1])`. */
  offsets: Int32Array | null;
}>;

export const parquetCodecs = ['zstd', 'snappy', 'gzip', 'lz4', 'uncompressed'] as const;
export type ParquetCodec = (typeof parquetCodecs)[number];

export type ParquetRequest = Readonly<{
  rowCount: number;
  columns: readonly ParquetColumn[];
  codec: ParquetCodec;
}>;

/** Exact, of one column. Bounds in Iceberg's single-value form; null where unknown: all NULL or NaN, or not wanted. */
export type ColumnMetrics = Readonly<{
  fieldId: number;
  /** Bytes in the file. */
  size: number;
  /** null, as the rest, in mode `none`. */
  valueCount: number | null;
  nullCount: number | null;
  /** Only of float and double. */
  nanCount: number | null;
  lower: Uint8Array | null;
  upper: Uint8Array | null;
}>;

export type ParquetFile = Readonly<{
  bytes: Uint8Array<ArrayBuffer>;
  rowCount: number;
  metrics: readonly ColumnMetrics[];
  /** Where row groups begin. */
  splitOffsets: readonly number[];
}>;
