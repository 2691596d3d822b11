/**
 * The sink contract: a writer in each worker takes rows; at a barrier it hands over *committables*; once the checkpoint that holds them is
 * durable, the committer on the main thread makes them visible.
 */
import type { ColumnBatch } from './column.ts';
import type { Counters } from './operator.ts';

/** JSON data that says what has to be committed: file names and metrics, encoded batches. */
export type Committable = Readonly<Record<string, unknown>>;

/**
 * Which epoch: every mark that a sink keeps is (run id, checkpoint id). Each start except going on from the newest checkpoint makes a new
 * run id, because checkpoint ids repeat then.
 */
export type Epoch = Readonly<{ runId: string; checkpointId: number }>;

/** Worker thread. Sinks that can't undo say so in their *Delivery guarantee*. */
export interface SinkWriter {
  /** Takes the rows; copies what it keeps. Throws where a row can't be written (NOT NULL, a range). */
  write(batch: ColumnBatch): void;
  /** null: go on. Else the caller waits before the next `write`: buffers are full. */
  ready(): Promise<void> | null;
  /**
   * At a barrier: everything written so far belongs to this checkpoint, everything written from now on to the next. Resolves once
   * it is safe in the target (flushed, closed), with what has to be committed. Called again only after it resolved.
   */
  prepareCommit(checkpointId: number): Promise<readonly Committable[]>;
  close(): Promise<void>;
}

/**
 * Main thread, one a sink. Order: `open`, `recover`, then for each checkpoint `prepare` (before the checkpoint is durable) and `commit`
 * (after). A plan is JSON data that stands in the checkpoint: it holds all that makes `commit` idempotent (pre-generated ids).
 */
export interface Committer {
  /** Claims the target, so that a zombie of this sink is fenced. */
  open(runId: string): Promise<void>;
  /**
   * The plan of the restored checkpoint (null: a fresh start). Commits it unless it has landed. `generation` higher in the target than
   * the checkpoint's (someone fell back behind what landed) is refused with CONFLICT unless `force`.
   */
  recover(plan: CommitPlan | null, options: { force: boolean }): Promise<void>;
  prepare(epoch: Epoch, committables: readonly Committable[], info: CommitInfo): Promise<CommitPlan>;
  /** Returns when the epoch is visible. Retries passing faults itself; throws what it can't overcome. */
  commit(plan: CommitPlan): Promise<void>;
  close(): Promise<void>;
}

export type CommitPlan = Readonly<Record<string, unknown>>;

/** What the checkpoint knows, for a commit's summary. */
export type CommitInfo = Readonly<{
  jobName: string;
  /** ms; null when there is none yet. */
  watermark: number | null;
  /** Whether it is the last of a job whose sources have ended. */
  final?: boolean | undefined;
  /** Of each Kafka source: topic, partition, next offset. */
  offsets: readonly Readonly<{ topic: string; partition: number; offset: number }>[];
}>;

/** What a writer is made with, in the worker. */
export type WriterContext = Readonly<{
  jobName: string;
  subtaskIndex: number;
  parallelism: number;
  runId: string;
  counters: Counters;
  /** ms since 1970. */
  now: () => number;
  host: WorkerHost;
}>;

/** What a worker can ask of the main thread. */
export interface WorkerHost {
  /** Lines for stdout, in order. Resolves when they are written: the back-pressure of `print`. */
  print(text: string): Promise<void>;
  /** A result row set of a `collect` sink, as lines of JSON. */
  collect(pipeline: number, rows: readonly string[]): Promise<void>;
  /**
   * Runs a short task in the second pool (Parquet encoding), which is bounded: waits when it is busy. `task` is a name that
   * worker.ts knows; buffers in `transfer` move.
   */
  runTask(task: string, payload: unknown, transfer: readonly ArrayBuffer[]): Promise<unknown>;
}
