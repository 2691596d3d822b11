/**
 * The source contract: an enumerator on the main thread finds splits and deals them out, a reader in each worker reads its splits.
 * The splits with their positions *are* the state of a source.
 */
import type { Figures } from './account.ts';
import type { ColumnBatch } from './column.ts';
import type { Counters } from './operator.ts';
import type { ScanColumn } from './plan.ts';
import type { StringPool } from './string-pool.ts';

/**
 * A part that is read in order by one reader: a topic partition, a file, a generator. Plain JSON data, kept in checkpoints: `id` is
 * stable across restarts, `position` says where to go on (the connector's own form).
 */
export type SourceSplit = Readonly<{ id: string; position: SplitPosition }>;
export type SplitPosition = Readonly<Record<string, string | number | boolean | null>>;

/** Which subtask gets which splits. */
export type SplitAssignment = ReadonlyMap<number, readonly SourceSplit[]>;

/**
 * Main thread. `start` is called once, before the readers; with the splits of the checkpoint when there is one: their positions win,
 * and splits that are new since then are added from their beginning. While the job runs, `discover` is called every
 * `discoveryIntervalMs`, if the source has one, and returns splits not seen before.
 */
export interface SplitEnumerator {
  start(restored: readonly SourceSplit[] | null): Promise<readonly SourceSplit[]>;
  /** The subtask that reads the split; stable, so that a restart deals alike. */
  assign(split: SourceSplit, parallelism: number): number;
  readonly discoveryIntervalMs: number | null;
  discover(): Promise<readonly SourceSplit[]>;
  /**
   * A checkpoint that holds these positions is durable: tell the outside (commit offsets for lag tools). A failure is a warning to
   * the caller, never the job's: the checkpoint is what counts.
   */
  checkpointComplete?(splits: readonly SourceSplit[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * What a reader gives at a time. `batch`: rows of one split, borrowed until the next `poll`; the position of the split is already behind
 * them. `none`: nothing now. `end`: every split is at its end and no more will be assigned.
 */
export type ReaderOutput =
  | { readonly kind: 'batch'; readonly splitId: string; readonly batch: ColumnBatch }
  | { readonly kind: 'none' }
  | { readonly kind: 'end' };

/**
 * Worker thread. The task loop calls `poll` again and again and everything else between two polls, or, for `wake`, `addSplits` and
 * `noMoreSplits`, during one.
 */
export interface SourceReader {
  addSplits(splits: readonly SourceSplit[]): void;
  /** No more `addSplits`: the reader may end. */
  noMoreSplits(): void;
  /** Resolves with `none` after about `timeoutMs` without data, or soon after `wake`. */
  poll(timeoutMs: number): Promise<ReaderOutput>;
  wake(): void;
  /** Every split given, with the position after the last row handed out. Ended splits too. */
  snapshot(): SourceSplit[];
  /** Splits that are at their end; their watermark no longer holds the others back. */
  endedSplits(): readonly string[];
  /**
   * Since the reader was made: what it read, and what became of it (`records` = `decoded` + …, model/account.ts); unreadable records are counted
   * where they are handed over. Called between two polls. Absent: only the rows of its batches are known.
   */
  account?(): Figures;
  /** Figures a split for the metrics: records and seconds behind the end. */
  lag(): readonly SplitLag[];
  close(): Promise<void>;
}

export type SplitLag = Readonly<{
  splitId: string;
  labels: Readonly<Record<string, string>>;
  records: number;
  seconds: number;
}>;

/** What a reader is made with, in the worker. */
export type ReaderContext = Readonly<{
  columns: readonly ScanColumn[];
  subtaskIndex: number;
  parallelism: number;
  pool: StringPool;
  counters: Counters;
  /** At the most this many rows a batch. */
  batchRows: number;
  /** The clock's now, ms since 1970. */
  now: () => number;
  badRecord: BadRecordHandler;
  /** Says what a person should know while the job goes on. The reader keeps to a few a minute. */
  warn: (message: string) => void;
}>;

/** A record that could not be read, and where it stood. Bytes are borrowed. */
export type BadRecord = Readonly<{
  error: string;
  value: Uint8Array;
  key?: Uint8Array | null | undefined;
  /** Topic and partition, or path. */
  source: string;
  partition?: number | undefined;
  /** Offset in the partition, or line number. */
  offset: number;
  timestamp?: number | undefined;
}>;

/** Does what `millrace.dead-letter.*` says: throws (fail the job), counts (skip), or hands it to the dead-letter sink. */
export type BadRecordHandler = (record: BadRecord) => void;
