/** Where an auditor goes on in a partition, by the records that it or another has written: no other state is kept. */

import type { LoggedSegment, PartitionLog } from '../audit-log.ts';
import type { AccountScheme } from '../bucket-account.ts';
import { chainOf } from '../segment-chain.ts';
import type { SegmentRecord } from '../segment-record.ts';
import { emptySegment } from './segment-builder.ts';

/** The first offset that the log has, and behind the last. */
export type LogRange = Readonly<{ start: number; end: number }>;

export type StartingPoint = Readonly<{
  /** The segment to go on in. */
  head: SegmentRecord;
  /** Segments that say what is no longer so, because the log was cut off at its end: to be taken out. */
  outdated: readonly LoggedSegment[];
}>;

/**
 * In the segment that has not ended, where that is recorded: what retention has taken of it since is not lost to the audit. Else behind the
 * segments that have ended; at the first hole in them, where the log still has it: what follows is then written again, the same.
 * Where the log ends before they do, it lost records at its end, and the segments that had them are outdated.
 */
export function startingPoint(
  partition: PartitionLog | undefined,
  { start, end }: LogRange,
  scheme: AccountScheme,
): StartingPoint {
  const complete = [...(partition?.complete.values() ?? [])];
  const outdated = complete.filter(({ to }) => to > end);
  const chain = chainOf(
    complete.filter(({ to }) => to <= end),
    null,
  );
  const hole = chain?.holes.find(({ from }) => from >= start);
  if (hole !== undefined) return { head: emptySegment(hole.from, scheme), outdated };
  const head = partition?.head ?? null;
  const follows = head !== null && head.to <= end && (chain === null || head.from === chain.to);
  return { head: follows ? head : emptySegment(chain?.to ?? start, scheme), outdated };
}
