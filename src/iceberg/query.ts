/** SQL over the lake's tables. DuckDB takes a tenth of a second to load, which only a command that queries has to pay. */
import type { Catalog } from '../model/table.ts';
import type { QueryOptions, QueryResult } from './query-run.ts';

/**
 * Tables are named `catalog.database.table`, `database.table` or `table`, each with `FOR SYSTEM_VERSION AS OF snapshot` or
 * `FOR SYSTEM_TIME AS OF 'timestamp'` behind it if wanted. EngineError SQL_SYNTAX, SQL_VALIDATION, NOT_FOUND, UNSUPPORTED (anything but
 * one SELECT), LIMIT.
 */
export async function queryLake(
  sql: string,
  catalogs: ReadonlyMap<string, Catalog>,
  options: QueryOptions,
): Promise<QueryResult> {
  const { runLakeQuery } = await import('./query-run.ts');
  return runLakeQuery(sql, catalogs, options);
}
