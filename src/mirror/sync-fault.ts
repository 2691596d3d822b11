import { type EngineError, isEngineError } from '../model/errors.ts';

/** A part of a sync that could not be done this time; the other parts were, and the next round tries it again. */
export type SyncFault = Readonly<{ what: string; error: EngineError }>;

/** What `attempt` gives; null after a failure of operation, which is put to `faults`. The end of the client and bugs are thrown. */
export async function orFault<T>(faults: SyncFault[], what: string, attempt: () => Promise<T>): Promise<T | null> {
  try {
    return await attempt();
  } catch (error) {
    if (!isEngineError(error) || error.code === 'INTERRUPTED' || error.code === 'INTERNAL') throw error;
    faults.push({ what, error });
    return null;
  }
}
