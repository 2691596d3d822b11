import { imbalanceText } from '../../src/engine/balance.ts';
import type { RunningJob } from '../../src/engine/job.ts';

/** Fails unless the rows of a job were accounted for at every checkpoint. */
export function requireBalance(job: RunningJob): void {
  const { epochs, findings } = job.status().audit;
  const off = findings.flatMap(({ imbalances }) => imbalances.map(imbalanceText));
  if (off.length > 0) throw new Error(`the rows do not balance:\n${off.join('\n')}`);
  if (epochs === 0) throw new Error('no checkpoint has accounted for the rows');
}
