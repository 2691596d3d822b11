/** Data files: what a manifest says of one, and its JSON form, in which writers hand files to the committer. */
import type { ColumnMetrics } from '../formats/parquet-column.ts';
import type { PartitionField, PartitionValues } from './partition-spec.ts';
import { decodeValue, encodeValue } from './single-value.ts';

export type DataFile = Readonly<{
  path: string;
  /** In upper case: PARQUET, AVRO, ORC. */
  format: string;
  partition: PartitionValues;
  recordCount: number;
  sizeBytes: number;
  /** The rest by field id; bounds in single-value form. */
  columnSizes: ReadonlyMap<number, number>;
  valueCounts: ReadonlyMap<number, number>;
  nullCounts: ReadonlyMap<number, number>;
  nanCounts: ReadonlyMap<number, number>;
  lowerBounds: ReadonlyMap<number, Uint8Array>;
  upperBounds: ReadonlyMap<number, Uint8Array>;
  splitOffsets: readonly number[];
}>;

type Hex = string;

/** A column's metrics: field id, size, values, nulls, NaNs, lower and upper bound. */
type ColumnJson = readonly [number, number, number | null, number | null, number | null, Hex | null, Hex | null];

export type DataFileJson = Readonly<{
  path: string;
  partition: readonly (Hex | null)[];
  recordCount: number;
  sizeBytes: number;
  splitOffsets: readonly number[];
  columns: readonly ColumnJson[];
}>;

export type WrittenFile = Readonly<{
  path: string;
  partition: PartitionValues;
  recordCount: number;
  sizeBytes: number;
  splitOffsets: readonly number[];
  metrics: readonly ColumnMetrics[];
}>;

export function dataFileToJson(file: WrittenFile, fields: readonly PartitionField[]): DataFileJson {
  const { path, recordCount, sizeBytes, splitOffsets } = file;
  const partition = fields.map((field, index) => {
    const value = file.partition[index] ?? null;
    return value === null ? null : toHex(encodeValue(field.type, value));
  });
  const columns = file.metrics.map((m): ColumnJson => {
    const [lower, upper] = [m.lower, m.upper].map((bound) => (bound === null ? null : toHex(bound)));
    return [m.fieldId, m.size, m.valueCount, m.nullCount, m.nanCount, lower!, upper!];
  });
  return { path, partition, recordCount, sizeBytes, splitOffsets, columns };
}

export function dataFileFromJson(json: DataFileJson, fields: readonly PartitionField[]): DataFile {
  const pick = <T>(index: number): Map<number, T> =>
    new Map(json.columns.filter((column) => column[index] !== null).map((column) => [column[0], column[index] as T]));
  const bounds = (index: number): Map<number, Uint8Array> =>
    new Map([...pick<Hex>(index)].map(([id, hex]) => [id, fromHex(hex)]));
  return {
    path: json.path,
    format: 'PARQUET',
    partition: json.partition.map((hex, index) =>
      hex === null ? null : decodeValue(fields[index]!.type, fromHex(hex)),
    ),
    recordCount: json.recordCount,
    sizeBytes: json.sizeBytes,
    splitOffsets: json.splitOffsets,
    columnSizes: pick(1),
    valueCounts: pick(2),
    nullCounts: pick(3),
    nanCounts: pick(4),
    lowerBounds: bounds(5),
    upperBounds: bounds(6),
  };
}

function toHex(bytes: Uint8Array): Hex {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

function fromHex(hex: Hex): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}
