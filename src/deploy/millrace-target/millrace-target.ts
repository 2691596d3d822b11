/** The engine as a target: each job in a process of its own on this machine, with limits, a log and a memory on disk. */
import { join } from 'node:path';
import type { Clock } from '../../engine/clock.ts';
import type { DeploymentKey, JobTarget, StopOptions, Submission, TargetJob } from '../../model/deployment.ts';
import { deploymentId } from '../../model/deployment.ts';
import { EngineError, type ErrorCode } from '../../model/errors.ts';
import type { JobState, JobStatus } from '../../model/job-status.ts';
import { childEnvironment } from './child-environment.ts';
import { type Exit, JobProcess } from './job-process.ts';
import { type LogLimits, RotatedLog } from './rotated-log.ts';
import type { RunOutcome } from './run-report.ts';
import { SubmissionFiles, type SubmissionRecord } from './submission-files.ts';
import { endedJob, jobOfStatus, unseenJob } from './target-job.ts';

export type ChildLimits = Readonly<{
  /** Heap of each thread of a job, MB. */
  heapMb: number;
  /** Parallelism of a job. */
  slots: number;
  /** Jobs at once. */
  jobs: number;
  log: LogLimits;
  /** A process that says nothing for so long is ended: it hangs. */
  silenceMs: number;
  /** For a job to end with a savepoint. */
  stopMs: number;
  /** For a job to end without one; then it is killed. */
  cancelMs: number;
}>;

export const defaultChildLimits: ChildLimits = {
  heapMb: 2_048,
  slots: 16,
  jobs: 32,
  log: { fileBytes: 4 << 20, files: 4 },
  silenceMs: 60_000,
  stopMs: 120_000,
  cancelMs: 10_000,
};

export type MillraceTargetOptions = Readonly<{
  /** The data directory of the control plane, absolute. */
  directory: string;
  /** Node's program and engine.js. */
  program: readonly [string, string];
  /** Relative paths of scripts begin there. */
  workingDirectory: string;
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  limits: ChildLimits;
}>;

const pollMs = 100;

export class MillraceTarget implements JobTarget {
  readonly engine = 'millrace';
  readonly #options: MillraceTargetOptions;
  readonly #files: SubmissionFiles;
  readonly #processes = new Map<string, JobProcess>();
  readonly #logs = new Map<string, RotatedLog>();
  /** Starts of a deployment, one after the other. */
  readonly #starting = new Map<string, Promise<void>>();

  constructor(options: MillraceTargetOptions) {
    this.#options = options;
    this.#files = new SubmissionFiles(options.directory);
  }

