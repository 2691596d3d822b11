/** Waiting for what Flink tells only when it is asked. */
import type { Clock } from '../engine/clock.ts';
import { EngineError } from '../model/errors.ts';

const firstPauseMs = 50; // grows by half with each question
const longestPauseMs = 1_000;

/** What `ask` gives once it is not null. Throws TIMEOUT, and whatever `ask` throws. */
export async function poll<T>(clock: Clock, timeoutMs: number, what: string, ask: () => Promise<T | null>): Promise<T> {
  const end = clock.monotonic() + timeoutMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)) {
    const found = await ask();
    if (found !== null) return found;
    if (clock.monotonic() + pauseMs > end) {
      throw new EngineError('TIMEOUT', `${what}: not within ${timeoutMs} ms`);
    }
    await clock.sleep(pauseMs);
  }
}
