/** The decoders of a table's records, made of what the scan wants. */
import type { FormatRegistry } from '../kafka/connector-options.ts';
import type { KafkaTable } from '../kafka/kafka-table.ts';
import { formatOfPart, type RecordPart, recordFields } from '../kafka/record-part.ts';
import { EngineError } from '../model/errors.ts';
import type { Decoder, Format, FormatMetadata } from '../model/format.ts';
import type { ScanColumn } from '../model/plan.ts';
import type { StringPool } from '../model/string-pool.ts';
import type { DataType } from '../model/types.ts';
import { KeyedRows, type RecordRows, type RowColumn, ValueRows } from './kafka-rows.ts';

export type DecoderParts = Readonly<{ columns: readonly ScanColumn[]; pool: StringPool; batchRows: number }>;

type PhysicalColumn = ScanColumn & { kind: 'physical' };

const valuePrefix = 'value.';

/** The key within the format of a metadata column that the value's format offers; null: it is the record's own. */
export function formatMetadataKey({ key }: Readonly<{ key: string }>): string | null {
  return key.startsWith(valuePrefix) ? key.slice(valuePrefix.length) : null;
}

/** What formats offer, as a table names it. */
export function formatMetadata(formats: readonly Format[]): ReadonlyMap<string, DataType> {
  return new Map(
    formats.flatMap(({ metadata }) => [...(metadata ?? [])].map(([key, type]) => [valuePrefix + key, type] as const)),
  );
}

export function createRecordRows(table: KafkaTable, formats: FormatRegistry, parts: DecoderParts): RecordRows {
  const wanted = parts.columns.filter((column): column is PhysicalColumn => column.kind === 'physical');
  const metadata = parts.columns.flatMap((column): FormatMetadata[] => {
    const key = column.kind === 'metadata' ? formatMetadataKey(column) : null;
    return key === null ? [] : [{ key, type: column.type }];
  });
  const { key, value, upsert } = table;
  const ofValue = wantedOf(value, wanted);
  const valueDecoder = createDecoder(table, value, formats, { ...parts, columns: ofValue, metadata });
  if (key === null) return new ValueRows(valueDecoder);
  const ofKey = wantedOf(key, wanted);
  const keyDecoder = createDecoder(table, key, formats, { ...parts, columns: ofKey, metadata: [] });
  const columns: RowColumn[] = wanted.map((column) => ({
    type: column.type,
    key: placeOf(column, ofKey),
    value: placeOf(column, ofValue),
  }));
  const more = metadata.map(({ type }, i): RowColumn => ({ type, key: null, value: ofValue.length + i }));
  return new KeyedRows({
    key: keyDecoder,
    value: valueDecoder,
    columns: [...columns, ...more],
    upsert,
    pool: parts.pool,
  });
}

function wantedOf(part: RecordPart, wanted: readonly PhysicalColumn[]): readonly PhysicalColumn[] {
  return wanted.filter(({ path }) => part.columns.some(({ name }) => name === path[0]));
}

function placeOf(column: PhysicalColumn, columns: readonly PhysicalColumn[]): number | null {
  const place = columns.indexOf(column);
  return place < 0 ? null : place;
}

function createDecoder(
  table: KafkaTable,
  part: RecordPart,
  formats: FormatRegistry,
  parts: Omit<DecoderParts, 'columns'> & { columns: readonly PhysicalColumn[]; metadata: readonly FormatMetadata[] },
): Decoder {
  const { format, options } = formatOfPart(part, formats);
  if (format.createDecoder === undefined) {
    throw new EngineError('UNSUPPORTED', `${table.where}: format '${format.name}' can't be read`);
  }
  const strip = (path: readonly string[]): readonly string[] => [path[0]!.slice(part.prefix.length), ...path.slice(1)];
  return format.createDecoder({
    columns: parts.columns.map((column) => ({ ...column, path: strip(column.path) })),
    metadata: parts.metadata,
    table: recordFields(part),
    options,
    pool: parts.pool,
    batchRows: parts.batchRows,
    timeZone: table.timeZone,
  });
}
