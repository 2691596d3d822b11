/** Where an auditor goes on in a partition, by the records that it or another has written: no other state is kept. */

import type { LoggedSegment, PartitionLog } from '../audit-log.ts';
import { chainOf } from '../segment-chain.ts';

/** The first offset that the log has, and behind the last. */
export type LogRange = Readonly<{ start: number; end: number }>;

export type StartingPoint = Readonly<{
  offset: number;
  /** Segments that say what is no longer so, because the log was cut off at its end: to be taken out. */
  outdated: readonly LoggedSegment[];
}>;

/**
 * Behind the segments that have ended; at the first hole in them, where the log still has it: what follows is then written again, the same.
 * Where the log ends before they do, it lost records at its end, and the segments that had them are outdated.
 */
export function startingPoint(partition: PartitionLog | undefined, { start, end }: LogRange): StartingPoint {
  const complete = [...(partition?.complete.values() ?? [])];
  const outdated = complete.filter(({ to }) => to > end);
  const chain = chainOf(
    complete.filter(({ to }) => to <= end),
    null,
  );
  if (chain === null) return { offset: start, outdated };
  const hole = chain.holes.find(({ from }) => from >= start);
  return { offset: hole?.from ?? chain.to, outdated };
}
