/** Table properties that writing obeys, under Iceberg's keys (org.apache.iceberg.TableProperties), with its defaults. */
import { type MetricsMode, type ParquetCodec, parquetCodecs } from '../formats/parquet-column.ts';
import { EngineError } from '../model/errors.ts';
import { joinUri } from '../storage/uri.ts';
import type { TableMetadata } from './table-metadata.ts';

type Properties = Readonly<Record<string, string>>;

const megabyte = 1024 * 1024;

/** EngineError UNSUPPORTED where a property asks for what is not built. */
export function checkWritable(properties: Properties, where: string): void {
  const format = properties['write.format.default'] ?? 'parquet';
  if (format.toLowerCase() !== 'parquet') {
    throw new EngineError('UNSUPPORTED', `${where}: 'write.format.default': expected 'parquet', got '${format}'`);
  }
  if (properties['write.upsert.enabled'] === 'true') {
    throw new EngineError('UNSUPPORTED', `${where}: 'write.upsert.enabled': Millrace only appends to Iceberg tables`);
  }
  const version = properties['format-version'] ?? '2';
  if (version !== '2') {
    throw new EngineError('UNSUPPORTED', `${where}: 'format-version': expected '2', got '${version}'`);
  }
  codecOf(properties, where);
}

export function codecOf(properties: Properties, where: string): ParquetCodec {
  const text = properties['write.parquet.compression-codec'] ?? 'zstd';
  const codec = parquetCodecs.find((known) => known === text.toLowerCase());
  if (codec !== undefined) return codec;
  const expected = parquetCodecs.map((known) => `'${known}'`).join(', ');
  throw new EngineError(
    'UNSUPPORTED',
    `${where}: 'write.parquet.compression-codec': expected ${expected}, got '${text}'`,
  );
}

export function numberProperty(properties: Properties, key: string, standard: number): number {
  const text = properties[key];
  if (text === undefined) return standard;
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new EngineError('INVALID_OPTION', `table property '${key}': expected a number, got '${text}'`);
}

export function targetFileBytes(properties: Properties): number {
  return numberProperty(properties, 'write.target-file-size-bytes', 512 * megabyte);
}

/** `write.metadata.metrics.*` of a column; the first 100 columns have bounds unless told otherwise. */
export function metricsModeOf(properties: Properties, column: string, index: number): MetricsMode {
  const own = properties[`write.metadata.metrics.column.${column}`];
  if (own !== undefined) return parseMetricsMode(own);
  const standard = properties['write.metadata.metrics.default'];
  if (standard !== undefined) return parseMetricsMode(standard);
  const limit = numberProperty(properties, 'write.metadata.metrics.max-inferred-column-defaults', 100);
  return index < limit ? { kind: 'truncate', length: 16 } : { kind: 'none' };
}

function parseMetricsMode(text: string): MetricsMode {
  const plain = /^(none|counts|full)$/i.exec(text);
  if (plain !== null) return { kind: plain[1]!.toLowerCase() as 'none' };
  const truncate = /^truncate\((\d+)\)$/i.exec(text);
  if (truncate !== null && Number(truncate[1]) > 0) return { kind: 'truncate', length: Number(truncate[1]) };
  throw new EngineError('INVALID_OPTION', `metrics mode: expected none, counts, full or truncate(n), got '${text}'`);
}

export function dataLocation(metadata: TableMetadata): string {
  return metadata.properties?.['write.data.path'] ?? joinUri(metadata.location, 'data');
}

export function metadataLocation(metadata: TableMetadata): string {
  return metadata.properties?.['write.metadata.path'] ?? joinUri(metadata.location, 'metadata');
}
