/**
 * What can be seen of a running job, as data: the engine fills it, the metrics, the REST pages and the terminal show it. Names of states and
 * counters are Flink's.
 */
import type { JobAudit } from './account.ts';
import type { ErrorData } from './errors.ts';
import type { SplitLag } from './source.ts';

export const jobStates = [
  'INITIALIZING',
  'CREATED',
  'RUNNING',
  'FAILING',
  'FAILED',
  'CANCELLING',
  'CANCELED',
  'FINISHED',
  'RESTARTING',
  'SUSPENDED',
] as const;
export type JobState = (typeof jobStates)[number];

/** Totals since the subtask's start. Times in ms since 1970, or ms of duration where the name says so. */
export type SubtaskStatus = Readonly<{
  index: number;
  state: JobState | 'INITIALIZING';
  startTime: number;
  recordsIn: number;
  recordsOut: number;
  bytesIn: number;
  bytesOut: number;
  /** Together about the time that has passed: working, waiting for input, waiting for room downstream. */
  busyMs: number;
  idleMs: number;
  backPressuredMs: number;
  /** ms; null: none yet. maxWatermark is Infinity. */
  watermark: number | null;
  stateBytes: number;
  /** By name: `lateRecords`, `nullRowtimes`, `deadLetters`, `skippedRecords`, … */
  counters: Readonly<Record<string, number>>;
  /** For sources, a split each. */
  splits: readonly SplitLag[];
  /** For sources with watermarks, a split each. */
  splitTimes: readonly SplitTime[];
}>;

/** Event time of a split. An idle or ended one holds nobody back. `watermark` in ms; null: none yet. */
export type SplitTime = Readonly<{
  splitId: string;
  watermark: number | null;
  idle: boolean;
  ended: boolean;
  /** ms of processing time since its last row. */
  quietMs: number;
}>;

export type VertexStatus = Readonly<{
  /** 32 hex digits, stable for the operator's id. */
  id: string;
  name: string;
  parallelism: number;
  operators: readonly Readonly<{ id: string; name: string }>[];
  inputs: readonly Readonly<{ vertexId: string; shipStrategy: 'FORWARD' | 'HASH' | 'REBALANCE' | 'BROADCAST' }>[];
  /** `source` reads connectors, `sink` writes them; one vertex can be both. */
  source: boolean;
  sink: boolean;
  subtasks: readonly SubtaskStatus[];
}>;

export type CheckpointStatus = Readonly<{
  id: number;
  status: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';
  savepoint: boolean;
  triggerTime: number;
  latestAckTime: number | null;
  /** Trigger to durable, ms. */
  durationMs: number;
  sizeBytes: number;
  acknowledgedSubtasks: number;
  subtasks: number;
  path: string | null;
  failure: string | null;
}>;

export type ExceptionStatus = Readonly<{
  timestamp: number;
  error: ErrorData;
  taskName: string | null;
}>;

export type JobStatus = Readonly<{
  /** 32 hex digits. */
  id: string;
  name: string;
  state: JobState;
  startTime: number;
  /** −1 while it runs. */
  endTime: number;
  now: number;
  /** When each state was last entered; 0 = never. */
  timestamps: Readonly<Record<JobState, number>>;
  parallelism: number;
  maxParallelism: number;
  restarts: number;
  vertices: readonly VertexStatus[];
  checkpoints: Readonly<{
    intervalMs: number;
    counts: Readonly<{ restored: number; total: number; inProgress: number; completed: number; failed: number }>;
    /** Newest first, bounded. */
    history: readonly CheckpointStatus[];
    restored: Readonly<{ id: number; time: number; savepoint: boolean; path: string }> | null;
  }>;
  /** Newest first, bounded; the first fault since the job's start is kept for good as the last entry. */
  exceptions: readonly ExceptionStatus[];
  /** Whether every row that came in is accounted for, checkpoint by checkpoint. */
  audit: JobAudit;
  /** Main thread: how late its loop is, ms, the largest of the last second. */
  eventLoopLagMs: number;
}>;
