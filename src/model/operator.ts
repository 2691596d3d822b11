/**
 * The operator contract.
 *
 * Who calls: the task loop of one thread, never two calls at once, in this order:
 * `open`, then `restore` (once, when there is state), then any of `processBatch`, `processWatermark`, `prepareBarrier`, `snapshot`, `releaseCodes` in the
 * order of the stream, then `endInput` once when every input has ended, after which only `snapshot` and `close` follow.
 *
 * Operators are synchronous: no clock, no I/O, nothing awaited (but for the one that looks up: `processBatch`). They emit to `output` during
 * these calls and at no other time. A batch is borrowed (column.ts): copy what you keep.
 */
import type { Figures } from './account.ts';
import type { ColumnBatch } from './column.ts';
import type { LookupReader } from './connector.ts';
import type { SessionContext } from './function.ts';
import type { StateChunk, StateTableFields } from './state.ts';
import type { StringPool } from './string-pool.ts';

export interface Output {
  emitBatch(batch: ColumnBatch): void;
  /** Never falls. ±Infinity are minWatermark and maxWatermark. */
  emitWatermark(watermark: number): void;
}

/** Counted by operators, read by the metrics. Names as in model/metric-names: `lateRecords`, `nullRowtimes`, … */
export interface Counters {
  add(name: string, count: number): void;
}

export type OperatorContext = Readonly<{
  subtaskIndex: number;
  parallelism: number;
  maxParallelism: number;
  pool: StringPool;
  session: SessionContext;
  counters: Counters;
  /** Of a lookup join: who is asked. The operator closes it. */
  lookup?: LookupReader | undefined;
}>;

export interface Operator {
  open(ctx: OperatorContext, output: Output): void;
  /**
   * `input` is 0 but for operators with several inputs. Before each row the operator advances to its watermark, if the batch has them.
   * Only an operator that begins a vertex may answer with a promise: it has taken from the batch what it needs, emits when it likes, and
   * is called again once the promise is fulfilled. A failure of it is the job's.
   */
  processBatch(batch: ColumnBatch, input: number): void | Promise<void>;
  /**
   * Processing time, ms since 1970: called between batches, every 100 ms or so, also while nothing comes. For timers of processing time;
   * never called after `endInput`: as in Flink, what would have been due later is not emitted.
   */
  processTime?(nowMs: number): void;
  /** The combined watermark of all inputs; above the last one. The operator passes it on, after what it fires. */
  processWatermark(watermark: number): void;
  /** No input will give a row again. Its last watermark may be below maxWatermark: when a job is stopped with a savepoint. */
  endInput?(): void;
  /** A barrier has arrived, or every input has become idle: emit what is only buffered (partial aggregates), so that it goes out first. */
  prepareBarrier?(): void;
  /**
   * The state at this moment. Called at a barrier; the chunks are read later, in pieces, between batches: they have to show the state
   * of the call. The operator keeps what they need apart (copy on write) until `done`.
   */
  snapshot?(): OperatorSnapshot;
  /** The tables that snapshots have, once it is open: a checkpoint with others does not fit. */
  stateTables?(): readonly StateTableFields[];
  /** Chunks of every former subtask whose keys are now here, in any order; keyed ones hold only rows of this subtask's key groups. */
  restore?(chunk: StateChunk): void;
  /** The pool is about to be emptied: keep no code. May emit. */
  releaseCodes?(): void;
  /**
   * What became of the rows since `open`. Called at a barrier, after `snapshot`, when nothing is only buffered. Absent: only the rows in and
   * out are known.
   */
  account?(): Figures;
  /** Bytes of state held, roughly. */
  stateBytes?(): number;
  close?(): void | Promise<void>;
}

export interface OperatorSnapshot {
  chunks(): Iterable<StateChunk>;
  done(): void;
}
