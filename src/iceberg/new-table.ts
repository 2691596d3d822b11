/** The first metadata of a table, as a catalog writes it when the table is made. */
import type { NewTable } from './lake-catalog.ts';
import { firstPartitionFieldId } from './partition-spec.ts';
import type { TableMetadata } from './table-metadata.ts';

/** `format-version` is a field of its own, not a property. */
export function newTableMetadata(
  request: NewTable,
  given: Readonly<{ uuid: string; location: string; nowMs: number }>,
): TableMetadata {
  const { 'format-version': _version, ...properties } = request.properties;
  const partitionIds = request.spec.fields.map((field) => field['field-id']);
  return {
    'format-version': 2,
    'table-uuid': given.uuid,
    location: given.location,
    'last-sequence-number': 0,
    'last-updated-ms': given.nowMs,
    'last-column-id': Math.max(0, ...request.schema.fields.map((field) => field.id)),
    'current-schema-id': 0,
    schemas: [request.schema],
    'default-spec-id': 0,
    'partition-specs': [request.spec],
    'last-partition-id': Math.max(firstPartitionFieldId - 1, ...partitionIds),
    'default-sort-order-id': 0,
    'sort-orders': [{ 'order-id': 0, fields: [] }],
    properties,
    snapshots: [],
    refs: {},
    'snapshot-log': [],
    'metadata-log': [],
  };
}
