/** Manifests (spec, "Manifests"): Avro files that list data files with their partition and metrics. */
import { readAvroFile, writeAvroFile } from './avro-file.ts';
import type { AvroRecord, AvroValue } from './avro-reader.ts';
import {
  type AvroField,
  type AvroObject,
  arraySchema,
  avroTypeOf,
  intMapSchema,
  optionalField,
  recordSchema,
  requiredField,
} from './avro-schema.ts';
import type { DataFile } from './data-file.ts';
import type { ManifestFile } from './manifest-list.ts';
import type { PartitionField, PartitionSpecJson } from './partition-spec.ts';
import { summarizePartitions } from './partition-summary.ts';
import type { SchemaJson } from './schema.ts';
import type { SingleValue } from './single-value.ts';

/** Field ids of the spec. */
export const entryField = {
  status: 0,
  snapshotId: 1,
  dataFile: 2,
  sequenceNumber: 3,
  fileSequenceNumber: 4,
  filePath: 100,
  fileFormat: 101,
  partition: 102,
  recordCount: 103,
  fileSize: 104,
  columnSizes: 108,
  valueCounts: 109,
  nullCounts: 110,
  lowerBounds: 125,
  upperBounds: 128,
  keyMetadata: 131,
  splitOffsets: 132,
  content: 134,
  equalityIds: 135,
  nanCounts: 137,
  sortOrderId: 140,
} as const;

export const entryStatus = { existing: 0, added: 1, deleted: 2 } as const;

/** `content` of a data file. */
export const fileContent = { data: 0, positionDeletes: 1, equalityDeletes: 2 } as const;

export type ManifestEntry = Readonly<{
  snapshotId: bigint | null;
  sequenceNumber: bigint | null;
  content: number;
  file: DataFile;
}>;

export type ManifestRequest = Readonly<{
  path: string;
  snapshotId: bigint;
  schema: SchemaJson;
  spec: PartitionSpecJson;
  fields: readonly PartitionField[];
  files: readonly DataFile[];
}>;

/**
 * A manifest of added files. Sequence numbers are null in it: readers inherit them from the manifest list, so that the manifest stays as
 * it is when a commit is tried again (spec, "Sequence Number Inheritance").
 */
export function writeManifest(request: ManifestRequest): { bytes: Uint8Array; manifest: ManifestFile } {
  const { fields, files, snapshotId, path } = request;
  const records = files.map(
    (file): AvroRecord => ({
      [entryField.status]: entryStatus.added,
      [entryField.snapshotId]: snapshotId,
      [entryField.sequenceNumber]: null,
      [entryField.fileSequenceNumber]: null,
      [entryField.dataFile]: dataFileRecord(file, fields),
    }),
  );
  const bytes = writeEntries(request, records);
  const rows = files.reduce((sum, file) => sum + BigInt(file.recordCount), 0n);
  const partitions = summarizePartitions(
    files.map((file) => file.partition),
    fields,
  );
  return { bytes, manifest: addedManifest(path, bytes.length, request, rows, partitions) };
}

/** A data manifest of these entries, keyed by field entryField. */
export function writeEntries(
  { schema, spec, fields }: Pick<ManifestRequest, 'schema' | 'spec' | 'fields'>,
  records: readonly AvroRecord[],
): Uint8Array {
  const metadata = new Map([
    ['schema', JSON.stringify(schema)],
    ['schema-id', String(schema['schema-id'])],
    ['partition-spec', JSON.stringify(spec.fields)],
    ['partition-spec-id', String(spec['spec-id'])],
    ['format-version', '2'],
    ['content', 'data'],
  ]);
  return writeAvroFile(entrySchema(fields), metadata, records);
}

function addedManifest(
  path: string,
  length: number,
  request: ManifestRequest,
  rows: bigint,
  partitions: ManifestFile['partitions'],
): ManifestFile {
  return {
    path,
    length: BigInt(length),
    specId: request.spec['spec-id'],
    content: 0,
    sequenceNumber: null,
    minSequenceNumber: null,
    addedSnapshotId: request.snapshotId,
    files: { added: request.files.length, existing: 0, deleted: 0 },
    rows: { added: rows, existing: 0n, deleted: 0n },
    partitions,
    keyMetadata: null,
  };
}

