/**
 * Where tables do not bring a full changelog: the newest row by key alone (upsert topics), or changes more than once. Their rows are
 * brought into one, by the PRIMARY KEY, as soon as they are read and have their watermarks. Flink's ChangelogNormalize.
 */
import { EngineError } from '../../model/errors.ts';
import { inputsOf, type PlanNode, type ScanNode, withInputs } from '../../model/plan.ts';
import { formatPath, type TableDefinition } from '../../model/table.ts';
import { isInsertOnly, tableChanges } from './changelog.ts';

const duplicatesKey = 'table.exec.source.cdc-events-duplicate';

/** `settings`: what SET has set. */
export function normalizeSources(node: PlanNode, settings: ReadonlyMap<string, string>): PlanNode {
  const scan = scanOf(node);
  const duplicates = settings.get(duplicatesKey)?.trim().toLowerCase() === 'true';
  if (scan !== null && needsNormalizing(scan.table, duplicates)) return normalized(node, scan.table);
  return withInputs(
    node,
    inputsOf(node).map((input) => normalizeSources(input, settings)),
  );
}

/** Of a scan, and of the watermarks on one. */
function scanOf(node: PlanNode): ScanNode | null {
  if (node.kind === 'scan') return node;
  if (node.kind !== 'watermark') return null;
  const below = node.input.kind === 'calc' ? node.input.input : node.input;
  return below.kind === 'scan' ? below : null;
}

function needsNormalizing(table: TableDefinition, duplicates: boolean): boolean {
  if (table.options.get('connector') === 'upsert-kafka') return true;
  return duplicates && !isInsertOnly(tableChanges(table));
}

function normalized(input: PlanNode, table: TableDefinition): PlanNode {
  const { primaryKey } = table;
  if (primaryKey.length === 0) {
    const what =
      table.options.get('connector') === 'upsert-kafka' ? "the connector 'upsert-kafka'" : `'${duplicatesKey}'`;
    throw new EngineError(
      'SQL_VALIDATION',
      `table ${formatPath(table.path)}: ${what} needs a PRIMARY KEY, found none`,
      {
        hint: 'Add PRIMARY KEY (…) NOT ENFORCED: its columns say which rows replace each other.',
      },
    );
  }
  const names = input.fields.map(({ name }) => name);
  return {
    kind: 'changelog_normalize',
    input,
    keys: primaryKey.map((name) => names.indexOf(name)),
    condition: null,
    fields: input.fields,
  };
}
