/** Repeats what failed for a passing reason, ever more slowly. */
import type { Clock } from '../../engine/clock.ts';
import { toErrorData } from '../../model/errors.ts';

export type RetryOptions = Readonly<{
  clock: Clock;
  attempts: number;
  /** ms before the second attempt; doubles from there. */
  firstPauseMs: number;
  longestPauseMs: number;
}>;

/** Rejects with the last error; at once with one that would come again. */
export async function retried<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, attempts, firstPauseMs, longestPauseMs } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= attempts || !toErrorData(error).retryable) throw error;
      const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1));
      await clock.sleep(pause * (0.5 + clock.random() / 2));
    }
  }
}
