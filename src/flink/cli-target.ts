/**
 * Flink by the programs of its distribution, where no REST is to be reached from here: `sql-client.sh` submits, `flink` lists, stops and saves.
 * They say less than REST: no checkpoints, no metrics, no exceptions, no logs.
 */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JobTarget, RestoreFrom, StopOptions, Submission, TargetJob } from '../model/deployment.ts';
import { EngineError } from '../model/errors.ts';
import { type ProgramResult, runChild } from './child-program.ts';
import { type JobLine, parseJobList, parseSavepointPath, parseSubmission } from './cli-output.ts';
import type { FlinkEngine } from './flink-engine.ts';
import { flinkScript } from './flink-script.ts';
import { faultText, isDuplicateJob } from './java-fault.ts';
import { redacted } from './job-secrets.ts';
import { absentJob, isEnded, listedJob } from './observed-job.ts';
import { poll } from './poll.ts';
import { refuseUnportable } from './portability.ts';
import { scriptText } from './script-text.ts';
import type { TargetDependencies } from './target-dependencies.ts';

type CliEngine = Extract<FlinkEngine, { via: 'cli' }>;

export class CliTarget implements JobTarget {
  readonly engine = 'flink';
  readonly #engine: CliEngine;
  readonly #deps: TargetDependencies;

  constructor(engine: CliEngine, deps: TargetDependencies) {
    this.#engine = engine;
    this.#deps = deps;
  }

