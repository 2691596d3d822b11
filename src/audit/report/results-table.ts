/** Results of reports as rows of an Iceberg table: a row a tier, topic and bucket. */
import { createHash } from 'node:crypto';
import { createIcebergCatalog } from '../../iceberg/catalog.ts';
import { hasLanded, readMarks } from '../../iceberg/sink-marks.ts';
import { locateTable, openLocated, requireTable } from '../../iceberg/table-options.ts';
import type { ConnectorContext } from '../../model/connector.ts';
import { assert, EngineError, isEngineError } from '../../model/errors.ts';
import type { SqlValue } from '../../model/function.ts';
import type { WriterContext } from '../../model/sink.ts';
import type { Catalog, TableDefinition } from '../../model/table.ts';
import { type DataType, types } from '../../model/types.ts';
import { icebergSinkFactory } from '../../sinks/iceberg.ts';
import { columnOfValues } from '../../state/value-column.ts';
import type { AuditReport, PairReport, ReportedBucket } from './tier-report.ts';

const number = types.of('bigint');
const text = types.string();
const instant = types.timestampLtz(6); // as Iceberg has them: µs

type RowOf = (bucket: ReportedBucket, pair: PairReport, report: AuditReport) => SqlValue;
const time = (ms: number): SqlValue => ms * 1_000;

/** Name, type and value of each column. `reported_at` is the one that differs when the same is reported again. */
const columns: readonly (readonly [name: string, type: DataType, value: RowOf])[] = [
  ['reported_at', instant, (_, __, report) => time(report.time)],
  ['source', text, (_, { sources }) => sources.map(({ cluster, topic }) => `${cluster}:${topic}`).join(',')],
  ['cluster', text, (_, { target }) => target.cluster],
  ['tier', text, (_, { target }) => target.tier],
  ['topic', text, (_, { target }) => target.topic],
  ['bucket_from', instant, ({ from }) => time(from)],
  ['bucket_to', instant, ({ to }) => time(to)],
  ['state', text, ({ state }) => state],
  ['source_count', number, ({ source }) => source.count],
  ['source_bytes', number, ({ source }) => source.bytes],
  ['target_count', number, ({ target }) => target.count],
  ['target_bytes', number, ({ target }) => target.bytes],
  ['missing', number, ({ missing }) => missing.length],
  ['extra', number, ({ extra }) => extra.length],
  ['changed', number, ({ changed }) => changed.length],
  ['reordered', number, ({ reordered }) => reordered.length],
  ['undecided', types.of('boolean'), ({ undecided }) => undecided],
  ['completeness', types.of('double'), ({ completeness }) => completeness],
  ['latency_p50_ms', number, ({ latencyMs }) => latencyMs?.p50 ?? null],
  ['latency_p95_ms', number, ({ latencyMs }) => latencyMs?.p95 ?? null],
  ['latency_p99_ms', number, ({ latencyMs }) => latencyMs?.p99 ?? null],
];

const jobName = 'audit';
const sinkId = 'results';

/**
 * Appends a report, in one snapshot; results that are among the last that were appended are not appended again. The number of rows.
 * `catalogOptions` are those of CREATE CATALOG; `table`: `catalog.database.table`; a catalog keeps its own name beside its tables.
 */
export async function appendResults(
  report: AuditReport,
  catalogOptions: ReadonlyMap<string, string>,
  table: string,
  world: Pick<ConnectorContext, 'workingDirectory' | 'now' | 'warn'>,
): Promise<number> {
  const rows = report.tiers.flatMap((pair) =>
    pair.buckets.map((bucket) => columns.map(([, , of]) => of(bucket, pair, report))),
  );
  if (rows.length === 0) return 0;
  const ctx: ConnectorContext = { ...world, jobName, sinkId, timeZone: 'UTC' };
  const definition = await resultsTable(catalogOptions, table, ctx);
  const runId = createHash('sha256')
    .update(JSON.stringify(rows.map(([, ...rest]) => rest)))
    .digest('hex')
    .slice(0, 32);
  if (await isThere(definition, runId, ctx)) return 0;
  await append(definition, rows, runId, ctx);
  return rows.length;
}

