/**
 * Where the records of a mirrored partition lie in its copy. While batches follow each other without gaps, an offset of the target is the
 * source's plus a constant: a run is kept only where that constant changes, or where records of the source have no copy (a control record,
 * what compaction or a transaction's abort took away, what was lost). Exact for every offset, a few runs a partition.
 */

/** Source offsets `[sourceFrom, sourceTo)` lie at `targetFrom` and on, one by one. */
export type OffsetRun = Readonly<{ sourceFrom: number; sourceTo: number; targetFrom: number }>;

/** Runs of one partition, by ascending `sourceFrom`, which also ascends in `targetFrom`; they do not overlap, and neighbours do not join. */
export type OffsetRuns = readonly OffsetRun[];

/** `runs` and a stretch behind them, joined to the last where it continues it. */
export function withStretch(runs: OffsetRuns, stretch: OffsetRun): OffsetRuns {
  if (stretch.sourceTo <= stretch.sourceFrom) return runs;
  const last = runs.at(-1);
  const continues =
    last !== undefined &&
    last.sourceTo === stretch.sourceFrom &&
    last.targetFrom + (last.sourceTo - last.sourceFrom) === stretch.targetFrom;
  return continues ? [...runs.slice(0, -1), { ...last, sourceTo: stretch.sourceTo }] : [...runs, stretch];
}

/**
 * Where a consumer that would next read `offset` of the source goes on in the target: at the copy of that record, or, where it has none, at
 * the copy of the next one that has; null when nothing from `offset` on is copied yet.
 */
export function targetOffset(runs: OffsetRuns, offset: number): number | null {
  const run = runs[firstEndingAfter(runs, offset)];
  return run === undefined ? null : run.targetFrom + Math.max(offset - run.sourceFrom, 0);
}

/** The record of the source that lies at `offset` of the target; null when none does (a marker, somebody else's record). */
export function sourceOffset(runs: OffsetRuns, offset: number): number | null {
  const run = runs.findLast(({ targetFrom }) => targetFrom <= offset);
  if (run === undefined) return null;
  const source = run.sourceFrom + (offset - run.targetFrom);
  return source < run.sourceTo ? source : null;
}

function firstEndingAfter(runs: OffsetRuns, offset: number): number {
  let [low, high] = [0, runs.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (runs[middle]!.sourceTo > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}
