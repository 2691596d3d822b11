/** What has to hold of the metadata that a commit changes (REST catalog specification, TableRequirement). */
import { EngineError } from '../model/errors.ts';
import { sameLong } from './json.ts';
import { firstPartitionFieldId } from './partition-spec.ts';
import { currentSnapshot, mainBranch, type TableMetadata } from './table-metadata.ts';
import type { TableRequirement } from './table-update.ts';

/**
 * null when all hold, else which does not, in the words of Iceberg's own catalogs: clients look for them. `metadata` null: there is no table.
 * EngineError INVALID_OPTION for a requirement that is not known: it can't be said to hold.
 */
export function failedRequirement(
  metadata: TableMetadata | null,
  requirements: readonly TableRequirement[],
): string | null {
  for (const requirement of requirements) {
    const fault = faultOf(metadata, requirement);
    if (fault !== null) return `Requirement failed: ${fault}`;
  }
  return null;
}

function faultOf(metadata: TableMetadata | null, requirement: TableRequirement): string | null {
  if (requirement.type === 'assert-create') return metadata === null ? null : 'table already exists';
  if (metadata === null) return 'table does not exist';
  switch (requirement.type) {
    case 'assert-table-uuid': {
      const found = metadata['table-uuid'];
      const isSame = requirement.uuid.toLowerCase() === found.toLowerCase();
      return isSame ? null : `UUID does not match: expected ${found} != ${requirement.uuid}`;
    }
    case 'assert-ref-snapshot-id':
      return refFault(metadata, requirement);
    case 'assert-last-assigned-field-id':
      return changed('last assigned field id', requirement['last-assigned-field-id'], metadata['last-column-id']);
    case 'assert-current-schema-id':
      return changed('current schema', requirement['current-schema-id'], metadata['current-schema-id'] ?? 0);
    case 'assert-last-assigned-partition-id': {
      const found = metadata['last-partition-id'] ?? firstPartitionFieldId - 1;
      return changed('last assigned partition id', requirement['last-assigned-partition-id'], found);
    }
    case 'assert-default-spec-id':
      return changed('default partition spec', requirement['default-spec-id'], metadata['default-spec-id'] ?? 0);
    case 'assert-default-sort-order-id':
      return changed(
        'default sort order',
        requirement['default-sort-order-id'],
        metadata['default-sort-order-id'] ?? 0,
      );
    default: {
      const { type } = requirement as { type: string };
      throw new EngineError('INVALID_OPTION', `requirement '${type}': expected one of the REST catalog specification`);
    }
  }
}

function refFault(
  metadata: TableMetadata,
  { ref, ...requirement }: Extract<TableRequirement, { type: 'assert-ref-snapshot-id' }>,
): string | null {
  const expected = requirement['snapshot-id'];
  const found = ref === mainBranch ? currentSnapshot(metadata)?.['snapshot-id'] : metadata.refs?.[ref]?.['snapshot-id'];
  if (sameLong(found, expected)) return null;
  if (expected === null) return `branch ${ref} was created concurrently`;
  if (found === undefined) return `branch or tag ${ref} is missing, expected ${expected}`;
  return `branch ${ref} has changed: expected id ${expected} != ${found}`;
}

function changed(what: string, expected: number, found: number): string | null {
  return expected === found ? null : `${what} changed: expected id ${expected} != ${found}`;
}
