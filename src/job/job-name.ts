/** What a job is called whose script gives it no name. */
import type { Pipeline } from '../model/plan.ts';

/** As Flink names them: `collect` for a query, `insert-into_catalog.database.table` for an INSERT. */
export function defaultJobName(pipelines: readonly Pipeline[]): string {
  const { sink } = pipelines[0]!;
  if (sink.kind === 'collect') return 'collect';
  const { catalog, database, name } = sink.table.path;
  return `insert-into_${catalog}.${database}.${name}`.replaceAll(/[/\\\p{Cc}]/gu, '_');
}
