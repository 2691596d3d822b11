/**
 * What a catalog does with the updates of a commit: one metadata document to the next, pure. Rules are those of the table specification and
 * of the REST catalog specification; ids are given as Iceberg's own TableMetadata gives them, so that clients find what they expect.
 */
import { EngineError } from '../model/errors.ts';
import { sameLong } from './json.ts';
import {
  addSchema,
  addSortOrder,
  addSpec,
  type Batch,
  idOf,
  removeSchemas,
  removeSpecs,
  setDefaultSortOrder,
  setDefaultSpec,
} from './metadata-shape.ts';
import { addSnapshot, removeRef, removeSnapshots, setRef, withoutIntermediates } from './metadata-snapshots.ts';
import { type StatisticsJson, schemaJsonOf, type TableMetadata } from './table-metadata.ts';
import type { TableUpdate } from './table-update.ts';

const newestFormatVersion = 3;

/**
 * The next metadata. EngineError CONFLICT for a snapshot id that is there already or a sequence number that is not new, INVALID_OPTION for
 * an update that is not known or names what is not there.
 */
export function applyUpdates(metadata: TableMetadata, updates: readonly TableUpdate[], nowMs: number): TableMetadata {
  const batch: Batch = { schemaId: null, specId: null, sortOrderId: null, snapshots: new Set(), nowMs };
  let next = metadata;
  for (const update of updates) next = applyUpdate(next, update, batch);
  const added = next.snapshots?.filter((snapshot) => batch.snapshots.has(BigInt(snapshot['snapshot-id']))) ?? [];
  const newest = Math.max(next['last-updated-ms'], nowMs, ...added.map((snapshot) => snapshot['timestamp-ms']));
  return { ...withoutIntermediates(next, batch), 'last-updated-ms': newest };
}

function applyUpdate(metadata: TableMetadata, update: TableUpdate, batch: Batch): TableMetadata {
  switch (update.action) {
    case 'assign-uuid':
      return { ...metadata, 'table-uuid': update.uuid };
    case 'upgrade-format-version':
      return upgrade(metadata, update['format-version']);
    case 'add-schema':
      return addSchema(metadata, update.schema, batch);
    case 'set-current-schema': {
      const id = idOf(update['schema-id'], batch.schemaId, 'schema');
      return { ...metadata, 'current-schema-id': schemaJsonOf(metadata, id)['schema-id'] };
    }
    case 'remove-schemas':
      return removeSchemas(metadata, update['schema-ids']);
    case 'add-spec':
      return addSpec(metadata, update.spec, batch);
    case 'set-default-spec':
      return setDefaultSpec(metadata, idOf(update['spec-id'], batch.specId, 'partition spec'));
    case 'remove-partition-specs':
      return removeSpecs(metadata, update['spec-ids']);
    case 'add-sort-order':
      return addSortOrder(metadata, update['sort-order'], batch);
    case 'set-default-sort-order':
      return setDefaultSortOrder(metadata, idOf(update['sort-order-id'], batch.sortOrderId, 'sort order'));
    case 'add-snapshot':
      return addSnapshot(metadata, update.snapshot, batch);
    case 'set-snapshot-ref': {
      const { action: _action, 'ref-name': name, ...ref } = update;
      return setRef(metadata, name, ref, batch);
    }
    case 'remove-snapshots':
      return removeSnapshots(metadata, update['snapshot-ids']);
    case 'remove-snapshot-ref':
      return removeRef(metadata, update['ref-name']);
    default:
      return applyPlain(metadata, update);
  }
}

/** Updates of one field. */
function applyPlain(metadata: TableMetadata, update: TableUpdate): TableMetadata {
  switch (update.action) {
    case 'set-location':
      return { ...metadata, location: update.location.replace(/\/+$/, '') };
    case 'set-properties':
      return { ...metadata, properties: { ...metadata.properties, ...update.updates } };
    case 'remove-properties': {
      const kept = Object.entries(metadata.properties ?? {}).filter(([key]) => !update.removals.includes(key));
      return { ...metadata, properties: Object.fromEntries(kept) };
    }
    case 'set-statistics':
      return { ...metadata, statistics: replaced(metadata.statistics, update.statistics) };
    case 'remove-statistics':
      return { ...metadata, statistics: without(metadata.statistics, update['snapshot-id']) };
    case 'set-partition-statistics':
      return {
        ...metadata,
        'partition-statistics': replaced(metadata['partition-statistics'], update['partition-statistics']),
      };
    case 'remove-partition-statistics':
      return {
        ...metadata,
        'partition-statistics': without(metadata['partition-statistics'], update['snapshot-id']),
      };
    default:
      throw new EngineError(
        'INVALID_OPTION',
        `update '${update.action}': expected one of the REST catalog specification`,
      );
  }
}

function upgrade(metadata: TableMetadata, version: number): TableMetadata {
  const found = metadata['format-version'];
  if (!(version >= found && version <= newestFormatVersion)) {
    throw new EngineError(
      'INVALID_OPTION',
      `format version: expected one from ${found} up to ${newestFormatVersion}, got ${version}`,
    );
  }
  const rowIds = version >= 3 ? { 'next-row-id': metadata['next-row-id'] ?? 0 } : {};
  return { ...metadata, ...rowIds, 'format-version': version };
}

function without(list: readonly StatisticsJson[] | undefined, id: StatisticsJson['snapshot-id']): StatisticsJson[] {
  return (list ?? []).filter((one) => !sameLong(one['snapshot-id'], id));
}

function replaced(list: readonly StatisticsJson[] | undefined, given: StatisticsJson): StatisticsJson[] {
  return [...without(list, given['snapshot-id']), given];
}
