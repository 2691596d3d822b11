/**
 * Encodes one Parquet file. Runs in the pool of short tasks: parquet-wasm holds some 155 MB a thread and never gives them back, so that
 * threads that encode are recycled and none of them keeps state.
 */
import { isUtf8 } from 'node:buffer';
import { Compression, Table, type WriterProperties, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm';
import { EngineError } from '../model/errors.ts';
import { countNulls, toArrowIpc } from './parquet-arrow.ts';
import { boundsOf } from './parquet-bounds.ts';
import type { ColumnMetrics, ParquetCodec, ParquetColumn, ParquetFile, ParquetRequest } from './parquet-column.ts';
import { readFooter } from './parquet-footer.ts';

const maxRowGroupRows = 1 << 20; // 1,048,576, the default of parquet-rs

const compressions: Readonly<Record<ParquetCodec, Compression>> = {
  zstd: Compression.ZSTD,
  snappy: Compression.SNAPPY,
  gzip: Compression.GZIP,
  lz4: Compression.LZ4_RAW,
  uncompressed: Compression.UNCOMPRESSED,
};

/** The file and exact metrics of its columns. EngineError BAD_RECORD where a string is not UTF-8. */
export function encodeParquet(request: ParquetRequest): ParquetFile {
  const { columns, rowCount } = request;
  columns.forEach(checkText);
  const table = Table.fromIPCStream(toArrowIpc(columns, rowCount)); // writeParquet frees it
  const bytes = new Uint8Array(writeParquet(table, writerProperties(request)));
  const { columnSizes, splitOffsets } = readFooter(bytes);
  const metrics = columns.map((column, index) => metricsOf(column, rowCount, columnSizes[index] ?? 0));
  return { bytes, rowCount, metrics, splitOffsets };
}

function checkText(column: ParquetColumn): void {
  if (column.type.kind !== 'string' || isUtf8(column.values as Uint8Array)) return;
  throw new EngineError('BAD_RECORD', `column '${column.name}': expected text in UTF-8, got bytes that are not`);
}

function writerProperties(request: ParquetRequest): WriterProperties {
  let builder = new WriterPropertiesBuilder()
    .setCompression(compressions[request.codec])
    .setMaxRowGroupSize(maxRowGroupRows)
    .setCreatedBy('millrace');
  for (const column of request.columns) {
    if (!isRepetitive(column, request.rowCount)) builder = builder.setColumnDictionaryEnabled(column.name, false);
  }
  return builder.build();
}

const sampleSize = 512;

/** Whether a dictionary pays: of a sample at least half the values occur twice. Building one for distinct values costs a third of the time. */
function isRepetitive(column: ParquetColumn, rowCount: number): boolean {
  const step = Math.max(1, Math.floor(rowCount / sampleSize));
  const seen = new Set<unknown>();
  let sampled = 0;
  for (let row = 0; row < rowCount && sampled < sampleSize; row += step, sampled++) seen.add(sampleOf(column, row));
  return seen.size * 2 <= sampled;
}

function sampleOf(column: ParquetColumn, row: number): unknown {
  const { offsets, values } = column;
  if (offsets === null) return values[column.type.kind === 'decimal' ? row * 2 : row];
  return Buffer.from((values as Uint8Array).subarray(offsets[row], offsets[row + 1])).toString('latin1');
}

function metricsOf(column: ParquetColumn, rowCount: number, size: number): ColumnMetrics {
  const { fieldId } = column;
  const unknown = { fieldId, size, valueCount: null, nullCount: null, nanCount: null, lower: null, upper: null };
  if (column.metrics.kind === 'none') return unknown;
  const bounds = column.metrics.kind === 'counts' ? { lower: null, upper: null } : boundsOf(column, rowCount);
  const nullCount = countNulls(column.nulls, rowCount);
  return { fieldId, size, valueCount: rowCount, nullCount, nanCount: countNans(column, rowCount), ...bounds };
}

function countNans(column: ParquetColumn, rowCount: number): number | null {
  const { values, nulls } = column;
  if (!(values instanceof Float64Array || values instanceof Float32Array)) return null;
  let count = 0;
  for (let i = 0; i < rowCount; i++) {
    const value = values[i]!;
    if (Number.isNaN(value) && (nulls === null || nulls[i] === 0)) count++;
  }
  return count;
}