  async start({ jobId, release, restore }: Submission): Promise<void> {
    if ((await this.#find(jobId)) !== null) return;
    const script = flinkScript(release, this.#deps.env);
    refuseUnportable([...script.statements, script.job], release.job, this.#deps.connectors);
    const text = scriptText(script, jobId, restorePath(restore), release.parallelism);
    try {
      const { output } = await this.#submit(text);
      if (isDuplicateJob(output)) return;
      const started = parseSubmission(output);
      if (started === jobId) return;
      throw started === null
        ? refusal(`job ${release.job}`, output)
        : new EngineError('UNSUPPORTED', `job ${jobId}: expected Flink to take our job id, got ${started}`);
    } catch (error) {
      if ((await this.#find(jobId).catch(() => null)) !== null) return; // it was taken after all
      throw redacted(error, script.secrets);
    }
  }

  async observe(jobId: string): Promise<TargetJob> {
    const job = await this.#find(jobId);
    return job === null ? absentJob(jobId) : jobOf(job);
  }

  async list(): Promise<readonly TargetJob[]> {
    return (await this.#lines()).map(jobOf);
  }

  async stop(jobId: string, { savepoint, drain, triggerId }: StopOptions): Promise<string | null> {
    const job = await this.#find(jobId);
    if (job === null) throw new EngineError('NOT_FOUND', `job ${jobId}: Flink does not know it (any more)`);
    if (isEnded(jobOf(job).state)) return savepoint ? this.#savepointIn(triggerId) : null;
    if (!savepoint) {
      await this.#flink(['cancel', ...this.#address(), jobId]);
      await this.#awaitEnd(jobId);
      return null;
    }
    const path = await this.#flink([
      'stop',
      ...this.#address(),
      ...(drain ? ['--drain'] : []),
      ...this.#savepointArguments(triggerId),
      jobId,
    ]);
    await this.#awaitEnd(jobId);
    return this.#pathOf(path, `stop of job ${jobId}`);
  }

  /** Made again at most once: what the first one made is found in the trigger's folder. */
  async savepoint(jobId: string, triggerId: string): Promise<string> {
    const made = await this.#savepointIn(triggerId);
    if (made !== null) return made;
    const directory = this.#directoryOf(triggerId);
    const result = await this.#flink([
      'savepoint',
      ...this.#address(),
      jobId,
      ...(directory === null ? [] : [directory]),
    ]);
    return this.#pathOf(result, `savepoint of job ${jobId}`);
  }

  async logs(jobId: string): Promise<readonly string[]> {
    throw new EngineError('UNSUPPORTED', `job ${jobId}: Flink's command line gives no logs`, {
      hint: "Reach Flink by REST: 'via: gateway'.",
    });
  }

  async close(): Promise<void> {} // nothing outlives a call

  /** With the script in a file that only we can read: it may hold secrets. */
  async #submit(script: string): Promise<ProgramResult> {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-flink-'));
    try {
      const file = join(folder, 'job.sql');
      await writeFile(file, script, { mode: 0o600 });
      const { gateway } = this.#engine;
      const mode = gateway === null ? ['embedded', ...this.#address()] : ['gateway', '--endpoint', gateway];
      const history = join(folder, 'history'); // in place of one in the home directory that keeps every statement
      return await this.#run('sql-client.sh', [...mode, '-hist', history, '-f', file]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #find(jobId: string): Promise<JobLine | null> {
    return (await this.#lines()).find((line) => line.jobId === jobId) ?? null;
  }

  async #lines(): Promise<readonly JobLine[]> {
    return parseJobList((await this.#flink(['list', '-a', ...this.#address()])).output);
  }

  async #flink(args: readonly string[]): Promise<ProgramResult> {
    const result = await this.#run('flink', args);
    if (result.code === 0) return result;
    throw refusal(`flink ${args[0]}`, result.output);
  }

  /** PATH and Java only: nothing of this process's environment that a job has no business with. */
  async #run(program: string, args: readonly string[]): Promise<ProgramResult> {
    const { home, configDirectory, operationTimeoutMs } = this.#engine;
    const passed = ['PATH', 'HOME', 'JAVA_HOME', 'LANG'].flatMap((name) => {
      const value = this.#deps.env[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    const env = {
      TZ: 'UTC',
      ...Object.fromEntries(passed),
      ...(configDirectory === null ? {} : { FLINK_CONF_DIR: configDirectory }),
    };
    return await runChild({ file: join(home, 'bin', program), args, env, timeoutMs: operationTimeoutMs });
  }

  #address(): string[] {
    const { jobManager } = this.#engine;
    if (jobManager === null) return [];
    const [host, port] = jobManager.split(':');
    return ['-D', `rest.address=${host}`, '-D', `rest.port=${port}`];
  }

  /** A folder for each trigger: the same one again finds the savepoint that it made. null: the cluster's own directory. */
  #directoryOf(triggerId: string): string | null {
    const base = this.#engine.savepointDirectory;
    return base === null ? null : `${base.replace(/\/+$/, '')}/${triggerId}`;
  }

  #savepointArguments(triggerId: string): string[] {
    const directory = this.#directoryOf(triggerId);
    return directory === null ? [] : ['--savepointPath', directory];
  }

  /** Only on disks that are seen from here; null: none there, or not to be seen. */
  async #savepointIn(triggerId: string): Promise<string | null> {
    const directory = this.#directoryOf(triggerId);
    if (directory === null || !/^(?:file:|\/)/.test(directory)) return null;
    const path = directory.startsWith('file:') ? fileURLToPath(directory) : directory;
    const names = await readdir(path, { recursive: true }).catch(() => []);
    const whole = names.find((found) => /^savepoint-[^/]+\/_metadata$/.test(found)); // written last
    if (whole === undefined) return null;
    return `${directory.replace(/^file:\/{2,3}/, 'file:/')}/${whole.replace('/_metadata', '')}`; // as Flink writes it
  }

  #pathOf({ output }: ProgramResult, what: string): string {
    const path = parseSavepointPath(output);
    if (path !== null) return path;
    throw new EngineError('CHECKPOINT', `${what}: expected the savepoint's path, got: ${faultText(output)}`);
  }

  async #awaitEnd(jobId: string): Promise<void> {
    await poll(this.#deps.clock, this.#engine.operationTimeoutMs, `end of job ${jobId}`, async () => {
      const job = await this.#find(jobId);
      return job === null || isEnded(jobOf(job).state) ? true : null;
    });
  }
}

/** The command line tells of no checkpoints: what is newest, only who keeps the savepoints knows. */
function restorePath(restore: RestoreFrom): string | null {
  if (restore.kind === 'savepoint') return restore.path;
  if (restore.kind === 'none') return null;
  throw new EngineError('UNSUPPORTED', "Flink's command line does not tell which checkpoint is the newest", {
    hint: 'Start from a savepoint by its path, or with no state.',
  });
}

function jobOf({ jobId, name, state, startTime }: JobLine): TargetJob {
  return listedJob({ jid: jobId, name, state, 'start-time': startTime, 'end-time': -1 }, null);
}

function refusal(what: string, output: string): EngineError {
  const isDown = /Connection refused|ConnectException|TimeoutException|Could not get job/.test(output);
  return new EngineError(isDown ? 'CONNECTION' : 'SQL_VALIDATION', `${what}: Flink answers: ${faultText(output)}`);
}
