/** Lookups that fail are tried again: `lookup.max-retries`. */
import { EngineError, isEngineError } from '../model/errors.ts';

type Tries = Readonly<{
  maxRetries: number;
  /** The table, for messages. */
  where: string;
  /** Before the next try: what may be broken is opened anew. */
  reset: () => void;
}>;

/** EngineError CONNECTION when the last try has failed; what would fail again is thrown at once. */
export async function retried<T>(ask: () => Promise<T>, { maxRetries, where, reset }: Tries): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await ask();
    } catch (cause) {
      if (isEngineError(cause) && !cause.retryable) throw cause;
      reset();
      if (attempt < maxRetries) continue;
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new EngineError('CONNECTION', `${where}: a lookup failed: ${message}`, { cause });
    }
  }
}
