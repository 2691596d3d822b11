/** The first metadata of a table, as a catalog writes it when the table is made. */
import { EngineError } from '../model/errors.ts';
import { highestFieldId } from './fresh-ids.ts';
import type { NewTable } from './lake-catalog.ts';
import { firstPartitionFieldId } from './partition-spec.ts';
import type { SortOrderJson, TableMetadata } from './table-metadata.ts';

const unsorted: SortOrderJson = { 'order-id': 0, fields: [] };
const defaultFormatVersion = 2;
const newestFormatVersion = 3;

/** `format-version` is a field of its own, not a property. */
export function newTableMetadata(
  request: NewTable & Readonly<{ sortOrder?: SortOrderJson | undefined }>,
  given: Readonly<{ uuid: string; location: string; nowMs: number }>,
): TableMetadata {
  const { 'format-version': version, ...properties } = request.properties;
  const partitionIds = request.spec.fields.map((field) => field['field-id']);
  const order = request.sortOrder ?? unsorted;
  return {
    ...emptyMetadata(given.uuid, given.nowMs, formatVersionOf(version)),
    location: given.location,
    'last-column-id': highestFieldId(request.schema.fields),
    schemas: [request.schema],
    'partition-specs': [request.spec],
    'last-partition-id': Math.max(firstPartitionFieldId - 1, ...partitionIds),
    'default-sort-order-id': order['order-id'],
    'sort-orders': [order],
    properties,
  };
}

/** What a commit that makes a table begins with. */
export function emptyMetadata(uuid: string, nowMs: number, version = defaultFormatVersion): TableMetadata {
  return {
    'format-version': version,
    'table-uuid': uuid,
    location: '',
    'last-sequence-number': 0,
    'last-updated-ms': nowMs,
    'last-column-id': 0,
    'current-schema-id': 0,
    schemas: [],
    'default-spec-id': 0,
    'partition-specs': [],
    'last-partition-id': firstPartitionFieldId - 1,
    'default-sort-order-id': 0,
    'sort-orders': [],
    properties: {},
    ...(version >= 3 ? { 'next-row-id': 0 } : {}),
    snapshots: [],
    refs: {},
    'snapshot-log': [],
    'metadata-log': [],
  };
}

function formatVersionOf(text: string | undefined): number {
  const version = text === undefined ? defaultFormatVersion : Number(text);
  if (Number.isInteger(version) && version >= 1 && version <= newestFormatVersion) return version;
  throw new EngineError(
    'INVALID_OPTION',
    `property 'format-version': expected 1 to ${newestFormatVersion}, got '${text}'`,
  );
}