function entrySchema(fields: readonly PartitionField[]): AvroObject {
  const partition = recordSchema('r102', partitionFields(fields));
  const dataFile = recordSchema('r2', [
    requiredField(entryField.content, 'content', 'int'),
    requiredField(entryField.filePath, 'file_path', 'string'),
    requiredField(entryField.fileFormat, 'file_format', 'string'),
    requiredField(entryField.partition, 'partition', partition),
    requiredField(entryField.recordCount, 'record_count', 'long'),
    requiredField(entryField.fileSize, 'file_size_in_bytes', 'long'),
    optionalField(entryField.columnSizes, 'column_sizes', intMapSchema(117, 118, 'long')),
    optionalField(entryField.valueCounts, 'value_counts', intMapSchema(119, 120, 'long')),
    optionalField(entryField.nullCounts, 'null_value_counts', intMapSchema(121, 122, 'long')),
    optionalField(entryField.nanCounts, 'nan_value_counts', intMapSchema(138, 139, 'long')),
    optionalField(entryField.lowerBounds, 'lower_bounds', intMapSchema(126, 127, 'bytes')),
    optionalField(entryField.upperBounds, 'upper_bounds', intMapSchema(129, 130, 'bytes')),
    optionalField(entryField.keyMetadata, 'key_metadata', 'bytes'),
    optionalField(entryField.splitOffsets, 'split_offsets', arraySchema(133, 'long')),
    optionalField(entryField.equalityIds, 'equality_ids', arraySchema(136, 'int')),
    optionalField(entryField.sortOrderId, 'sort_order_id', 'int'),
  ]);
  return recordSchema('manifest_entry', [
    requiredField(entryField.status, 'status', 'int'),
    optionalField(entryField.snapshotId, 'snapshot_id', 'long'),
    optionalField(entryField.sequenceNumber, 'sequence_number', 'long'),
    optionalField(entryField.fileSequenceNumber, 'file_sequence_number', 'long'),
    requiredField(entryField.dataFile, 'data_file', dataFile),
  ]);
}

/** A named Avro type is defined once and then goes by its name. */
function partitionFields(fields: readonly PartitionField[]): AvroField[] {
  const defined = new Set<string>();
  return fields.map((field) => {
    const type = avroTypeOf(field.type);
    const name = (type as AvroObject).name;
    const known = name !== undefined && defined.has(name);
    if (name !== undefined) defined.add(name);
    return optionalField(field.id, avroName(field.name), known ? name : type);
  });
}

/** Avro names are letters, digits and `_`; others are written as Iceberg's AvroSchemaUtil.sanitize does. Readers go by ids. */
function avroName(name: string): string {
  const clean = name.replace(/[^A-Za-z0-9_]/gu, (c) => `_x${c.codePointAt(0)!.toString(16).toUpperCase()}`);
  return /^[0-9]/.test(clean) ? `_${clean}` : clean;
}

function dataFileRecord(file: DataFile, fields: readonly PartitionField[]): AvroRecord {
  return {
    [entryField.content]: fileContent.data,
    [entryField.filePath]: file.path,
    [entryField.fileFormat]: file.format,
    [entryField.partition]: Object.fromEntries(fields.map((field, index) => [field.id, file.partition[index] ?? null])),
    [entryField.recordCount]: file.recordCount,
    [entryField.fileSize]: file.sizeBytes,
    [entryField.columnSizes]: file.columnSizes,
    [entryField.valueCounts]: file.valueCounts,
    [entryField.nullCounts]: file.nullCounts,
    [entryField.nanCounts]: file.nanCounts,
    [entryField.lowerBounds]: file.lowerBounds,
    [entryField.upperBounds]: file.upperBounds,
    [entryField.splitOffsets]: file.splitOffsets,
    [entryField.sortOrderId]: 0,
  };
}

/** The files that are alive in a manifest, of data or of deletes. `fieldsOf` binds the manifest's spec. */
export function readManifest(
  bytes: Uint8Array,
  where: string,
  fieldsOf: (specId: number) => readonly PartitionField[],
): ManifestEntry[] {
  const { metadata, records } = readAvroFile(bytes, where);
  const fields = fieldsOf(Number(metadata.get('partition-spec-id') ?? 0));
  return records
    .filter((record) => record[entryField.status] !== entryStatus.deleted)
    .map((record) => {
      const file = record[entryField.dataFile] as AvroRecord;
      return {
        snapshotId: (record[entryField.snapshotId] ?? null) as bigint | null,
        sequenceNumber: (record[entryField.sequenceNumber] ?? null) as bigint | null,
        content: Number(file[entryField.content] ?? fileContent.data),
        file: readDataFile(file, fields),
      };
    });
}

function readDataFile(record: AvroRecord, fields: readonly PartitionField[]): DataFile {
  const partition = record[entryField.partition] as AvroRecord;
  const sizes = (key: number): Map<number, number> =>
    new Map([...mapOf<bigint>(record[key])].map(([k, v]) => [k, Number(v)]));
  return {
    path: record[entryField.filePath] as string,
    format: (record[entryField.fileFormat] as string).toUpperCase(),
    partition: fields.map((field) => (partition[field.id] ?? null) as SingleValue | null),
    recordCount: Number(record[entryField.recordCount]),
    sizeBytes: Number(record[entryField.fileSize]),
    columnSizes: sizes(entryField.columnSizes),
    valueCounts: sizes(entryField.valueCounts),
    nullCounts: sizes(entryField.nullCounts),
    nanCounts: sizes(entryField.nanCounts),
    lowerBounds: mapOf(record[entryField.lowerBounds]),
    upperBounds: mapOf(record[entryField.upperBounds]),
    splitOffsets: ((record[entryField.splitOffsets] ?? []) as readonly bigint[]).map(Number),
  };
}

function mapOf<T>(value: AvroValue | undefined): ReadonlyMap<number, T> {
  return (value ?? new Map()) as ReadonlyMap<number, T>;
}
