/** The TypeScript API: run a Flink SQL script as a job in this process, look at it, stop it, query the lake. */
import { resolve } from 'node:path';
import { type LocalEngine, localEngine } from './commands/local-engine.ts';
import { lockDirectory } from './engine/directory-lock.ts';
import type { JobResult, RunningJob } from './engine/job.ts';
import { parseJson } from './iceberg/json.ts';
import { existingLake } from './job/embedded-lake.ts';
import { type JobFile, plainScript, readJobFile } from './job/job-file.ts';
import { planScript, restorePoint } from './job/script-job.ts';
import { EngineError, isEngineError } from './model/errors.ts';
import type { JobStatus } from './model/job-status.ts';

export type { JobResult, JobStatus };
export { EngineError, isEngineError };

/** A row of a SELECT, as Flink's SQL Gateway has it in JSON: timestamps are ISO-8601 texts; integers beyond ±(2^53 − 1) are bigint. */
export type Change = Readonly<{ op: '+I' | '-U' | '+U' | '-D'; row: Readonly<Record<string, unknown>> }>;

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
  /** Hears the rows of each SELECT, in order; the job waits for it. */
  onChange?: ((change: Change) => void | Promise<void>) | undefined;
  /** Hears warnings; standard error if not set. */
  onWarning?: ((message: string) => void) | undefined;
}>;

/** `done` rejects with an EngineError, whose `code` says what kind; `stop` ends the job with a savepoint, in `JobResult`. */
export type ScriptJob = Pick<RunningJob, 'done' | 'status' | 'savepoint' | 'cancel'> & {
  stop(): Promise<JobResult>;
};

/** Starts the script as one job. Rejects, before anything runs, where the script is not valid or the data directory is taken. */
export async function runScript(options: ScriptOptions): Promise<ScriptJob> {
  const warn = options.onWarning ?? ((message) => void process.stderr.write(`warning: ${message}\n`));
  const engine = openEngine(warn);
  const dataDirectory = resolve(options.dataDirectory ?? '.millrace');
  const file = await fileOf(options, engine.workingDirectory);
  const lock = lockDirectory(dataDirectory);
  try {
    const parallelism = options.parallelism ?? null;
    const ctx = { ...engine, dataDirectory, now: () => engine.clock.now(), warn, parallelism };
    const planned = await planScript(file, ctx, async () => undefined);
    const job = engine.runJob({
      ...planned,
      restore: restorePoint(options.restore ?? planned.restorePath ?? 'latest', engine.workingDirectory),
      force: false,
      hooks: { print: async (text) => void process.stdout.write(text), collect: collector(options), warn },
    });
    const done = job.done.finally(() => lock.release());
    done.catch(() => undefined); // the caller may look at it later
    return {
      done,
      status: () => job.status(),
      savepoint: () => job.savepoint(),
      cancel: () => job.cancel(),
      stop: () => job.stopWithSavepoint().then(() => done),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
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

function collector({ onChange }: ScriptOptions): (pipeline: number, lines: readonly string[]) => Promise<void> {
  return async (_, lines) => {
    if (onChange !== undefined) for (const line of lines) await onChange(parseJson(line, 'row'));
  };
}
