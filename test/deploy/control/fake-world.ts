import { unseenJob } from '../../../src/deploy/millrace-target/target-job.ts';
import type { Clock } from '../../../src/engine/clock.ts';
import {
  deploymentId,
  type JobTarget,
  type StopOptions,
  type Submission,
  type TargetJob,
} from '../../../src/model/deployment.ts';
import { EngineError } from '../../../src/model/errors.ts';

const forever = (): Promise<never> => new Promise(() => {});

/** Time that passes as fast as it is slept through. `stop`: nobody wakes any more, as in a process that was killed. */
export class VirtualClock implements Clock {
  #now = 1_000_000;
  #sleepers: { at: number; wake: () => void }[] = [];
  #isTicking = false;

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  random(): number {
    return 0.5;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = { at: this.#now + ms, wake: resolve };
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        resolve();
      });
      this.#sleepers.push(sleeper);
      this.#tick();
    });
  }

  /** The same time, for one process: `kill` ends all that it waits for. */
  ofProcess(): Clock & { kill(): void } {
    let isDead = false;
    return {
      now: () => this.now(),
      monotonic: () => this.monotonic(),
      random: () => 0.5,
      sleep: async (ms, signal) => {
        await this.sleep(ms, signal);
        if (isDead) await forever();
      },
      kill: () => {
        isDead = true;
      },
    };
  }

  #tick(): void {
    if (this.#isTicking) return;
    this.#isTicking = true;
    setImmediate(() => {
      this.#isTicking = false;
      this.#sleepers.sort((a, b) => a.at - b.at);
      const next = this.#sleepers.shift();
      if (next === undefined) return;
      this.#now = Math.max(this.#now, next.at);
      next.wake();
      this.#tick();
    });
  }
}

type FakeJob = {
  submission: Submission;
  state: TargetJob['state'];
  startedAt: number;
  savepoint: string | null;
  error: string | null;
};

/** An engine in memory, with faults to order. Jobs run from the moment of their start; a checkpoint is there after 100 ms. */
export class FakeTarget implements JobTarget {
  readonly engine = 'millrace';
  readonly jobs = new Map<string, FakeJob>();
  readonly calls: string[] = [];
  /** Called around each effect: what it returns is waited for. */
  around: (place: string) => Promise<void> = async () => {};
  /** Releases (by digest) that fail as soon as they are started, with this. */
  readonly bad = new Map<string, string>();
  /** Releases that never complete a checkpoint. */
  readonly stuck = new Set<string>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  running(): FakeJob[] {
    return [...this.jobs.values()].filter(({ state }) => state === 'RUNNING');
  }

  /** As when its process was killed, or with the supervisor. */
  lose(state: 'FAILED' | 'ABSENT'): void {
    for (const job of this.running()) job.state = state;
  }

  async start(submission: Submission): Promise<void> {
    await this.around('before start');
    const { jobId, release } = submission;
    const known = this.jobs.get(jobId);
    if (known === undefined || known.state === 'ABSENT') {
      const other = this.running().find((job) => deploymentId(job.submission.release) === deploymentId(release));
      if (other !== undefined) throw new Error(`${jobId} would run beside ${other.submission.jobId}`);
      const error = this.bad.get(release.digest) ?? null;
      this.jobs.set(jobId, {
        submission,
        state: error === null ? 'RUNNING' : 'FAILED',
        startedAt: this.#clock.now(),
        savepoint: null,
        error,
      });
      this.calls.push(
        `start ${release.parallelism} from ${submission.restore.kind === 'savepoint' ? submission.restore.path : submission.restore.kind}`,
      );
    }
    await this.around('after start');
  }

  async observe(jobId: string): Promise<TargetJob> {
    const job = this.jobs.get(jobId);
    if (job === undefined) return unseenJob(jobId, '', 'ABSENT');
    const seen = unseenJob(jobId, job.submission.release.job, job.state);
    const hasCheckpoint =
      !this.stuck.has(job.submission.release.digest) && job.error === null && this.#clock.now() - job.startedAt >= 100;
    const latestPath = job.savepoint ?? (hasCheckpoint ? `/chk/${jobId.slice(0, 4)}` : null);
    return {
      ...seen,
      checkpoints: {
        completed: hasCheckpoint ? 1 : 0,
        failed: 0,
        latestTime: hasCheckpoint ? this.#clock.now() : null,
        latestPath,
      },
      lagRecords: 5,
      exceptions: job.error === null ? [] : [{ time: 0, task: null, text: job.error }],
    };
  }

  async list(): Promise<readonly TargetJob[]> {
    return await Promise.all([...this.jobs.keys()].map((id) => this.observe(id)));
  }

  async stop(jobId: string, { savepoint, triggerId }: StopOptions): Promise<string | null> {
    await this.around('before stop');
    const job = this.jobs.get(jobId);
    if (job?.state === 'RUNNING') {
      job.state = savepoint ? 'FINISHED' : 'CANCELED';
      job.savepoint = savepoint ? `/sp/${triggerId.slice(0, 4)}` : null;
      this.calls.push(savepoint ? 'stop with savepoint' : 'cancel');
    }
    await this.around('after stop');
    return savepoint ? (job?.savepoint ?? null) : null;
  }

  async savepoint(jobId: string, triggerId: string): Promise<string> {
    await this.around('before savepoint');
    if (this.jobs.get(jobId)?.state !== 'RUNNING') throw new EngineError('CONFLICT', 'it does not run');
    this.calls.push('savepoint');
    await this.around('after savepoint');
    return `/sp/${triggerId.slice(0, 4)}`;
  }

  async logs(): Promise<readonly string[]> {
    return ['one', 'two'];
  }

  async close(): Promise<void> {}
}