async function resultsTable(
  catalogOptions: ReadonlyMap<string, string>,
  table: string,
  ctx: ConnectorContext,
): Promise<TableDefinition> {
  const [catalogName, database, name] = splitName(table);
  const options = new Map([['type', 'iceberg'], ...catalogOptions]);
  const catalog = await createIcebergCatalog(catalogName, options, ctx);
  try {
    const present = await catalog.getTable(database, name);
    const entry = present ?? (await makeTable(catalog, database, name));
    assert(entry.kind === 'table', () => `an Iceberg catalog holds tables, got a ${entry.kind}`);
    return entry;
  } finally {
    await catalog.close();
  }
}

async function makeTable(catalog: Catalog, database: string, name: string): Promise<TableDefinition> {
  await catalog.createDatabase(database, { ifNotExists: true, properties: new Map() });
  const entry: TableDefinition = {
    kind: 'table',
    path: { catalog: catalog.name, database, name },
    columns: columns.map(([column, type]) => ({ kind: 'physical', name: column, type })),
    watermark: null,
    primaryKey: [],
    partitionedBy: [],
    options: new Map(),
  };
  await catalog.createTable(entry, { ifNotExists: true });
  return (await catalog.getTable(database, name)) as TableDefinition;
}

function splitName(table: string): [string, string, string] {
  const [catalog, database, name, ...more] = table.split('.');
  if (catalog && database && name && more.length === 0) return [catalog, database, name];
  throw new EngineError('INVALID_OPTION', `results of the audit: expected catalog.database.table, got '${table}'`);
}

async function isThere(definition: TableDefinition, runId: string, ctx: ConnectorContext): Promise<boolean> {
  const locator = locateTable(definition);
  const catalog = await openLocated(locator, ctx);
  try {
    const metadata = await requireTable(catalog, locator.identifier);
    return hasLanded(readMarks(metadata, `${jobName}.${sinkId}`), runId, 1);
  } finally {
    await catalog.close();
  }
}

async function append(
  definition: TableDefinition,
  rows: readonly (readonly SqlValue[])[],
  runId: string,
  ctx: ConnectorContext,
): Promise<void> {
  const config = await Promise.resolve(icebergSinkFactory.plan(definition, ctx)).catch((error: unknown) => {
    if (!isEngineError(error) || error.code !== 'SQL_VALIDATION') throw error;
    throw new EngineError('CONFLICT', `results of the audit: ${error.message}`, {
      hint: 'The table is another one, or of another version of Millrace: name a new one with --iceberg-table.',
      cause: error,
    });
  });
  const writer = icebergSinkFactory.writer(config, await writerContext(runId, ctx));
  const committer = icebergSinkFactory.committer(config, ctx)!;
  try {
    const values = columns.map(([, type], i) =>
      columnOfValues(
        type,
        rows.map((row) => row[i]!),
      ),
    );
    writer.write({ length: rows.length, columns: values, ops: null, watermarks: null });
    await committer.open(runId);
    const committables = await writer.prepareCommit(1);
    const info = { jobName, watermark: null, offsets: [] };
    await committer.commit(await committer.prepare({ runId, checkpointId: 1 }, committables, info));
  } finally {
    await writer.close();
    await committer.close();
  }
}

/** A report is small: its file is encoded here, without a pool. */
async function writerContext(runId: string, { now }: ConnectorContext): Promise<WriterContext> {
  const { encodeParquet } = await import('../../formats/parquet-writer.ts'); // slow to load, and few need it
  return {
    jobName,
    subtaskIndex: 0,
    parallelism: 1,
    runId,
    counters: { add: () => {} },
    now,
    host: {
      print: async () => {},
      collect: async () => {},
      runTask: async (_, request) => encodeParquet(request as Parameters<typeof encodeParquet>[0]),
    },
  };
}
