/**
 * The segments of a partition as one chain: each begins where the one before ends. What the chain does not cover has not been audited, and
 * nothing can be said of it.
 */
import type { LoggedSegment } from './audit-log.ts';

export type Hole = Readonly<{ from: number; to: number }>;

export type SegmentChain = Readonly<{
  /** Covered is `[from, to)` but for the holes. */
  from: number;
  to: number;
  segments: readonly LoggedSegment[];
  holes: readonly Hole[];
}>;

/**
 * `complete`: segments that have ended, in any order; `head`: the one that has not, maybe out of date. A segment that lies over the end of one
 * before it was made from another begin, by an auditor that knew nothing of the others: it is left out, its offsets are covered by theirs.
 */
export function chainOf(complete: Iterable<LoggedSegment>, head: LoggedSegment | null): SegmentChain | null {
  const sorted = [...complete, ...(head === null ? [] : [head])].sort((a, b) => a.from - b.from || b.to - a.to);
  const [first] = sorted;
  if (first === undefined) return null;
  const segments: LoggedSegment[] = [];
  const holes: Hole[] = [];
  let to = first.from;
  for (const segment of sorted) {
    if (segment.from < to) continue;
    if (segment.from > to) holes.push({ from: to, to: segment.from });
    segments.push(segment);
    to = segment.to;
  }
  return { from: first.from, to, segments, holes };
}
