/** The TypeScript API: run a Flink SQL script as a job in this process, feed it, read its rows, stop it, query the lake, find topics. */
import { resolve } from 'node:path';
import { AuditedProducer, type AuditedProducerOptions, type ProducedRecord } from './audit/audited-producer.ts';
import { type AuditMessage, ProducerAudit, type RecordToAudit } from './audit/producer-audit.ts';
import { type LocalEngine, localEngine } from './commands/local-engine.ts';
import { lockDirectory } from './engine/directory-lock.ts';
import type { JobResult, RunningJob } from './engine/job.ts';
import type { RecordBatch } from './formats/arrow-batch.ts';
import { parseChange } from './job/change-line.ts';
import { ChangeStream } from './job/change-stream.ts';
import { existingLake } from './job/embedded-lake.ts';
import { type JobFile, plainScript, readJobFile } from './job/job-file.ts';
import { planScript, restorePoint } from './job/script-job.ts';
import { EngineError, isEngineError } from './model/errors.ts';
import type { JobGraph } from './model/job-graph.ts';
import type { JobStatus } from './model/job-status.ts';
import type { Field } from './model/types.ts';
import type { AggregateUdf, ScalarUdf, TableUdf } from './model/user-function.ts';
import { type FeedRows, RowFeed } from './sources/row-feed.ts';
import type { ResolvedTopic } from './topology/resolve.ts';
import { resolveTopic, type TopicRequest } from './topology/topic-lookup.ts';

export type {
  AggregateUdf,
  AuditedProducerOptions,
  AuditMessage,
  JobResult,
  JobStatus,
  ProducedRecord,
  RecordToAudit,
  ResolvedTopic,
  ScalarUdf,
  TableUdf,
  TopicRequest,
};
export { AuditedProducer, EngineError, isEngineError, ProducerAudit, resolveTopic };

/**
 * A row of a SELECT, as Flink's SQL Gateway has it in JSON: timestamps are ISO-8601 texts; integers beyond ±(2^53 − 1) are bigint,
 * a DECIMAL of more digits than a double keeps is its text.
 */
export type Change = Readonly<{ op: '+I' | '-U' | '+U' | '-D'; row: Readonly<Record<string, unknown>> }>;

/**
 * A table whose rows the program gives. `columns` as in CREATE TABLE: `id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts`. Values are those of
 * JSON; besides, bigint for BIGINT and DECIMAL, Uint8Array for BYTES, Map for MAP; times as texts (`2026-01-01T00:00:00`, with Z for
 * TIMESTAMP_LTZ, for which a Date does as well). The rows are read as fast as the job takes them, once: a job that fails can't be restarted.
 */
export type FedTable = Readonly<{ columns: string; rows: FeedRows }>;

export type ScriptOptions = Readonly<{
  /** The script itself, or `file`: a .sql script or a .yaml job spec. */
  sql?: string | undefined;
  file?: string | undefined;
  /** The job's name where neither script nor spec has one; its checkpoints are found by it. */
  name?: string | undefined;
  /** Of the job spec. */
  parameters?: Readonly<Record<string, string>> | undefined;
  parallelism?: number | undefined;
  /** Checkpoints and savepoints, `.millrace` if not set. One job at a time owns it. */
  dataDirectory?: string | undefined;
  /** `latest` (default): where the job of that name stopped; `none`: afresh; else the path of a savepoint. */
  restore?: string | undefined;
  /** Tables of the script by their names. */
  tables?: Readonly<Record<string, FedTable>> | undefined;
  /** User functions by their names: the modules that export them, as in CREATE FUNCTION … LANGUAGE TYPESCRIPT. */
  functions?: Readonly<Record<string, string>> | undefined;
  /** Hears the rows of each SELECT, in order; the job waits for it. */
  onChange?: ((change: Change) => void | Promise<void>) | undefined;
  /** Hears warnings; standard error if not set. */
  onWarning?: ((message: string) => void) | undefined;
}>;

/** `done` rejects with an EngineError, whose `code` says what kind; `stop` ends the job with a savepoint, in `JobResult`. */
export type ScriptJob = Pick<RunningJob, 'done' | 'status' | 'savepoint' | 'cancel'> & {
  stop(): Promise<JobResult>;
};

/** The rows of a SELECT: changes one by one, or as Arrow record batches. Leaving the loop cancels the job. */
export type QueryJob = AsyncIterable<Change> & Readonly<{ arrow(): AsyncIterable<RecordBatch>; job: ScriptJob }>;

/**
 * Runs the script and gives the rows of its SELECT, as fast as they are taken. Whatever fails later is thrown by the loop.
 *
 * ```ts
 * for await (const { op, row } of await query('SELECT page, COUNT(*) AS n FROM clicks GROUP BY page', { tables })) …
 * ```
 */
export async function query(
  sql: string,
  options: Omit<ScriptOptions, 'sql' | 'file' | 'onChange'> = {},
): Promise<QueryJob> {
  let cancel = (): Promise<unknown> => Promise.resolve();
  const changes = new ChangeStream<Change>(async () => void (await cancel()));
  const { job, graph } = await start({ restore: 'none', ...options, sql }, (batch) => changes.push(batch));
  job.done.then(
    () => changes.end(),
    (error: unknown) => changes.fail(error),
  );
  cancel = () => {
    job.cancel();
    return job.done.catch(() => undefined);
  };
  const fields = collectedFields(graph);
  return {
    job,
    [Symbol.asyncIterator]: () => changes[Symbol.asyncIterator](),
    arrow: async function* () {
      const { arrowBatch } = await import('./formats/arrow-batch.ts'); // 100 ms that few need
      try {
        for (let batch = await changes.take(); batch !== null; batch = await changes.take())
          yield arrowBatch(fields, batch);
      } finally {
        await changes.leave();
      }
    },
  };
}

