import type { OffsetRuns } from '../model/offset-runs.ts';

/**
 * How offset runs are stored: chunks that do not change any more, numbered from the first that the partition ever had, and the newest runs
 * with the position. Chunks of which the source has nothing left are dropped.
 */
export const runsPerChunk = 128;

export type PackedRun = readonly [sourceFrom: number, sourceTo: number, targetFrom: number];

/** Runs, and how many chunks before them have been dropped. */
export type ChunkedRuns = Readonly<{ runs: OffsetRuns; droppedChunks: number }>;

/** Which chunks stand in the state. */
export type StoredChunks = Readonly<{ from: number; to: number }>;

export const noChunks: StoredChunks = { from: 0, to: 0 };

/** The last run still grows: it is never in one. */
export function chunksOf({ runs, droppedChunks }: ChunkedRuns): StoredChunks {
  return { from: droppedChunks, to: droppedChunks + Math.floor(Math.max(0, runs.length - 1) / runsPerChunk) };
}

/** Those of chunk `n`. */
export function runsOfChunk({ runs, droppedChunks }: ChunkedRuns, n: number): PackedRun[] {
  return pack(runs.slice((n - droppedChunks) * runsPerChunk, (n - droppedChunks + 1) * runsPerChunk));
}

/** Those behind the last chunk. */
export function newestRuns(chunked: ChunkedRuns): PackedRun[] {
  const { from, to } = chunksOf(chunked);
  return pack(chunked.runs.slice((to - from) * runsPerChunk));
}

function pack(runs: OffsetRuns): PackedRun[] {
  return runs.map(({ sourceFrom, sourceTo, targetFrom }) => [sourceFrom, sourceTo, targetFrom]);
}

export function unpack(packed: readonly PackedRun[]): OffsetRuns {
  return packed.map(([sourceFrom, sourceTo, targetFrom]) => ({ sourceFrom, sourceTo, targetFrom }));
}
