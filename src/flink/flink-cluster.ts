/** The running jobs of a Flink cluster, through the JobManager's REST: seen, stopped, saved. Every call may be made again with the same ids. */
import type { Clock } from '../engine/clock.ts';
import type { StopOptions, TargetJob } from '../model/deployment.ts';
import { EngineError } from '../model/errors.ts';
import type { FlinkHttp } from './flink-http.ts';
import { faultText } from './java-fault.ts';
import { readJobLogs } from './job-logs.ts';
import { readJobMetrics } from './job-metrics.ts';
import { absentJob, isEnded, listedJob, newestCheckpoint, observedJob } from './observed-job.ts';
import { poll } from './poll.ts';
import type { Checkpoints, Exceptions, JobDetails, JobOverview, TriggerStatus } from './rest-answers.ts';

export type ClusterOptions = Readonly<{
  rest: FlinkHttp;
  view: string;
  savepointDirectory: string | null;
  operationTimeoutMs: number;
  clock: Clock;
}>;

const maxListed = 1_000; // the newest; the JobManager forgets old ones by itself

export class FlinkCluster {
  readonly #options: ClusterOptions;

  constructor(options: ClusterOptions) {
    this.#options = options;
  }

  async observe(jobId: string): Promise<TargetJob> {
    const { rest, view } = this.#options;
    const path = `/jobs/${jobId}`;
    const job = (await rest.find(path)) as JobDetails | null;
    if (job === null) return absentJob(jobId);
    const [checkpoints, exceptions, metrics] = await Promise.all([
      rest.find(`${path}/checkpoints`) as Promise<Checkpoints | null>,
      rest.find(`${path}/exceptions?maxExceptions=16`) as Promise<Exceptions | null>,
      readJobMetrics(rest, job),
    ]);
    return observedJob(job, checkpoints ?? {}, exceptions ?? {}, metrics, view);
  }

  async list(): Promise<readonly TargetJob[]> {
    return (await this.#overview()).slice(0, maxListed).map((job) => listedJob(job, this.#options.view));
  }

  /** Whether the cluster knows the job, running or ended. */
  async has(jobId: string): Promise<boolean> {
    return (await this.#options.rest.find(`/jobs/${jobId}`)) !== null;
  }

  /** The newest checkpoint or savepoint of a job of that name; null: the cluster remembers none. */
  async newestCheckpointOf(name: string): Promise<string | null> {
    const jobs = (await this.#overview()).filter((job) => job.name === name);
    for (const job of jobs) {
      const found = (await this.#options.rest.find(`/jobs/${job.jid}/checkpoints`)) as Checkpoints | null;
      const newest = found === null ? null : newestCheckpoint(found);
      if (newest !== null) return newest.external_path;
    }
    return null;
  }

  /** Resolves when the job has ended, with the savepoint's path. A job that had ended by itself has none. */
  async stop(jobId: string, options: StopOptions): Promise<string | null> {
    const state = await this.#stateOf(jobId);
    if (!isEnded(state)) return options.savepoint ? this.#stopWithSavepoint(jobId, options) : this.#cancel(jobId);
    return options.savepoint ? this.#savepointOfStop(jobId, options.triggerId) : null;
  }

  async savepoint(jobId: string, triggerId: string): Promise<string> {
    const { savepointDirectory } = this.#options;
    const known = await this.#trigger(jobId, triggerId);
    if (known === null) {
      const target = savepointDirectory === null ? {} : { 'target-directory': savepointDirectory };
      await this.#options.rest.call('POST', `/jobs/${jobId}/savepoints`, { ...target, 'cancel-job': false, triggerId });
    }
    return this.#awaitTrigger(jobId, triggerId);
  }

  async logs(jobId: string, lines: number): Promise<readonly string[]> {
    return readJobLogs(this.#options.rest, jobId, lines);
  }

  async #overview(): Promise<readonly JobOverview[]> {
    const { jobs } = (await this.#options.rest.call('GET', '/jobs/overview')) as { jobs: readonly JobOverview[] };
    return jobs.toSorted((a, b) => b['start-time'] - a['start-time']);
  }

  async #stateOf(jobId: string): Promise<TargetJob['state']> {
    const job = (await this.#options.rest.find(`/jobs/${jobId}`)) as JobOverview | null;
    if (job !== null) return listedJob(job, null).state;
    throw new EngineError('NOT_FOUND', `job ${jobId}: Flink does not know it (any more)`, {
      hint: 'A JobManager that was started anew has forgotten its jobs unless it keeps them (high-availability.type).',
    });
  }

  async #stopWithSavepoint(jobId: string, { drain, triggerId }: StopOptions): Promise<string> {
    const { savepointDirectory, rest } = this.#options;
    const target = savepointDirectory === null ? {} : { targetDirectory: savepointDirectory };
    await rest.call('POST', `/jobs/${jobId}/stop`, { ...target, drain, triggerId });
    const path = await this.#awaitTrigger(jobId, triggerId);
    await this.#awaitEnd(jobId);
    return path;
  }

  async #cancel(jobId: string): Promise<null> {
    await this.#options.rest.call('PATCH', `/jobs/${jobId}?mode=cancel`);
    await this.#awaitEnd(jobId);
    return null;
  }

  /** By its trigger while Flink remembers that (minutes), later by what the job's last savepoint was made for. */
  async #savepointOfStop(jobId: string, triggerId: string): Promise<string | null> {
    const location = (await this.#trigger(jobId, triggerId))?.operation?.location;
    if (location !== undefined) return location;
    const checkpoints = (await this.#options.rest.find(`/jobs/${jobId}/checkpoints`)) as Checkpoints | null;
    const savepoint = checkpoints?.latest?.savepoint;
    return savepoint?.checkpoint_type === 'SYNC_SAVEPOINT' ? savepoint.external_path : null;
  }

  async #trigger(jobId: string, triggerId: string): Promise<TriggerStatus | null> {
    return (await this.#options.rest.find(`/jobs/${jobId}/savepoints/${triggerId}`)) as TriggerStatus | null;
  }

  async #awaitTrigger(jobId: string, triggerId: string): Promise<string> {
    const { clock, operationTimeoutMs } = this.#options;
    const what = `savepoint ${triggerId} of job ${jobId}`;
    const operation = await poll(clock, operationTimeoutMs, what, async () => {
      const found = await this.#trigger(jobId, triggerId);
      if (found === null) throw new EngineError('NOT_FOUND', `${what}: Flink does not know it (any more)`);
      return found.status.id === 'COMPLETED' ? (found.operation ?? {}) : null;
    });
    if (operation.location !== undefined) return operation.location;
    const cause = operation['failure-cause'];
    throw new EngineError('CHECKPOINT', `${what}: Flink answers: ${faultText(cause?.['stack-trace'] ?? 'no path')}`, {
      hint: 'The job goes on. Where no directory is set, set savepointDirectory of the engine.',
    });
  }

  async #awaitEnd(jobId: string): Promise<void> {
    const { clock, operationTimeoutMs } = this.#options;
    await poll(clock, operationTimeoutMs, `end of job ${jobId}`, async () =>
      isEnded(await this.#stateOf(jobId)) ? true : null,
    );
  }
}
