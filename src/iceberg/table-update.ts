/**
 * Commits as data: what has to hold (requirements) and what changes (updates), in the JSON of the REST catalog specification. `apply…`
 * is what a catalog does with them; pure.
 */
import { EngineError } from '../model/errors.ts';
import { type Long, sameLong } from './json.ts';
import { currentSnapshot, mainBranch, type SnapshotJson, type TableMetadata } from './table-metadata.ts';

export type TableRequirement =
  | Readonly<{ type: 'assert-table-uuid'; uuid: string }>
  | Readonly<{ type: 'assert-ref-snapshot-id'; ref: string; 'snapshot-id': Long | null }>;

export type TableUpdate =
  | Readonly<{ action: 'add-snapshot'; snapshot: SnapshotJson }>
  | Readonly<{ action: 'set-snapshot-ref'; 'ref-name': string; type: 'branch'; 'snapshot-id': Long }>
  | Readonly<{ action: 'set-properties'; updates: Readonly<Record<string, string>> }>;

export type TableCommit = Readonly<{ requirements: readonly TableRequirement[]; updates: readonly TableUpdate[] }>;

/** null when all hold, else which does not. */
export function failedRequirement(metadata: TableMetadata, requirements: readonly TableRequirement[]): string | null {
  for (const requirement of requirements) {
    if (requirement.type === 'assert-table-uuid') {
      if (metadata['table-uuid'].toLowerCase() === requirement.uuid.toLowerCase()) continue;
      return `requirement failed: table uuid: expected ${requirement.uuid}, got ${metadata['table-uuid']}`;
    }
    const found =
      requirement.ref === mainBranch
        ? currentSnapshot(metadata)?.['snapshot-id']
        : metadata.refs?.[requirement.ref]?.['snapshot-id'];
    if (sameLong(found, requirement['snapshot-id'])) continue;
    return `requirement failed: branch ${requirement.ref}: expected snapshot ${requirement['snapshot-id']}, got ${found ?? null}`;
  }
  return null;
}

/** The next metadata. EngineError CONFLICT for a snapshot id that is there already or a sequence number that is not new. */
export function applyUpdates(metadata: TableMetadata, updates: readonly TableUpdate[], nowMs: number): TableMetadata {
  const next = updates.reduce(applyUpdate, metadata);
  return { ...next, 'last-updated-ms': Math.max(next['last-updated-ms'], nowMs) };
}

function applyUpdate(metadata: TableMetadata, update: TableUpdate): TableMetadata {
  switch (update.action) {
    case 'add-snapshot':
      return addSnapshot(metadata, update.snapshot);
    case 'set-properties':
      return { ...metadata, properties: { ...metadata.properties, ...update.updates } };
    case 'set-snapshot-ref':
      return setRef(metadata, update['ref-name'], update['snapshot-id']);
  }
}

function addSnapshot(metadata: TableMetadata, snapshot: SnapshotJson): TableMetadata {
  const id = snapshot['snapshot-id'];
  if (metadata.snapshots?.some((other) => sameLong(other['snapshot-id'], id))) {
    throw new EngineError('CONFLICT', `Snapshot already exists for id: ${id}`);
  }
  const sequenceNumber = snapshot['sequence-number'] ?? 0;
  if (BigInt(sequenceNumber) <= BigInt(metadata['last-sequence-number'] ?? 0)) {
    throw new EngineError(
      'CONFLICT',
      `sequence number ${sequenceNumber}: expected one above ${metadata['last-sequence-number']}`,
    );
  }
  return {
    ...metadata,
    'last-sequence-number': sequenceNumber,
    'last-updated-ms': snapshot['timestamp-ms'],
    snapshots: [...(metadata.snapshots ?? []), snapshot],
  };
}

function setRef(metadata: TableMetadata, name: string, snapshotId: Long): TableMetadata {
  const refs = { ...metadata.refs, [name]: { 'snapshot-id': snapshotId, type: 'branch' as const } };
  if (name !== mainBranch) return { ...metadata, refs };
  const entry = { 'timestamp-ms': metadata['last-updated-ms'], 'snapshot-id': snapshotId };
  return {
    ...metadata,
    refs,
    'current-snapshot-id': snapshotId,
    'snapshot-log': [...(metadata['snapshot-log'] ?? []), entry],
  };
}
