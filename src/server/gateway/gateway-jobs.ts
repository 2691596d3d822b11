/** The jobs that a gateway's statements have started: they outlive their sessions, as on a cluster. */
import { join } from 'node:path';
import type { RunningJob } from '../../engine/job.ts';
import type { PlannedJob } from '../../job/job-plan.ts';
import { EngineError } from '../../model/errors.ts';
import type { JobStatus } from '../../model/job-status.ts';
import { isOver } from '../flink-overview.ts';
import type { WholeJobControl } from '../job-control.ts';

export type JobHooks = Readonly<{
  print: (text: string) => Promise<void>;
  collect: (pipeline: number, lines: readonly string[]) => Promise<void>;
  warn: (message: string) => void;
}>;

export type JobStarter = (
  job: PlannedJob & Readonly<{ restore: string; force: boolean; hooks: JobHooks }>,
) => RunningJob;

const maxRunning = 32; // one more is refused: each has threads of its own
const maxEnded = 128; // the oldest are forgotten

export class GatewayJobs {
  readonly #start: JobStarter;
  readonly #directory: string;
  readonly #jobs = new Map<string, RunningJob>();
  #count = 0;

  /** Jobs keep their checkpoints below `directory`, each in a place of its own: names may come again. */
  constructor(directory: string, start: JobStarter) {
    this.#directory = directory;
    this.#start = start;
  }

  /** Where the next job keeps what it writes; asked for before it is planned. */
  nextDirectory(startedAt: number): string {
    return join(this.#directory, `${startedAt}-${this.#count++}`);
  }

  /** EngineError LIMIT where too many run. */
  start(planned: PlannedJob, restore: string, hooks: JobHooks): RunningJob {
    if (this.statuses().filter((job) => !isOver(job.state)).length >= maxRunning) {
      throw new EngineError('LIMIT', `jobs: expected at the most ${maxRunning} to run at once`, {
        hint: 'Cancel one, or put several INSERTs in one EXECUTE STATEMENT SET.',
      });
    }
    const job = this.#start({ ...planned, restore, force: false, hooks });
    this.#jobs.set(job.status().id, job);
    this.#forget();
    return job;
  }

  statuses(): JobStatus[] {
    return [...this.#jobs.values()].map((job) => job.status());
  }

  /** What may be done to them over HTTP. */
  get control(): WholeJobControl {
    return {
      cancel: async (id) => this.#job(id).cancel(),
      savepoint: (id) => this.#job(id).savepoint(),
      stopWithSavepoint: async (id) => {
        const result = await this.#job(id).stopWithSavepoint();
        if (result.kind === 'stopped') return result.savepoint;
        throw new EngineError('CONFLICT', `the job ended before the savepoint: it is ${result.kind}`);
      },
    };
  }

  /** Ends all of them; what they wrote stays. */
  async close(): Promise<void> {
    for (const job of this.#jobs.values()) job.cancel();
    await Promise.allSettled([...this.#jobs.values()].map((job) => job.done));
  }

  #job(id: string): RunningJob {
    const job = this.#jobs.get(id);
    if (job !== undefined) return job;
    throw new EngineError('NOT_FOUND', `job ${id}: expected one that this gateway started, found none`);
  }

  #forget(): void {
    const ended = [...this.#jobs].filter(([, job]) => isOver(job.status().state));
    for (const [id] of ended.slice(0, Math.max(0, ended.length - maxEnded))) this.#jobs.delete(id);
  }
}
