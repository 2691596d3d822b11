/** The node of a job graph that looks rows up. */
import type { ConnectorContext, ConnectorRegistry } from '../model/connector.ts';
import type { LookupJoinSpec } from '../model/job-graph.ts';
import type { LookupJoinNode } from '../model/plan.ts';
import { formatPath, type TableDefinition } from '../model/table.ts';
import type { Field } from '../model/types.ts';
import { changelogOf } from '../sql/planner/changelog.ts';
import { connectorOf } from './connector-of.ts';
import type { NodeDraft } from './graph-assembly.ts';
import { splitPlannerOptions } from './planner-options.ts';

type LookupPlanContext = Readonly<{ connectors: ConnectorRegistry; connectorContext: ConnectorContext }>;

export function lookupDraft(node: LookupJoinNode, inputFields: readonly Field[], ctx: LookupPlanContext): NodeDraft {
  const { input, table: definition, ...rest } = node;
  const table = withoutPlannerOptions(definition);
  const { name, lookup } = connectorOf(table, 'lookup', ctx.connectors);
  const keyColumns = node.keys.map(({ column }) => column);
  const spec: LookupJoinSpec = {
    ...rest,
    inputFields,
    inputChanges: changelogOf(input),
    connector: name,
    config: lookup.plan(table, node.columns, keyColumns, ctx.connectorContext),
    tableName: formatPath(table.path),
  };
  return { spec, label: `LookupJoin: ${table.path.name}`, formerShape: null };
}

/** The connector checks its own options and those of lookups. */
function withoutPlannerOptions(definition: TableDefinition): TableDefinition {
  const { table } = splitPlannerOptions(definition);
  const lookups = [...definition.options].filter(([key]) => key.startsWith('lookup.'));
  return { ...table, options: new Map([...table.options, ...lookups]) };
}
