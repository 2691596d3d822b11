/** Queries and INSERTs to the pipelines that a job is built of. */
import type { Pipeline } from '../../model/plan.ts';
import type { TableDefinition } from '../../model/table.ts';
import type { SqlQuery } from '../ast.ts';
import { QueryBinder } from '../binder/query-binder.ts';
import type { Relation } from '../binder/relation.ts';
import { bindCollect, bindSink } from '../binder/sink-binder.ts';
import type { MetadataColumns } from '../binder/table-source.ts';
import { sqlError, unsupported } from '../excerpt.ts';
import { normalizeSources } from '../planner/normalize.ts';
import { filterNormalized } from '../planner/normalize-filter.ts';
import { checkedOver } from '../planner/over-check.ts';
import { prunePipeline } from '../planner/prune.ts';
import type { InsertBody } from '../statement.ts';
import type { Namespace } from './namespace.ts';
import { lookUpTables } from './table-lookup.ts';
import type { UserFunctions } from './user-functions.ts';

export type PlanContext = Readonly<{
  namespace: Namespace;
  functions: UserFunctions;
  metadataColumns: MetadataColumns;
  /** What SET has set. */
  settings: ReadonlyMap<string, string>;
}>;

export async function bindQuery(query: SqlQuery, ctx: PlanContext): Promise<Relation> {
  const { namespace, functions, metadataColumns, settings } = ctx;
  const tables = await lookUpTables(query, { namespace, functions });
  return new QueryBinder({ tables, metadataColumns, settings }).bind(query);
}

/** A SELECT as it is bound; `plannedPipeline` makes of it what runs. */
export async function boundSelect(query: SqlQuery, ctx: PlanContext): Promise<Pipeline> {
  return { sink: { kind: 'collect' }, input: bindCollect(await bindQuery(query, ctx)) };
}

/** As `boundSelect`. */
export async function boundInsert(insert: InsertBody, ctx: PlanContext): Promise<Pipeline> {
  if (insert.unsupported !== null) throw unsupported(insert.unsupported.feature, insert.unsupported.place);
  const table = await targetTable(insert, ctx.namespace);
  const input = bindSink(insert, table, await bindQuery(insert.query, ctx));
  return { sink: { kind: 'table', table }, input };
}

export function plannedPipeline({ sink, input }: Pipeline, { settings }: PlanContext): Pipeline {
  const pruned = prunePipeline({ sink, input: checkedOver(normalizeSources(input, settings)) });
  return { sink, input: filterNormalized(pruned.input) };
}

export async function planInsert(insert: InsertBody, ctx: PlanContext): Promise<Pipeline> {
  return plannedPipeline(await boundInsert(insert, ctx), ctx);
}

async function targetTable({ target }: InsertBody, namespace: Namespace): Promise<TableDefinition> {
  const entry = await namespace.require(target);
  if (entry.kind === 'table') return entry;
  throw sqlError('SQL_VALIDATION', `'${entry.path.name}' is a view: nothing can be inserted into it`, target.position);
}
