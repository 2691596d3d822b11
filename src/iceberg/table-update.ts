/**
 * Commits as data: what has to hold (requirements) and what changes (updates), in the JSON of the REST catalog specification. What a catalog
 * does with them: table-requirement.ts, metadata-updates.ts.
 */
import type { Long } from './json.ts';
import type { PartitionSpecJson } from './partition-spec.ts';
import type { SchemaJson } from './schema.ts';
import type { SnapshotJson, SnapshotRefJson, SortOrderJson, StatisticsJson } from './table-metadata.ts';

export type TableRequirement =
  | Readonly<{ type: 'assert-create' }>
  | Readonly<{ type: 'assert-table-uuid'; uuid: string }>
  | Readonly<{ type: 'assert-ref-snapshot-id'; ref: string; 'snapshot-id': Long | null }>
  | Readonly<{ type: 'assert-last-assigned-field-id'; 'last-assigned-field-id': number }>
  | Readonly<{ type: 'assert-current-schema-id'; 'current-schema-id': number }>
  | Readonly<{ type: 'assert-last-assigned-partition-id'; 'last-assigned-partition-id': number }>
  | Readonly<{ type: 'assert-default-spec-id'; 'default-spec-id': number }>
  | Readonly<{ type: 'assert-default-sort-order-id'; 'default-sort-order-id': number }>;

/** An id of −1 means what the same commit added last. */
export type TableUpdate =
  | Readonly<{ action: 'assign-uuid'; uuid: string }>
  | Readonly<{ action: 'upgrade-format-version'; 'format-version': number }>
  | Readonly<{ action: 'add-schema'; schema: SchemaJson }>
  | Readonly<{ action: 'set-current-schema'; 'schema-id': number }>
  | Readonly<{ action: 'remove-schemas'; 'schema-ids': readonly number[] }>
  | Readonly<{ action: 'add-spec'; spec: PartitionSpecJson }>
  | Readonly<{ action: 'set-default-spec'; 'spec-id': number }>
  | Readonly<{ action: 'remove-partition-specs'; 'spec-ids': readonly number[] }>
  | Readonly<{ action: 'add-sort-order'; 'sort-order': SortOrderJson }>
  | Readonly<{ action: 'set-default-sort-order'; 'sort-order-id': number }>
  | Readonly<{ action: 'add-snapshot'; snapshot: SnapshotJson }>
  | (Readonly<{ action: 'set-snapshot-ref'; 'ref-name': string }> & SnapshotRefJson)
  | Readonly<{ action: 'remove-snapshots'; 'snapshot-ids': readonly Long[] }>
  | Readonly<{ action: 'remove-snapshot-ref'; 'ref-name': string }>
  | Readonly<{ action: 'set-location'; location: string }>
  | Readonly<{ action: 'set-properties'; updates: Readonly<Record<string, string>> }>
  | Readonly<{ action: 'remove-properties'; removals: readonly string[] }>
  | Readonly<{ action: 'set-statistics'; statistics: StatisticsJson }>
  | Readonly<{ action: 'remove-statistics'; 'snapshot-id': Long }>
  | Readonly<{ action: 'set-partition-statistics'; 'partition-statistics': StatisticsJson }>
  | Readonly<{ action: 'remove-partition-statistics'; 'snapshot-id': Long }>;

export type TableCommit = Readonly<{ requirements: readonly TableRequirement[]; updates: readonly TableUpdate[] }>;
