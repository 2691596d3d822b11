import type { Clock } from '../engine/clock.ts';
import type { KafkaCluster } from '../kafka/cluster.ts';
import { readLog } from '../kafka/log-reader.ts';
import { stateTopicOf } from './mirror-names.ts';

const looksPerLease = 8; // a living process writes several times in a lease

/**
 * Whether a process of the mirror gives signs of life. Those that ended in good order have said so; for any other it looks for as long as
 * a lease.
 */
export async function isRunning(
  target: KafkaCluster,
  mirror: string,
  leaseMs: number,
  { clock, signal }: Readonly<{ clock: Clock; signal?: AbortSignal | undefined }>,
): Promise<boolean> {
  const before = await signsOfLife(target, mirror);
  if (before.size === 0) return false;
  for (let look = 0; look < looksPerLease; look++) {
    await clock.sleep(leaseMs / looksPerLease, signal);
    const now = await signsOfLife(target, mirror);
    if ([...now].some(([member, offset]) => before.get(member) !== offset)) return true;
  }
  return false;
}

/** The offset of the last sign, by member. */
async function signsOfLife(target: KafkaCluster, mirror: string): Promise<Map<string, number>> {
  const signs = new Map<string, number>();
  await readLog(target, { topic: stateTopicOf(mirror), partition: 0 }, ({ key, value, offset }) => {
    if (key === null || (JSON.parse(key.toString()) as string[])[0] !== 'member') return;
    if (value === null) signs.delete(key.toString());
    else signs.set(key.toString(), offset);
  });
  return signs;
}
