import { setTimeout as sleep } from 'node:timers/promises';
import { isEngineError } from '../model/errors.ts';

/** Pauses between attempts: doubling from the first to the longest. The count of attempts is bounded by the caller. */
export type Backoff = Readonly<{ retryBackoffMs: number; retryBackoffMaxMs: number }>;

/** The pause after the attempt of that number, counted from 0. */
export function backoffMs(backoff: Backoff, attempt: number): number {
  return Math.min(backoff.retryBackoffMs * 2 ** Math.min(attempt, 20), backoff.retryBackoffMaxMs);
}

/** Sleeps, but not beyond `signal`: then it returns at once. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}

/** Tries again what failed with a passing fault, up to `attempts` times in all; then throws the last fault. */
export async function retry<T>(
  backoff: Backoff,
  attempts: number,
  signal: AbortSignal,
  attempt: (count: number) => Promise<T>,
): Promise<T> {
  for (let count = 0; ; count++) {
    try {
      return await attempt(count);
    } catch (error) {
      const passing = isEngineError(error) && error.retryable;
      if (!passing || count + 1 >= attempts || signal.aborted) throw error;
      await pause(backoffMs(backoff, count), signal);
    }
  }
}
