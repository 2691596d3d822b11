/**
 * An append as data: from the metadata just checked to the manifest list and the commit that swaps that very base. The pure part of the
 * commit protocol.
 */
import type { Long } from './json.ts';
import { type ManifestFile, writeManifestList } from './manifest-list.ts';
import { currentSnapshot, mainBranch, type SnapshotJson, type TableMetadata } from './table-metadata.ts';
import type { TableCommit } from './table-update.ts';

/** What the new files hold, for the summary. */
export type AppendTotals = Readonly<{ files: number; records: number; bytes: number; partitions: number }>;

export type AppendRequest = Readonly<{
  /** Made before the first attempt and kept: a catalog refuses a second snapshot of the id. */
  snapshotId: bigint;
  /** `replace` changes no rows: manifests are put together. */
  operation: 'append' | 'replace';
  /** What the table's manifests are after this: the base's, and new ones. */
  manifests: readonly ManifestFile[];
  totals: AppendTotals;
  manifestListPath: string;
  nowMs: number;
  /** Keys of the summary beside the metrics. */
  summary: Readonly<Record<string, string>>;
  /** Table properties set in the same commit. */
  properties: Readonly<Record<string, string>>;
}>;

export function planAppend(
  base: TableMetadata,
  request: AppendRequest,
): { manifestList: Uint8Array; commit: TableCommit } {
  const parent = currentSnapshot(base);
  const parentSnapshotId = parent === null ? null : parent['snapshot-id'];
  const sequenceNumber = BigInt(base['last-sequence-number'] ?? 0) + 1n;
  const owner = {
    snapshotId: request.snapshotId,
    parentSnapshotId: parentSnapshotId === null ? null : BigInt(parentSnapshotId),
    sequenceNumber,
  };
  const snapshot: SnapshotJson = {
    'snapshot-id': toLong(request.snapshotId),
    ...(parentSnapshotId === null ? {} : { 'parent-snapshot-id': parentSnapshotId }),
    'sequence-number': toLong(sequenceNumber),
    'timestamp-ms': Math.max(request.nowMs, base['last-updated-ms']), // histories never go back
    'manifest-list': request.manifestListPath,
    summary: summaryOf(parent, request),
    'schema-id': base['current-schema-id'] ?? 0,
  };
  return {
    manifestList: writeManifestList(request.manifests, owner),
    commit: {
      requirements: [
        { type: 'assert-table-uuid', uuid: base['table-uuid'] },
        { type: 'assert-ref-snapshot-id', ref: mainBranch, 'snapshot-id': parentSnapshotId },
      ],
      updates: [
        { action: 'add-snapshot', snapshot },
        { action: 'set-snapshot-ref', 'ref-name': mainBranch, type: 'branch', 'snapshot-id': snapshot['snapshot-id'] },
        ...(Object.keys(request.properties).length === 0
          ? []
          : [{ action: 'set-properties' as const, updates: request.properties }]),
      ],
    },
  };
}

function toLong(value: bigint): Long {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** Totals that grow with an append, and by which of its metrics; delete totals are carried over. */
const growing: readonly (readonly [string, keyof AppendTotals])[] = [
  ['total-data-files', 'files'],
  ['total-records', 'records'],
  ['total-files-size', 'bytes'],
];
const carried = ['total-delete-files', 'total-position-deletes', 'total-equality-deletes'];

function summaryOf(parent: SnapshotJson | null, request: AppendRequest): Record<string, string> {
  const { totals } = request;
  const summary: Record<string, string> = { operation: request.operation, ...request.summary };
  if (totals.files > 0) {
    summary['added-data-files'] = String(totals.files);
    summary['added-records'] = String(totals.records);
    summary['added-files-size'] = String(totals.bytes);
    summary['changed-partition-count'] = String(totals.partitions);
  }
  const before = (key: string): string | undefined => (parent === null ? '0' : parent.summary?.[key]);
  for (const [key, metric] of growing) {
    const base = before(key);
    if (base !== undefined) summary[key] = String(BigInt(base) + BigInt(totals[metric]));
  }
  for (const key of carried) {
    const base = before(key);
    if (base !== undefined) summary[key] = base;
  }
  return summary;
}
