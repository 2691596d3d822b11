/** When a failed job starts again, and after how long: Flink's restart strategies. */
import type { ErrorCode } from '../model/errors.ts';
import type { RestartStrategy } from '../model/job-graph.ts';
import type { Clock } from './clock.ts';

/** Failures that the next attempt would meet again: of the job, its data or its rights, not of the moment. */
const permanent: ReadonlySet<ErrorCode> = new Set([
  'SQL_SYNTAX',
  'SQL_VALIDATION',
  'UNSUPPORTED',
  'INVALID_OPTION',
  'BAD_RECORD',
  'EVALUATION',
  'NOT_FOUND',
  'CONFLICT',
  'PERMISSION',
  'LIMIT',
  'CHECKPOINT',
]);

export class RestartPolicy {
  readonly #strategy: RestartStrategy;
  readonly #clock: Clock;
  #attempts = 0;
  #failures: number[] = [];
  #delayMs = 0;
  #lastFailure = -Infinity;

  constructor(strategy: RestartStrategy, clock: Clock) {
    this.#strategy = strategy;
    this.#clock = clock;
  }

  /** ms to wait before the next attempt; null: the job has failed for good. Called once a failure. */
  delayAfter(code: ErrorCode, retryable: boolean): number | null {
    if (permanent.has(code) && !retryable) return null;
    const now = this.#clock.monotonic();
    this.#attempts++;
    const delay = this.#delay(now);
    this.#lastFailure = now;
    return delay;
  }

  #delay(now: number): number | null {
    const strategy = this.#strategy;
    switch (strategy.kind) {
      case 'none':
        return null;
      case 'fixed-delay':
        return this.#attempts > strategy.attempts ? null : strategy.delayMs;
      case 'failure-rate':
        this.#failures = [...this.#failures.filter((time) => now - time < strategy.intervalMs), now];
        return this.#failures.length > strategy.maxFailures ? null : strategy.delayMs;
      case 'exponential-delay': {
        if (now - this.#lastFailure >= strategy.resetMs + this.#delayMs) {
          this.#delayMs = 0;
          this.#attempts = 1;
        }
        if (this.#attempts > strategy.attempts) return null;
        const next = this.#delayMs === 0 ? strategy.initialMs : this.#delayMs * strategy.multiplier;
        this.#delayMs = Math.min(next, strategy.maxMs);
        return this.#delayMs * (1 + strategy.jitter * (2 * this.#clock.random() - 1));
      }
    }
  }
}
