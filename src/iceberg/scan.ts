/** Plans reads: the data files of a snapshot that can hold the wanted rows, by our own manifests reader. */
import { EngineError } from '../model/errors.ts';
import type { Storage } from '../storage/storage.ts';
import type { DataFile } from './data-file.ts';
import { fileContent, readManifest } from './manifest.ts';
import { type ManifestFile, readManifestList } from './manifest-list.ts';
import { bindSpecForReading, type PartitionField } from './partition-spec.ts';
import { fileMayMatch, manifestMayMatch, type ScanPredicate } from './scan-filter.ts';
import { parseSchema, type Schema } from './schema.ts';
import {
  currentSchemaJson,
  currentSnapshot,
  findSnapshot,
  type SnapshotJson,
  schemaJsonOf,
  specOf,
  type TableMetadata,
} from './table-metadata.ts';

/** Which state of the table: the newest, a snapshot by its id, or what was current at an instant (ms). */
export type TimeTravel =
  | Readonly<{ kind: 'latest' }>
  | Readonly<{ kind: 'snapshot'; id: bigint }>
  | Readonly<{ kind: 'timestamp'; ms: number }>;

export type ScanRequest = Readonly<{
  travel: TimeTravel;
  /** Asked with the schema of the state that is read. */
  predicates: (schema: Schema) => readonly ScanPredicate[];
}>;

export type ScanPlan = Readonly<{
  /** Of the snapshot; of now for the newest one. */
  schema: Schema;
  files: readonly DataFile[];
  /** Files of the snapshot that the predicates ruled out; those of manifests that were not even read are not counted. */
  prunedFiles: number;
}>;

const manifestsAtOnce = 8;

/** EngineError NOT_FOUND for a snapshot that is not there, UNSUPPORTED where rows are deleted by delete files. */
export async function planScan(metadata: TableMetadata, storage: Storage, request: ScanRequest): Promise<ScanPlan> {
  const snapshot = snapshotOf(metadata, request.travel);
  const schema = parseSchema(schemaOfSnapshot(metadata, snapshot, request.travel));
  if (snapshot === null) return { schema, files: [], prunedFiles: 0 };
  const predicates = request.predicates(schema);
  const fieldsOf = specBinder(metadata, schema);
  const list = snapshot['manifest-list'];
  const manifests = readManifestList(await storage.read(list), list).filter(isAlive);
  const wanted = manifests.filter((manifest) => manifestMayMatch(manifest, fieldsOf(manifest.specId), predicates));
  const files: DataFile[] = [];
  let prunedFiles = 0;
  for (let i = 0; i < wanted.length; i += manifestsAtOnce) {
    const read = await Promise.all(wanted.slice(i, i + manifestsAtOnce).map((m) => readFiles(m, storage, fieldsOf)));
    for (const [index, found] of read.entries()) {
      const fields = fieldsOf(wanted[i + index]!.specId);
      const kept = found.filter((file) => fileMayMatch(file, fields, predicates));
      files.push(...kept);
      prunedFiles += found.length - kept.length;
    }
  }
  return { schema, files, prunedFiles };
}

function isAlive(manifest: ManifestFile): boolean {
  return manifest.files.added + manifest.files.existing > 0;
}

async function readFiles(
  manifest: ManifestFile,
  storage: Storage,
  fieldsOf: (specId: number) => readonly PartitionField[],
): Promise<DataFile[]> {
  const entries = readManifest(await storage.read(manifest.path), manifest.path, fieldsOf);
  const deletes = entries.find((entry) => entry.content !== fileContent.data);
  if (deletes === undefined) return entries.map((entry) => entry.file);
  const kind = deletes.content === fileContent.equalityDeletes ? 'equality deletes' : 'position deletes';
  throw new EngineError('UNSUPPORTED', `${manifest.path}: Millrace reads no tables with ${kind}`, {
    hint: 'Rewrite the data files with another engine (rewrite_data_files), then read again.',
  });
}

/** Specs bound to the schema, each once. */
function specBinder(metadata: TableMetadata, schema: Schema): (specId: number) => readonly PartitionField[] {
  const bound = new Map<number, readonly PartitionField[]>();
  return (specId) => {
    let fields = bound.get(specId);
    if (fields === undefined) {
      fields = bindSpecForReading(specOf(metadata, specId), schema);
      bound.set(specId, fields);
    }
    return fields;
  };
}

function snapshotOf(metadata: TableMetadata, travel: TimeTravel): SnapshotJson | null {
  if (travel.kind === 'latest') return currentSnapshot(metadata);
  const found = travel.kind === 'snapshot' ? findSnapshot(metadata, travel.id) : snapshotAt(metadata, travel.ms);
  if (found !== null) return found;
  const what =
    travel.kind === 'snapshot' ? `snapshot ${travel.id}` : `a snapshot at ${new Date(travel.ms).toISOString()}`;
  const known = (metadata.snapshots ?? []).slice(-10).map((snapshot) => snapshot['snapshot-id']);
  throw new EngineError('NOT_FOUND', `table at ${metadata.location}: expected ${what}, found none`, {
    hint: known.length === 0 ? 'The table has no snapshots.' : `Its newest snapshots: ${known.join(', ')}.`,
  });
}

/** What was current at the instant, by the history of the main branch. */
function snapshotAt(metadata: TableMetadata, ms: number): SnapshotJson | null {
  const entry = metadata['snapshot-log']?.findLast((candidate) => candidate['timestamp-ms'] <= ms);
  return entry === undefined ? null : findSnapshot(metadata, entry['snapshot-id']);
}

function schemaOfSnapshot(metadata: TableMetadata, snapshot: SnapshotJson | null, travel: TimeTravel) {
  const schemaId = snapshot?.['schema-id'];
  return travel.kind === 'latest' || schemaId === undefined
    ? currentSchemaJson(metadata)
    : schemaJsonOf(metadata, schemaId);
}
