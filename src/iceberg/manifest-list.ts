/** Manifest lists (spec, "Manifest Lists"): the manifests of a snapshot. */
import { EngineError } from '../model/errors.ts';
import { readAvroFile, writeAvroFile } from './avro-file.ts';
import type { AvroRecord, AvroValue } from './avro-reader.ts';
import { arraySchema, optionalField, recordSchema, requiredField } from './avro-schema.ts';
import type { PartitionSummary } from './partition-summary.ts';

type Counts<T> = Readonly<{ added: T; existing: T; deleted: T }>;

export type ManifestFile = Readonly<{
  path: string;
  length: bigint;
  specId: number;
  /** 0 data, 1 deletes. */
  content: number;
  /** null: of the snapshot that the manifest is new in. */
  sequenceNumber: bigint | null;
  minSequenceNumber: bigint | null;
  addedSnapshotId: bigint;
  files: Counts<number>;
  rows: Counts<bigint>;
  partitions: readonly PartitionSummary[] | null;
  keyMetadata: Uint8Array | null;
}>;

const summarySchema = recordSchema('r508', [
  requiredField(509, 'contains_null', 'boolean'),
  optionalField(518, 'contains_nan', 'boolean'),
  optionalField(510, 'lower_bound', 'bytes'),
  optionalField(511, 'upper_bound', 'bytes'),
]);

const listSchema = recordSchema('manifest_file', [
  requiredField(500, 'manifest_path', 'string'),
  requiredField(501, 'manifest_length', 'long'),
  requiredField(502, 'partition_spec_id', 'int'),
  requiredField(517, 'content', 'int'),
  requiredField(515, 'sequence_number', 'long'),
  requiredField(516, 'min_sequence_number', 'long'),
  requiredField(503, 'added_snapshot_id', 'long'),
  requiredField(504, 'added_files_count', 'int'),
  requiredField(505, 'existing_files_count', 'int'),
  requiredField(506, 'deleted_files_count', 'int'),
  requiredField(512, 'added_rows_count', 'long'),
  requiredField(513, 'existing_rows_count', 'long'),
  requiredField(514, 'deleted_rows_count', 'long'),
  optionalField(507, 'partitions', arraySchema(508, summarySchema)),
  optionalField(519, 'key_metadata', 'bytes'),
]);

export type ListOwner = Readonly<{ snapshotId: bigint; parentSnapshotId: bigint | null; sequenceNumber: bigint }>;

/** Manifests without a sequence number get the snapshot's. */
export function writeManifestList(manifests: readonly ManifestFile[], owner: ListOwner): Uint8Array {
  const metadata = new Map([
    ['snapshot-id', String(owner.snapshotId)],
    ['parent-snapshot-id', String(owner.parentSnapshotId)],
    ['sequence-number', String(owner.sequenceNumber)],
    ['format-version', '2'],
  ]);
  return writeAvroFile(
    listSchema,
    metadata,
    manifests.map((manifest) => toRecord(manifest, owner.sequenceNumber)),
  );
}

function toRecord(manifest: ManifestFile, sequenceNumber: bigint): AvroRecord {
  return {
    500: manifest.path,
    501: manifest.length,
    502: manifest.specId,
    517: manifest.content,
    515: manifest.sequenceNumber ?? sequenceNumber,
    516: manifest.minSequenceNumber ?? sequenceNumber,
    503: manifest.addedSnapshotId,
    504: manifest.files.added,
    505: manifest.files.existing,
    506: manifest.files.deleted,
    512: manifest.rows.added,
    513: manifest.rows.existing,
    514: manifest.rows.deleted,
    507:
      manifest.partitions?.map((summary) => ({
        509: summary.containsNull,
        518: summary.containsNan,
        510: summary.lower,
        511: summary.upper,
      })) ?? null,
    519: manifest.keyMetadata,
  };
}

/** EngineError UNSUPPORTED for a list without counts, which only a version 1 table may have. */
export function readManifestList(bytes: Uint8Array, where: string): ManifestFile[] {
  return readAvroFile(bytes, where).records.map((record) => fromRecord(record, where));
}

function fromRecord(record: AvroRecord, where: string): ManifestFile {
  const count = (id: number): bigint => {
    const value = record[id];
    if (value !== null && value !== undefined) return BigInt(value as number | bigint);
    throw new EngineError('UNSUPPORTED', `${where}: a manifest list of format version 1 without counts`, {
      hint: 'Rewrite the manifests with another engine first.',
    });
  };
  return {
    path: record[500] as string,
    length: record[501] as bigint,
    specId: record[502] as number,
    content: (record[517] ?? 0) as number,
    sequenceNumber: (record[515] ?? 0n) as bigint,
    minSequenceNumber: (record[516] ?? 0n) as bigint,
    addedSnapshotId: record[503] as bigint,
    files: { added: Number(count(504)), existing: Number(count(505)), deleted: Number(count(506)) },
    rows: { added: count(512), existing: count(513), deleted: count(514) },
    partitions: readSummaries(record[507]),
    keyMetadata: (record[519] ?? null) as Uint8Array | null,
  };
}

function readSummaries(value: AvroValue | undefined): PartitionSummary[] | null {
  if (value === null || value === undefined) return null;
  return (value as readonly AvroRecord[]).map((summary) => ({
    containsNull: summary[509] as boolean,
    containsNan: (summary[518] ?? null) as boolean | null,
    lower: (summary[510] ?? null) as Uint8Array | null,
    upper: (summary[511] ?? null) as Uint8Array | null,
  }));
}
