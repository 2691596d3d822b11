/** Updates of a table's schemas, partition specs and sort orders. What is there already in the same form is found again, not added. */
import { EngineError } from '../model/errors.ts';
import { highestFieldId } from './fresh-ids.ts';
import { firstPartitionFieldId, type PartitionSpecJson } from './partition-spec.ts';
import type { SchemaJson } from './schema.ts';
import { type SortOrderJson, specOf, type TableMetadata } from './table-metadata.ts';

/** What one commit has added so far, and its time in ms. */
export type Batch = {
  schemaId: number | null;
  specId: number | null;
  sortOrderId: number | null;
  readonly snapshots: Set<bigint>;
  readonly nowMs: number;
};

const lastAdded = -1;
const unsortedId = 0;

/** −1 is what the commit added last. */
export function idOf(given: number, added: number | null, what: string): number {
  if (given !== lastAdded) return given;
  if (added !== null) return added;
  throw new EngineError('INVALID_OPTION', `Cannot set last added ${what}: no ${what} has been added`);
}

export function addSchema(metadata: TableMetadata, schema: SchemaJson, batch: Batch): TableMetadata {
  const lastColumnId = Math.max(metadata['last-column-id'], highestFieldId(schema.fields));
  const form = (one: SchemaJson): string => JSON.stringify([one.fields, one['identifier-field-ids'] ?? []]);
  const same = metadata.schemas.find((one) => form(one) === form(schema));
  const next = Math.max(metadata['current-schema-id'] ?? 0, ...metadata.schemas.map((one) => one['schema-id'] + 1));
  batch.schemaId = same?.['schema-id'] ?? next;
  const schemas = same === undefined ? [...metadata.schemas, { ...schema, 'schema-id': next }] : metadata.schemas;
  return { ...metadata, schemas, 'last-column-id': lastColumnId };
}

export function removeSchemas(metadata: TableMetadata, ids: readonly number[]): TableMetadata {
  if (ids.includes(metadata['current-schema-id'] ?? 0)) throw inUse('the current schema');
  return { ...metadata, schemas: metadata.schemas.filter((schema) => !ids.includes(schema['schema-id'])) };
}

/** Field ids that are missing are given on from the last ones. */
export function addSpec(metadata: TableMetadata, spec: PartitionSpecJson, batch: Batch): TableMetadata {
  let last = metadata['last-partition-id'] ?? firstPartitionFieldId - 1;
  const fields = spec.fields.map((field) => {
    const id = field['field-id'] ?? last + 1;
    last = Math.max(last, id);
    return { ...field, 'field-id': id };
  });
  const form = (one: PartitionSpecJson): string =>
    JSON.stringify(one.fields.map((field) => [field['source-id'], field.transform, field.name]));
  const same = metadata['partition-specs'].find((one) => form(one) === form(spec));
  const next = Math.max(0, ...metadata['partition-specs'].map((one) => one['spec-id'] + 1));
  batch.specId = same?.['spec-id'] ?? next;
  const added = same === undefined ? [{ 'spec-id': next, fields }] : [];
  return { ...metadata, 'partition-specs': [...metadata['partition-specs'], ...added], 'last-partition-id': last };
}

export function setDefaultSpec(metadata: TableMetadata, id: number): TableMetadata {
  return { ...metadata, 'default-spec-id': specOf(metadata, id)['spec-id'] };
}

export function removeSpecs(metadata: TableMetadata, ids: readonly number[]): TableMetadata {
  if (ids.includes(metadata['default-spec-id'] ?? 0)) throw inUse('the default partition spec');
  const kept = metadata['partition-specs'].filter((spec) => !ids.includes(spec['spec-id']));
  return { ...metadata, 'partition-specs': kept };
}

export function addSortOrder(metadata: TableMetadata, order: SortOrderJson, batch: Batch): TableMetadata {
  const orders = metadata['sort-orders'] ?? [];
  const form = (one: SortOrderJson): string => JSON.stringify(one.fields);
  const same = orders.find((one) => form(one) === form(order));
  const next =
    order.fields.length === 0 ? unsortedId : Math.max(unsortedId, ...orders.map((one) => one['order-id'])) + 1;
  batch.sortOrderId = same?.['order-id'] ?? next;
  return same === undefined ? { ...metadata, 'sort-orders': [...orders, { ...order, 'order-id': next }] } : metadata;
}

export function setDefaultSortOrder(metadata: TableMetadata, id: number): TableMetadata {
  if (metadata['sort-orders']?.some((order) => order['order-id'] === id)) {
    return { ...metadata, 'default-sort-order-id': id };
  }
  throw new EngineError('INVALID_OPTION', `sort order ${id}: expected one of the table, found none`);
}

function inUse(what: string): EngineError {
  return new EngineError('INVALID_OPTION', `Cannot remove ${what}: it is in use`);
}
