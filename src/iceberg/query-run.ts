/**
 * SQL over the lake's tables: our planner lists the files, DuckDB reads them. DuckDB gets one thread, a bound of memory, and no other
 * file than those of the tables named in the query.
 */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { EngineError } from '../model/errors.ts';
import type { Catalog, CatalogEntry } from '../model/table.ts';
import { storageOf } from '../storage/scheme-storage.ts';
import { parseJson, printJson } from './json.ts';
import { type TravelClause, takeTravelClauses } from './query-clause.ts';
import { predicatesOf } from './query-predicate.ts';
import { checkParsed, findTables, type TableReference } from './query-syntax.ts';
import { plainValue, type QueryValue } from './query-value.ts';
import { quoteText, viewOf } from './query-view.ts';
import { planScan, type ScanPlan, type TimeTravel } from './scan.ts';
import { locateTable, openLocated, requireTable } from './table-options.ts';

const defaultMemoryLimitMb = 512;
const defaultMaxRows = 100_000;

export type QueryOptions = Readonly<{
  /** For names of one or two parts; without, a name has to be unique over all catalogs. */
  currentCatalog?: string | undefined;
  currentDatabase?: string | undefined;
  workingDirectory: string;
  /** Of timestamps in FOR SYSTEM_TIME AS OF. */
  timeZone?: string | undefined;
  now: () => number;
  memoryLimitMb?: number | undefined;
  /** More rows than this are an error: LIMIT, or this raised. */
  maxRows?: number | undefined;
}>;

export type QueryResult = Readonly<{
  /** `type` is DuckDB's name. */
  fields: readonly Readonly<{ name: string; type: string }>[];
  rows: readonly (readonly QueryValue[])[];
}>;

/** See query.ts. */
export async function runLakeQuery(
  sql: string,
  catalogs: ReadonlyMap<string, Catalog>,
  options: QueryOptions,
): Promise<QueryResult> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: `${options.memoryLimitMb ?? defaultMemoryLimitMb}MB`,
  });
  const connection = await instance.connect();
  try {
    const plain = await resolveQuery(sql, connection, catalogs, options);
    return await runQuery(plain, connection, options.maxRows ?? defaultMaxRows);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** The query over views of the tables' files, which are made here. */
async function resolveQuery(
  text: string,
  connection: DuckDBConnection,
  catalogs: ReadonlyMap<string, Catalog>,
  options: QueryOptions,
): Promise<string> {
  const { sql, clauses } = takeTravelClauses(text, options.timeZone ?? 'UTC');
  const tree = parseJson<{ [key: string]: unknown }>(
    await oneText(connection, 'json_serialize_sql($1::VARCHAR)', sql),
    'query',
  );
  checkParsed(tree);
  const references = findTables(tree);
  const travels = travelsOf(references, clauses);
  const allowed: string[] = [];
  for (const [index, reference] of references.entries()) {
    const plan = await planReference(reference, travels[index]!, catalogs, options);
    const { select, paths } = viewOf(plan);
    await connection.run(`CREATE VIEW memory.main.scan_${index} AS ${select}`);
    reference.replace(`scan_${index}`);
    allowed.push(...paths);
  }
  await connection.run(`SET allowed_paths = [${allowed.map(quoteText).join(', ')}]`);
  await connection.run('SET enable_external_access = false');
  await connection.run('SET lock_configuration = true');
  return oneText(connection, 'json_deserialize_sql($1::JSON)', printJson(tree));
}

async function oneText(connection: DuckDBConnection, expression: string, argument: string): Promise<string> {
  const reader = await connection.runAndReadAll(`SELECT ${expression}`, [argument]);
  return String(reader.getRows()[0]![0]);
}

/** A clause belongs to the table named last before it. */
function travelsOf(references: readonly TableReference[], clauses: readonly TravelClause[]): TimeTravel[] {
  const travels = references.map((): TimeTravel => ({ kind: 'latest' }));
  for (const clause of clauses) {
    let owner = -1;
    references.forEach((reference, index) => {
      if (reference.at < clause.at && (owner < 0 || reference.at > references[owner]!.at)) owner = index;
    });
    if (owner < 0) throw new EngineError('SQL_SYNTAX', 'query: FOR SYSTEM_… AS OF: expected a table before it');
    travels[owner] = clause.travel;
  }
  return travels;
}

async function planReference(
  reference: TableReference,
  travel: TimeTravel,
  catalogs: ReadonlyMap<string, Catalog>,
  options: QueryOptions,
): Promise<ScanPlan> {
  const entry = await findEntry(reference.parts, catalogs, options);
  if (entry.kind === 'view' || entry.options.get('connector') !== 'iceberg') {
    throw new EngineError('UNSUPPORTED', `query: '${reference.parts.join('.')}' is not an Iceberg table`);
  }
  const locator = locateTable(entry);
  const catalog = await openLocated(locator, options);
  try {
    const metadata = await requireTable(catalog, locator.identifier);
    return await planScan(metadata, storageOf(metadata.location), {
      travel,
      predicates: (schema) => predicatesOf(reference.conditions, schema.fields),
    });
  } finally {
    await catalog.close();
  }
}

async function findEntry(
  parts: readonly string[],
  catalogs: ReadonlyMap<string, Catalog>,
  options: QueryOptions,
): Promise<CatalogEntry> {
  const name = parts.at(-1)!;
  const database = parts.at(-2) ?? options.currentDatabase;
  const catalogName = parts.at(-3) ?? options.currentCatalog;
  const found: CatalogEntry[] = [];
  for (const catalog of catalogs.values()) {
    if (catalogName !== undefined && catalog.name !== catalogName) continue;
    const databases = database === undefined ? await catalog.listDatabases() : [database];
    for (const candidate of databases) {
      const entry = await catalog.getTable(candidate, name);
      if (entry !== null) found.push(entry);
    }
  }
  if (found.length === 1) return found[0]!;
  const text = parts.join('.');
  if (found.length === 0) {
    throw new EngineError('NOT_FOUND', `query: table '${text}': no catalog has one`, {
      hint: `Catalogs: ${[...catalogs.keys()].join(', ') || 'none'}. Name the table as catalog.database.table.`,
    });
  }
  const paths = found.map(({ path }) => `${path.catalog}.${path.database}.${path.name}`);
  throw new EngineError('SQL_VALIDATION', `query: table '${text}': expected one, found ${paths.join(', ')}`);
}

async function runQuery(sql: string, connection: DuckDBConnection, maxRows: number): Promise<QueryResult> {
  try {
    const reader = await connection.streamAndReadUntil(sql, maxRows + 1);
    if (reader.currentRowCount > maxRows) {
      throw new EngineError('LIMIT', `query: expected at most ${maxRows} rows, got more`, { hint: 'Add a LIMIT.' });
    }
    const types = reader.columnTypes();
    return {
      fields: reader.columnNames().map((name, index) => ({ name, type: String(types[index]) })),
      rows: reader.getRows().map((row) => row.map(plainValue)),
    };
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw new EngineError('SQL_VALIDATION', `query: ${(cause as Error).message}`, { cause });
  }
}