  async start(submission: Submission): Promise<void> {
    const id = deploymentId(submission.release);
    const before = this.#starting.get(id) ?? Promise.resolve();
    const starting = before.catch(() => {}).then(() => this.#start(submission));
    this.#starting.set(id, starting);
    await starting;
  }

  async observe(jobId: string): Promise<TargetJob> {
    const record = this.#files.find(jobId);
    const process = this.#processes.get(jobId);
    if (record === null) return unseenJob(jobId, '', 'ABSENT');
    if (process === undefined || process.hasEnded) return await this.#observeEnded(record);
    const now = this.#options.clock.monotonic();
    process.answeredAt ??= now; // its start counts as a sign of life
    try {
      process.status = (await process.rest()?.status()) ?? process.status;
      if (process.rest() !== null) process.answeredAt = now;
    } catch (error) {
      if (process.hasEnded) return await this.#observeEnded(record);
      this.#endSilent(process, record, now);
      throw error;
    }
    this.#endSilent(process, record, now);
    if (process.status !== null && isOver(process.status.state)) {
      // It has a little to tidy up. Over is what has ended: another one may be started then.
      if (!(await this.#endsWithin(process, this.#options.limits.cancelMs))) process.kill('SIGKILL');
      await process.exited;
      return await this.#observeEnded(record);
    }
    return process.status === null ? unseenJob(jobId, record.job, 'INITIALIZING') : jobOfStatus(process.status);
  }

  async list(): Promise<readonly TargetJob[]> {
    return await Promise.all([...this.#processes.keys()].map((jobId) => this.observe(jobId)));
  }

  /** In full, of what runs: for metrics. */
  statuses(): readonly JobStatus[] {
    return [...this.#processes.values()].flatMap(({ status, hasEnded }) =>
      status === null || hasEnded ? [] : [status],
    );
  }

  async stop(jobId: string, options: StopOptions): Promise<string | null> {
    if (options.drain) {
      throw new EngineError(
        'UNSUPPORTED',
        `job ${jobId}: draining is not built: windows fire when their time has come`,
      );
    }
    const record = this.#files.find(jobId);
    if (record === null) return null;
    const process = this.#processes.get(jobId);
    if (process !== undefined && !process.hasEnded) {
      await (options.savepoint ? this.#stopInOrder(jobId, process, options.triggerId) : this.#cancel(jobId, process));
    }
    return options.savepoint ? await this.#whereItEnded(record) : null;
  }

  async savepoint(jobId: string, triggerId: string): Promise<string> {
    const process = this.#processes.get(jobId);
    const rest = process?.rest() ?? null;
    if (process === undefined || process.hasEnded || rest === null) {
      throw new EngineError(
        'CONFLICT',
        `job ${jobId}: expected it to run, it does not: only a running job has a savepoint taken`,
      );
    }
    await rest.savepoint(jobId, triggerId);
    const { clock, limits } = this.#options;
    for (const since = clock.monotonic(); clock.monotonic() - since < limits.stopMs; await clock.sleep(pollMs)) {
      const path = await rest.savepointPath(jobId, triggerId);
      if (path !== null) return path;
    }
    throw new EngineError('TIMEOUT', `savepoint of job ${jobId}: not complete after ${limits.stopMs} ms`);
  }

  async logs(jobId: string, lines: number): Promise<readonly string[]> {
    const record = this.#files.find(jobId);
    return record === null ? [] : this.#logOf(record).tail(lines);
  }

  /** Ends what still runs, at once. */
  async close(): Promise<void> {
    for (const process of this.#processes.values()) process.kill('SIGKILL');
    await Promise.all([...this.#processes.values()].map((process) => process.exited));
    for (const log of this.#logs.values()) log.close();
  }

  async #start(submission: Submission): Promise<void> {
    const { jobId, release } = submission;
    const running = [...this.#processes].filter(([, process]) => !process.hasEnded);
    if (running.some(([id]) => id === jobId)) return;
    const known = this.#files.find(jobId);
    if (known !== null && (await this.#observeEnded(known)).state !== 'ABSENT') return;
    const other = this.#files.starts(release).find((id) => running.some(([candidate]) => candidate === id));
    if (other !== undefined)
      throw new EngineError('CONFLICT', `${deploymentId(release)}: job ${other} of it still runs`);
    this.#checkLimits(submission, running.length);
    const env = childEnvironment(this.#options.env, release);
    const record = known ?? (await this.#files.create(submission, this.#options.clock.now()));
    const process = new JobProcess({
      command: await this.#command(submission, record),
      workingDirectory: this.#options.workingDirectory,
      env,
      log: this.#logOf(release),
      port: () => this.#files.report(jobId)?.port ?? null,
    });
    await process.spawned();
    this.#processes.set(jobId, process);
    void process.exited.then((exit) => this.#ended(record, process, exit));
  }

  #checkLimits({ release }: Submission, running: number): void {
    const { jobs, slots } = this.#options.limits;
    if (running >= jobs) {
      throw new EngineError(
        'LIMIT',
        `${deploymentId(release)}: ${running} jobs run here, and no more than ${jobs} may`,
        {
          hint: 'Stop one, or allow more with serve --max-jobs.',
        },
      );
    }
    if ((release.parallelism ?? 1) > slots) {
      throw new EngineError(
        'LIMIT',
        `${deploymentId(release)}: expected a parallelism of at the most ${slots}, got ${release.parallelism}`,
        {
          hint: 'Allow more with serve --max-slots.',
        },
      );
    }
  }

  async #command({ jobId, release, restore }: Submission, record: SubmissionRecord): Promise<string[]> {
    const { program, limits } = this.#options;
    const { begun } = await this.#files.runState(record);
    const from = begun || restore.kind === 'latest' ? 'latest' : restore.kind === 'none' ? 'none' : restore.path;
    return [
      program[0],
      `--max-old-space-size=${limits.heapMb}`,
      program[1],
      'run',
      this.#files.specPath(jobId),
      '--port=0',
      '--quiet',
      `--job-id=${jobId}`,
      `--data-dir=${this.#files.dataDirectory(release)}`,
      `--report=${this.#files.reportPath(jobId)}`,
      `--directory=${release.directory}`,
      `--max-slots=${limits.slots}`,
      `--restore=${from}`,
      ...(release.parallelism === null ? [] : [`--parallelism=${release.parallelism}`]),
      ...Object.entries(release.parameters).map(([name, value]) => `--param=${name}=${value}`),
    ];
  }

  #logOf(key: DeploymentKey): RotatedLog {
    const { limits, clock } = this.#options;
    const id = deploymentId(key);
    const log =
      this.#logs.get(id) ?? new RotatedLog(join(this.#files.dataDirectory(key), 'log'), limits.log, clock.now);
    this.#logs.set(id, log);
    return log;
  }

  #ended(record: SubmissionRecord, process: JobProcess, exit: Exit): void {
    const { jobId } = record;
    const time = this.#options.clock.now();
    const outcome = this.#files.report(jobId)?.outcome ?? this.#died(record, exit);
    const last = process.status === null ? null : jobOfStatus(process.status);
    this.#files.writeEnd(jobId, { time, outcome, last });
    this.#logOf(record).line(`job ${jobId}: ${endText(outcome)}`);
    this.#processes.delete(jobId);
  }

  /** It said nothing of its end: a bug, a kill, or too little memory. */
  #died(record: SubmissionRecord, { code, signal }: Exit): RunOutcome {
    const how = signal === null ? `exit code ${code}` : signal;
    const last = this.#logOf(record).tail(4).join('\n');
    const [errorCode, hint]: [ErrorCode, string | null] =
      signal === 'SIGABRT' || code === 134
        ? ['LIMIT', `Its heap is at the most ${this.#options.limits.heapMb} MB a thread: serve --max-heap allows more.`]
        : ['INTERNAL', null];
    const message = `its process ended without a word (${how})${last === '' ? '' : `; its last words:\n${last}`}`;
    return { kind: 'failed', error: { code: errorCode, message, hint, retryable: true } };
  }

  async #observeEnded(record: SubmissionRecord): Promise<TargetJob> {
    const { jobId, job } = record;
    const end = this.#files.end(jobId);
    // Without one, the supervisor ended with the job: what the process itself or its checkpoints say is all there is.
    const outcome = end?.outcome ?? this.#files.report(jobId)?.outcome ?? null;
    const { finished, newest, newestTime } = await this.#files.runState(record);
    const seen = end?.last ?? unseenJob(jobId, job, 'ABSENT');
    const checkpoints = { ...seen.checkpoints, latestPath: newest, latestTime: newestTime };
    const time = end?.time ?? this.#options.clock.now();
    if (outcome !== null) return endedJob({ ...seen, checkpoints }, outcome, time);
    return finished ? endedJob({ ...seen, checkpoints }, { kind: 'finished' }, time) : { ...seen, checkpoints };
  }

  #endSilent(process: JobProcess, { jobId, ...key }: SubmissionRecord, now: number): void {
    const { silenceMs } = this.#options.limits;
    if (now - (process.answeredAt ?? now) < silenceMs) return;
    this.#logOf(key).line(`job ${jobId}: no answer for ${silenceMs} ms: ending it`);
    process.kill('SIGKILL');
  }

  async #stopInOrder(jobId: string, process: JobProcess, triggerId: string): Promise<void> {
    const { stopMs } = this.#options.limits;
    const asked = process.rest()?.stop(jobId, triggerId) ?? Promise.reject(new Error('it does not listen yet'));
    // Not there yet: the signal means the same to it. Ended in between: that is what was wanted.
    await asked.catch(() => process.kill('SIGTERM'));
    if (await this.#endsWithin(process, stopMs)) return;
    throw new EngineError('TIMEOUT', `job ${jobId}: it has not ended ${stopMs} ms after it was asked to`);
  }

  async #cancel(jobId: string, process: JobProcess): Promise<void> {
    await process
      .rest()
      ?.cancel(jobId)
      .catch(() => process.kill('SIGKILL'));
    if (process.rest() !== null && (await this.#endsWithin(process, this.#options.limits.cancelMs))) return;
    process.kill('SIGKILL');
    await process.exited;
  }

  async #endsWithin(process: JobProcess, ms: number): Promise<boolean> {
    const timer = new AbortController();
    const late = this.#options.clock.sleep(ms, timer.signal).then(() => false);
    const inTime = await Promise.race([process.exited.then(() => true), late]);
    timer.abort();
    return inTime;
  }

  /** The savepoint of a stopped job, or the newest checkpoint where its process was lost; null where it came to its own end. */
  async #whereItEnded(record: SubmissionRecord): Promise<string | null> {
    const report = this.#files.end(record.jobId)?.outcome ?? this.#files.report(record.jobId)?.outcome;
    if (report?.kind === 'stopped') return report.savepoint;
    if (report?.kind === 'finished') return null;
    const { finished, newest } = await this.#files.runState(record);
    return finished ? null : newest;
  }
}

function isOver(state: JobState): boolean {
  return state === 'FINISHED' || state === 'FAILED' || state === 'CANCELED';
}

function endText(outcome: RunOutcome): string {
  switch (outcome.kind) {
    case 'failed':
      return `failed: ${outcome.error.message.split('\n')[0]}`;
    case 'stopped':
      return `stopped; savepoint ${outcome.savepoint}`;
    default:
      return outcome.kind;
  }
}
