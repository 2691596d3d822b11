/** What was seen of a job lately, for the health checks: only in memory, and begun anew with each process. */
import type { TargetJob } from '../../model/deployment.ts';

export type Watched = Readonly<{
  job: TargetJob | null;
  /** ms since 1970: of the last answer; null: none yet. */
  answeredAt: number | null;
  /** Of the last attempt; null: none yet. */
  askedAt: number | null;
  /** When the records read were last seen to grow. */
  progressAt: number | null;
  /** Restarts within the engine, in the window. */
  restarts: number;
}>;

const unseen: Watched = { job: null, answeredAt: null, askedAt: null, progressAt: null, restarts: 0 };
const maxSamples = 1_024;

export class JobWatch {
  readonly #windowMs: number;
  #now: Watched = unseen;
  /** Restarts when they were seen to have grown, oldest first; the first stands for the time before. */
  #restarts: { time: number; count: number }[] = [];

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  get watched(): Watched {
    return this.#now;
  }

  answered(job: TargetJob, now: number): void {
    const before = this.#now.job?.jobId === job.jobId ? this.#now.job : null;
    if (before === null) this.#restarts = [{ time: now, count: 0 }];
    const grew = before === null || job.recordsIn === null || (before.recordsIn ?? 0) < job.recordsIn;
    if (job.restarts !== this.#restarts.at(-1)!.count) this.#restarts.push({ time: now, count: job.restarts });
    // What was before the window counts as its base.
    while (
      this.#restarts.length > 1 &&
      (this.#restarts[1]!.time <= now - this.#windowMs || this.#restarts.length > maxSamples)
    ) {
      this.#restarts.shift();
    }
    this.#now = {
      job,
      answeredAt: now,
      askedAt: now,
      progressAt: grew ? now : this.#now.progressAt,
      restarts: Math.max(0, job.restarts - this.#restarts[0]!.count),
    };
  }

  silent(now: number): void {
    this.#now = { ...this.#now, askedAt: now };
  }

  forget(): void {
    this.#now = unseen;
    this.#restarts = [];
  }
}
