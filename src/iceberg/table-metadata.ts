/**
 * Table metadata (spec, "Table Metadata", Appendix C) as its JSON is: what is not known here is kept as it came, since the embedded
 * catalog writes the document back.
 */
import { EngineError } from '../model/errors.ts';
import { type Long, sameLong } from './json.ts';
import type { PartitionSpecJson } from './partition-spec.ts';
import { parseSchema, type Schema, type SchemaJson } from './schema.ts';

export type SnapshotJson = Readonly<{
  'snapshot-id': Long;
  'parent-snapshot-id'?: Long | null;
  'sequence-number'?: Long;
  'timestamp-ms': number;
  'manifest-list': string;
  summary?: Readonly<Record<string, string>>;
  'schema-id'?: number;
  /** Of format version 3: row ids that the snapshot takes. */
  'first-row-id'?: Long;
  'added-rows'?: Long;
}>;

export type SnapshotRefJson = Readonly<{
  'snapshot-id': Long;
  type: 'branch' | 'tag';
  'min-snapshots-to-keep'?: number;
  'max-snapshot-age-ms'?: Long;
  'max-ref-age-ms'?: Long;
}>;

export type SortOrderJson = Readonly<{
  'order-id': number;
  fields: readonly Readonly<{ 'source-id': number; transform: string; direction: string; 'null-order': string }>[];
}>;

/** Of a file of statistics; what else is in it is kept as it came. */
export type StatisticsJson = Readonly<{ 'snapshot-id': Long }>;

export type TableMetadata = Readonly<{
  'format-version': number;
  'table-uuid': string;
  location: string;
  'last-sequence-number'?: Long;
  'last-updated-ms': number;
  'last-column-id': number;
  'current-schema-id'?: number;
  schemas: readonly SchemaJson[];
  'default-spec-id'?: number;
  'partition-specs': readonly PartitionSpecJson[];
  'last-partition-id'?: number;
  'default-sort-order-id'?: number;
  'sort-orders'?: readonly SortOrderJson[];
  properties?: Readonly<Record<string, string>>;
  'current-snapshot-id'?: Long | null;
  snapshots?: readonly SnapshotJson[];
  'snapshot-log'?: readonly Readonly<{ 'timestamp-ms': number; 'snapshot-id': Long }>[];
  'metadata-log'?: readonly Readonly<{ 'timestamp-ms': number; 'metadata-file': string }>[];
  refs?: Readonly<Record<string, SnapshotRefJson>>;
  statistics?: readonly StatisticsJson[];
  'partition-statistics'?: readonly StatisticsJson[];
  /** Of format version 3. */
  'next-row-id'?: Long;
}>;

export const mainBranch = 'main';

export function currentSchemaJson(metadata: TableMetadata): SchemaJson {
  return schemaJsonOf(metadata, metadata['current-schema-id'] ?? 0);
}

export function schemaJsonOf(metadata: TableMetadata, schemaId: number): SchemaJson {
  const found = metadata.schemas.find((schema) => schema['schema-id'] === schemaId);
  if (found === undefined) throw broken(metadata, `schema ${schemaId}`);
  return found;
}

export function currentSchema(metadata: TableMetadata): Schema {
  return parseSchema(currentSchemaJson(metadata));
}

export function specOf(metadata: TableMetadata, specId: number): PartitionSpecJson {
  const found = metadata['partition-specs'].find((spec) => spec['spec-id'] === specId);
  if (found === undefined) throw broken(metadata, `partition spec ${specId}`);
  return found;
}

function broken(metadata: TableMetadata, what: string): EngineError {
  return new EngineError('IO', `table at ${metadata.location}: expected ${what} in its metadata, found none`);
}

/** The newest snapshot of the main branch; null for an empty table (Java writes −1 for none). */
export function currentSnapshot(metadata: TableMetadata): SnapshotJson | null {
  const id = metadata.refs?.[mainBranch]?.['snapshot-id'] ?? metadata['current-snapshot-id'];
  return id === undefined || id === null || sameLong(id, -1) ? null : findSnapshot(metadata, id);
}

export function findSnapshot(metadata: TableMetadata, id: Long): SnapshotJson | null {
  return metadata.snapshots?.find((snapshot) => sameLong(snapshot['snapshot-id'], id)) ?? null;
}

/** From the newest snapshot of the main branch backwards, as far as the metadata remembers. */
export function* ancestors(metadata: TableMetadata): Generator<SnapshotJson> {
  const byId = new Map(metadata.snapshots?.map((snapshot) => [BigInt(snapshot['snapshot-id']), snapshot]));
  let snapshot = currentSnapshot(metadata);
  while (snapshot !== null) {
    yield snapshot;
    const parent = snapshot['parent-snapshot-id'];
    snapshot = parent === undefined || parent === null ? null : (byId.get(BigInt(parent)) ?? null);
  }
}
