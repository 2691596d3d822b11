/**
 * Puts small manifests together, as Java's MergeAppend does, but in commits of their own: each epoch adds a manifest, and planning and
 * commits read their list. Rows do not change.
 */
import type { Storage } from '../storage/storage.ts';
import { joinUri } from '../storage/uri.ts';
import { readAvroFile } from './avro-file.ts';
import type { AvroRecord } from './avro-reader.ts';
import { entryField, entryStatus, writeEntries } from './manifest.ts';
import type { ManifestFile } from './manifest-list.ts';
import type { PartitionField, PartitionSpecJson } from './partition-spec.ts';
import { summarizePartitions } from './partition-summary.ts';
import type { SchemaJson } from './schema.ts';
import type { SingleValue } from './single-value.ts';
import type { TableMetadata } from './table-metadata.ts';
import { metadataLocation, numberProperty } from './table-properties.ts';
import type { ManifestChange } from './table-swap.ts';

const defaultTargetBytes = 8 * 1024 * 1024; // commit.manifest.target-size-bytes
const defaultMinCount = 100; // commit.manifest.min-count-to-merge

type Properties = Readonly<Record<string, string>>;

/** Whether so many small manifests are to be merged by the table's properties. */
export function wantsMerge(properties: Properties, smallManifests: number): boolean {
  if (properties['commit.manifest-merge.enabled'] === 'false') return false;
  return smallManifests >= numberProperty(properties, 'commit.manifest.min-count-to-merge', defaultMinCount);
}

/** How many manifests of a spec are below the target size. */
export function countSmall(manifests: readonly ManifestFile[], specId: number, properties: Properties): number {
  return manifests.filter((manifest) => isSmall(manifest, specId, targetBytes(properties))).length;
}

function targetBytes(properties: Properties): number {
  return numberProperty(properties, 'commit.manifest.target-size-bytes', defaultTargetBytes);
}

function isSmall(manifest: ManifestFile, specId: number, target: number): boolean {
  return manifest.content === 0 && manifest.specId === specId && Number(manifest.length) < target;
}

export type MergeRequest = Readonly<{
  storage: Storage;
  newId: () => string;
  snapshotId: bigint;
  schema: SchemaJson;
  spec: PartitionSpecJson;
  fields: readonly PartitionField[];
}>;

/** The change that merges. Merged manifests are kept over attempts: an append in between does not touch them. */
export function merging(base: TableMetadata, request: MergeRequest, made: Map<string, ManifestFile>): ManifestChange {
  return async (before) => {
    const groups = groupsOf(before, request.spec['spec-id'], targetBytes(base.properties ?? {}));
    if (groups.length === 0) return null;
    const merged: ManifestFile[] = [];
    for (const group of groups) {
      const key = group.map((manifest) => manifest.path).join('\n');
      const manifest = made.get(key) ?? (await mergeGroup(group, base, request));
      made.set(key, manifest);
      merged.push(manifest);
    }
    const replaced = new Set(groups.flat());
    const kept = before.filter((manifest) => !replaced.has(manifest));
    return {
      manifests: [...merged, ...kept],
      summary: {
        'manifests-created': String(merged.length),
        'manifests-replaced': String(replaced.size),
        'manifests-kept': String(kept.length),
        'entries-processed': String(merged.reduce((sum, manifest) => sum + manifest.files.existing, 0)),
      },
    };
  };
}

/** Small manifests in the order of the list, as many together as make one of the target size; one alone stays as it is. */
function groupsOf(manifests: readonly ManifestFile[], specId: number, target: number): ManifestFile[][] {
  const groups: ManifestFile[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const manifest of manifests) {
    if (!isSmall(manifest, specId, target)) continue;
    if (bytes + Number(manifest.length) > target) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)!.push(manifest);
    bytes += Number(manifest.length);
  }
  return groups.filter((group) => group.length > 1);
}

async function mergeGroup(
  group: readonly ManifestFile[],
  base: TableMetadata,
  request: MergeRequest,
): Promise<ManifestFile> {
  const records: AvroRecord[] = [];
  for (const manifest of group) {
    const { records: entries } = readAvroFile(await request.storage.read(manifest.path), manifest.path);
    const alive = entries.filter((entry) => entry[entryField.status] !== entryStatus.deleted);
    records.push(...alive.map((entry) => asExisting(entry, manifest)));
  }
  const path = joinUri(metadataLocation(base), `${request.newId()}-m0.avro`);
  const bytes = writeEntries(request, records);
  await request.storage.write(path, bytes);
  return mergedManifest(path, bytes.length, records, request);
}

/** What an added entry inherits has to be written once it is no longer new (spec, "Sequence Number Inheritance"). */
function asExisting(entry: AvroRecord, manifest: ManifestFile): AvroRecord {
  return {
    ...entry,
    [entryField.status]: entryStatus.existing,
    [entryField.snapshotId]: entry[entryField.snapshotId] ?? manifest.addedSnapshotId,
    [entryField.sequenceNumber]: entry[entryField.sequenceNumber] ?? manifest.sequenceNumber ?? 0n,
    [entryField.fileSequenceNumber]: entry[entryField.fileSequenceNumber] ?? manifest.sequenceNumber ?? 0n,
  };
}

function mergedManifest(
  path: string,
  length: number,
  records: readonly AvroRecord[],
  { fields, spec, snapshotId }: MergeRequest,
): ManifestFile {
  const files = records.map((record) => record[entryField.dataFile] as AvroRecord);
  const partitions = files.map((file) => {
    const values = file[entryField.partition] as AvroRecord;
    return fields.map((field) => (values[field.id] ?? null) as SingleValue | null);
  });
  const sequenceNumbers = records.map((record) => record[entryField.sequenceNumber] as bigint);
  return {
    path,
    length: BigInt(length),
    specId: spec['spec-id'],
    content: 0,
    sequenceNumber: null,
    minSequenceNumber: least(sequenceNumbers),
    addedSnapshotId: snapshotId,
    files: { added: 0, existing: files.length, deleted: 0 },
    rows: {
      added: 0n,
      existing: files.reduce((sum, file) => sum + (file[entryField.recordCount] as bigint), 0n),
      deleted: 0n,
    },
    partitions: summarizePartitions(partitions, fields),
    keyMetadata: null,
  };
}

function least(numbers: readonly bigint[]): bigint {
  let result = numbers[0]!;
  for (const number of numbers) if (number < result) result = number;
  return result;
}
