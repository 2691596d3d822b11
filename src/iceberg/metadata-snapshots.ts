/** Updates of a table's snapshots and of the names for them: branches, tags, the log of what was current. */
import { EngineError } from '../model/errors.ts';
import { type Long, sameLong } from './json.ts';
import type { Batch } from './metadata-shape.ts';
import {
  findSnapshot,
  mainBranch,
  type SnapshotJson,
  type SnapshotRefJson,
  type TableMetadata,
} from './table-metadata.ts';

const noSnapshot = -1; // Java writes it for an empty table

export function addSnapshot(metadata: TableMetadata, snapshot: SnapshotJson, batch: Batch): TableMetadata {
  const id = snapshot['snapshot-id'];
  if (findSnapshot(metadata, id) !== null) {
    throw new EngineError('CONFLICT', `Snapshot already exists for id: ${id}`);
  }
  const last = metadata['last-sequence-number'] ?? 0;
  const sequenceNumber = snapshot['sequence-number'] ?? 0;
  if (metadata['format-version'] > 1 && snapshotHasParent(snapshot) && BigInt(sequenceNumber) <= BigInt(last)) {
    throw new EngineError(
      'CONFLICT',
      `Cannot add snapshot with sequence number ${sequenceNumber} older than last sequence number ${last}`,
    );
  }
  batch.snapshots.add(BigInt(id));
  return {
    ...metadata,
    ...rowIdsAfter(metadata, snapshot),
    'last-sequence-number': BigInt(sequenceNumber) > BigInt(last) ? sequenceNumber : last,
    snapshots: [...(metadata.snapshots ?? []), snapshot],
  };
}

/** A first snapshot of a history may begin the numbers anew, as after a table was replaced. */
function snapshotHasParent(snapshot: SnapshotJson): boolean {
  const parent = snapshot['parent-snapshot-id'];
  return parent !== undefined && parent !== null;
}

function rowIdsAfter(metadata: TableMetadata, snapshot: SnapshotJson): Pick<TableMetadata, 'next-row-id'> {
  if (metadata['format-version'] < 3) return {};
  const next = metadata['next-row-id'] ?? 0;
  const first = snapshot['first-row-id'];
  if (first === undefined || BigInt(first) < BigInt(next)) {
    const message = `Cannot add a snapshot, first-row-id is behind table next-row-id: ${first ?? null} < ${next}`;
    throw new EngineError('CONFLICT', message);
  }
  const sum = BigInt(next) + BigInt(snapshot['added-rows'] ?? 0);
  return { 'next-row-id': Number.isSafeInteger(Number(sum)) ? Number(sum) : sum };
}

export function setRef(metadata: TableMetadata, name: string, ref: SnapshotRefJson, batch: Batch): TableMetadata {
  const snapshotId = ref['snapshot-id'];
  const snapshot = findSnapshot(metadata, snapshotId);
  if (snapshot === null) {
    throw new EngineError('INVALID_OPTION', `Cannot set ${name} to unknown snapshot: ${snapshotId}`);
  }
  const before = metadata.refs?.[name];
  if (before !== undefined && JSON.stringify(refForm(before)) === JSON.stringify(refForm(ref))) return metadata;
  const refs = { ...metadata.refs, [name]: ref };
  if (name !== mainBranch) return { ...metadata, refs };
  const time = batch.snapshots.has(BigInt(snapshotId)) ? snapshot['timestamp-ms'] : batch.nowMs;
  const entry = { 'timestamp-ms': time, 'snapshot-id': snapshotId };
  return {
    ...metadata,
    refs,
    'current-snapshot-id': snapshotId,
    'snapshot-log': [...(metadata['snapshot-log'] ?? []), entry],
  };
}

function refForm(ref: SnapshotRefJson): unknown {
  const { 'snapshot-id': id, ...rest } = ref;
  return [
    String(id),
    Object.entries(rest)
      .map(([key, value]) => [key, String(value)])
      .sort(),
  ];
}

export function removeRef(metadata: TableMetadata, name: string): TableMetadata {
  const { [name]: removed, ...refs } = metadata.refs ?? {};
  if (removed === undefined && name !== mainBranch) return metadata;
  if (name !== mainBranch) return { ...metadata, refs };
  return { ...metadata, refs, 'current-snapshot-id': noSnapshot };
}

/** With them go the names for them, and the log before the oldest that was taken out of it. */
export function removeSnapshots(metadata: TableMetadata, ids: readonly Long[]): TableMetadata {
  const gone = (id: Long | null | undefined): boolean => ids.some((one) => sameLong(one, id ?? noSnapshot));
  const refs = Object.entries(metadata.refs ?? {}).filter(([, ref]) => !gone(ref['snapshot-id']));
  const log = metadata['snapshot-log'] ?? [];
  const lastGone = log.findLastIndex((entry) => gone(entry['snapshot-id']));
  const hasLostMain = metadata.refs?.[mainBranch] !== undefined && !refs.some(([name]) => name === mainBranch);
  const kept = (list: TableMetadata['statistics']): TableMetadata['statistics'] =>
    list?.filter((one) => !gone(one['snapshot-id']));
  const { statistics, 'partition-statistics': partitionStatistics, ...rest } = metadata;
  return {
    ...rest,
    ...(statistics === undefined ? {} : { statistics: kept(statistics)! }),
    ...(partitionStatistics === undefined ? {} : { 'partition-statistics': kept(partitionStatistics)! }),
    refs: Object.fromEntries(refs),
    snapshots: (metadata.snapshots ?? []).filter((snapshot) => !gone(snapshot['snapshot-id'])),
    'snapshot-log': hasLostMain ? [] : log.slice(lastGone + 1),
    ...(hasLostMain ? { 'current-snapshot-id': noSnapshot } : {}),
  };
}

/** What one commit made current and replaced again was never seen by anyone: the log leaves it out. */
export function withoutIntermediates(metadata: TableMetadata, batch: Batch): TableMetadata {
  const log = metadata['snapshot-log'];
  if (batch.snapshots.size < 2 || log === undefined) return metadata;
  const current = metadata['current-snapshot-id'];
  const seen = log.filter(
    ({ 'snapshot-id': id }) => !batch.snapshots.has(BigInt(id)) || sameLong(id, current ?? noSnapshot),
  );
  return { ...metadata, 'snapshot-log': seen };
}