/** Starts the script as one job. Rejects, before anything runs, where the script is not valid or the data directory is taken. */
export async function runScript(options: ScriptOptions): Promise<ScriptJob> {
  const { onChange } = options;
  const { job } = await start(options, async (batch) => {
    if (onChange !== undefined) for (const change of batch) await onChange(change);
  });
  return job;
}

type Started = Readonly<{ job: ScriptJob; graph: JobGraph }>;

async function start(options: ScriptOptions, onBatch: (batch: readonly Change[]) => Promise<void>): Promise<Started> {
  const warn = options.onWarning ?? ((message) => void process.stderr.write(`warning: ${message}\n`));
  const engine = openEngine(warn);
  const dataDirectory = resolve(options.dataDirectory ?? '.millrace');
  const feeds = new Map(Object.entries(options.tables ?? {}).map(([name, table]) => [name, new RowFeed(table.rows)]));
  const declarations = declarationsOf(options, feeds);
  const file = { ...(await fileOf(options, engine.workingDirectory)), declarations };
  const lock = lockDirectory(dataDirectory);
  const release = async (): Promise<void> => {
    lock.release();
    for (const feed of feeds.values()) await feed.close();
  };
  try {
    const parallelism = options.parallelism ?? null;
    const ctx = { ...engine, dataDirectory, now: () => engine.clock.now(), warn, parallelism };
    const planned = await planScript(file, ctx, async () => undefined);
    const collect = (_: number, lines: readonly string[]): Promise<void> =>
      onBatch(lines.map((line) => parseChange<Change>(line)));
    const job = engine.runJob({
      ...planned,
      restore: restorePoint(options.restore ?? planned.restorePath ?? 'latest', engine.workingDirectory),
      force: false,
      hooks: { print: async (text) => void process.stdout.write(text), collect, warn },
    });
    return { job: scriptJob(job, release), graph: planned.graph };
  } catch (error) {
    await release();
    throw error;
  }
}

function scriptJob(job: RunningJob, release: () => Promise<void>): ScriptJob {
  const done = job.done.finally(release);
  done.catch(() => undefined); // the caller may look at it later
  return {
    done,
    status: () => job.status(),
    savepoint: () => job.savepoint(),
    cancel: () => job.cancel(),
    stop: () => job.stopWithSavepoint().then(() => done),
  };
}

/** The statements that make what the program hands over. */
function declarationsOf({ tables = {}, functions = {} }: ScriptOptions, feeds: ReadonlyMap<string, RowFeed>): string {
  const name = (text: string): string => `\`${text.replaceAll('`', '``')}\``;
  const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
  return [
    ...Object.entries(tables).map(
      ([table, { columns }]) =>
        `CREATE TEMPORARY TABLE ${name(table)} (${columns}) WITH ('connector' = 'iterable', 'feed' = '${feeds.get(table)!.id}');`,
    ),
    ...Object.entries(functions).map(
      ([each, module]) => `CREATE TEMPORARY FUNCTION ${name(each)} AS ${text(module)} LANGUAGE TYPESCRIPT;`,
    ),
  ].join('\n');
}

/** Of the rows of the one SELECT. */
function collectedFields({ vertices }: JobGraph): readonly Field[] {
  const specs = vertices.flatMap(({ nodes }) => nodes.map(({ spec }) => spec));
  const collected = specs.filter((spec) => spec.kind === 'sink' && spec.target === 'collect');
  if (collected.length === 1) return (collected[0] as Extract<(typeof specs)[number], { kind: 'sink' }>).inputFields;
  throw new EngineError('INVALID_OPTION', `query: expected a script with one SELECT, got ${collected.length}`);
}

/**
 * Rows by column name, 64-bit integers as bigint. The SQL is DuckDB's; tables go by name as in `millrace query`. The lake is the embedded one
 * of a data directory, or the catalog that `options` describe as CREATE CATALOG has them.
 */
export async function queryLake(
  text: string,
  lake: Readonly<{ dataDirectory?: string; name?: string; options?: Readonly<Record<string, string>> }> = {},
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { dataDirectory = '.millrace', name = 'lake', options } = lake;
  const catalog = options === undefined ? existingLake(resolve(dataDirectory)) : new Map(Object.entries(options));
  const engine = openEngine((message) => void process.stderr.write(`warning: ${message}\n`));
  const { columns, rows } = await engine.queryLake({ text, catalogs: [{ name, options: catalog }] });
  return rows.map((row) => Object.fromEntries(columns.map((column, index) => [column.name, row[index]])));
}

function openEngine(warn: (message: string) => void): LocalEngine {
  const workerUrl = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);
  return localEngine({ workingDirectory: process.cwd(), workerUrl, warn });
}

async function fileOf({ sql, file, name, parameters }: ScriptOptions, workingDirectory: string): Promise<JobFile> {
  if ((sql === undefined) === (file === undefined)) {
    throw new EngineError('INVALID_OPTION', 'runScript: expected one of `sql` and `file`, got both or neither');
  }
  if (sql !== undefined) return plainScript(name ?? 'script', sql);
  const given = new Map(Object.entries(parameters ?? {}));
  return await readJobFile(file!, { workingDirectory, parameters: given, env: process.env });
}
