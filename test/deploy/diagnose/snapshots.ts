import type { JobFacts } from '../../../src/deploy/diagnose/job-facts.ts';
import type { TargetJob } from '../../../src/model/deployment.ts';
import type { ErrorCode } from '../../../src/model/errors.ts';
import {
  type CheckpointStatus,
  type ExceptionStatus,
  type JobState,
  type JobStatus,
  jobStates,
  type SplitTime,
  type SubtaskStatus,
  type VertexStatus,
} from '../../../src/model/job-status.ts';

/** 2026-03-01T12:00:00Z: when every snapshot is taken. */
export const now = Date.UTC(2026, 2, 1, 12);
export const minute = 60_000;
const startTime = now - 60 * minute;

export type SubtaskMore = Partial<SubtaskStatus> & Readonly<{ busy?: number; pressed?: number; lag?: number }>;

/** Shares of its hour: `busy`, `pressed`, the rest idle. */
function subtask({ busy = 0.1, pressed = 0, lag, ...more }: SubtaskMore = {}): SubtaskStatus {
  const hour = 60 * minute;
  return {
    index: 0,
    state: 'RUNNING',
    startTime,
    recordsIn: 100_000,
    recordsOut: 100_000,
    bytesIn: 0,
    bytesOut: 0,
    busyMs: busy * hour,
    idleMs: (1 - busy - pressed) * hour,
    backPressuredMs: pressed * hour,
    watermark: now - 5_000,
    stateBytes: 1_000,
    counters: {},
    splits: lag === undefined ? [] : [{ splitId: 'views-0', labels: {}, records: lag, seconds: lag / 1_000 }],
    splitTimes: [],
    ...more,
  };
}

export function split(more: Partial<SplitTime> = {}): SplitTime {
  return { splitId: 'views-0', watermark: now - 5_000, idle: false, ended: false, quietMs: 100, ...more };
}

export function vertex(name: string, subtasks: readonly SubtaskMore[], more: Partial<VertexStatus> = {}): VertexStatus {
  return {
    id: name.padEnd(32, '0'),
    name,
    parallelism: subtasks.length,
    operators: [],
    inputs: [],
    source: name.startsWith('source'),
    sink: name.startsWith('sink'),
    subtasks: subtasks.map((each, index) => subtask({ index, ...each })),
    ...more,
  };
}

export function checkpoint(id: number, more: Partial<CheckpointStatus> = {}): CheckpointStatus {
  return {
    id,
    status: 'COMPLETED',
    savepoint: false,
    triggerTime: now - (60 - id) * minute,
    latestAckTime: null,
    durationMs: 120,
    sizeBytes: 10_000,
    acknowledgedSubtasks: 3,
    subtasks: 3,
    path: null,
    failure: null,
    ...more,
  };
}

export function failure(
  minutesAgo: number,
  code: ErrorCode,
  message: string,
  more: Readonly<{ task?: string; causes?: readonly string[]; hint?: string }> = {},
): ExceptionStatus {
  const { task = null, causes = [], hint } = more;
  return {
    timestamp: now - minutesAgo * minute,
    taskName: task,
    error: { code, message, retryable: false, causes, ...(hint === undefined ? {} : { hint }) },
  };
}

export type StatusMore = Partial<Omit<JobStatus, 'checkpoints'>> &
  Readonly<{ history?: readonly CheckpointStatus[]; intervalMs?: number }>;

/** A job that is well: three vertices, a checkpoint a minute. */
export function status({ history, intervalMs = minute, ...more }: StatusMore = {}): JobStatus {
  const checkpoints = history ?? [checkpoint(59), checkpoint(58), checkpoint(57)];
  const completed = checkpoints.filter((each) => each.status === 'COMPLETED').length;
  const failed = checkpoints.filter((each) => each.status === 'FAILED').length;
  return {
    id: 'a'.repeat(32),
    name: 'creator-views',
    state: 'RUNNING',
    startTime,
    endTime: -1,
    now,
    timestamps: Object.fromEntries(jobStates.map((state) => [state, 0])) as Record<JobState, number>,
    parallelism: 2,
    maxParallelism: 128,
    restarts: 0,
    vertices: [
      vertex('source views', [
        { lag: 12, splitTimes: [split()] },
        { lag: 9, splitTimes: [split({ splitId: 'views-1' })] },
      ]),
      vertex('window', [{}, {}]),
      vertex('sink totals', [{}]),
    ],
    checkpoints: {
      intervalMs,
      counts: { restored: 0, total: checkpoints.length, inProgress: 0, completed, failed },
      history: checkpoints,
      restored: null,
    },
    exceptions: [],
    audit: { epochs: 59, unbalanced: 0, latest: null, totals: [], findings: [] },
    eventLoopLagMs: 3,
    ...more,
  };
}

export function facts(job: JobStatus | null, more: Partial<JobFacts> = {}): JobFacts {
  return {
    at: now,
    name: job?.name ?? 'creator-views',
    engine: 'millrace',
    status: job,
    earlier: null,
    observed: null,
    deployment: null,
    logs: [],
    ...more,
  };
}

/** As a Flink cluster shows a job. */
export function observed(more: Partial<TargetJob> = {}): TargetJob {
  return {
    jobId: 'b'.repeat(32),
    name: 'creator-views',
    state: 'RUNNING',
    startTime,
    endTime: null,
    parallelism: 2,
    restarts: 0,
    checkpoints: { completed: 59, failed: 0, latestTime: now - minute / 2, latestPath: null },
    lagRecords: 20,
    recordsIn: 100_000,
    recordsOut: 100_000,
    watermark: now - 5_000,
    exceptions: [],
    view: null,
    ...more,
  };
}

export function onFlink(job: TargetJob, more: Partial<JobFacts> = {}): JobFacts {
  return facts(null, { engine: 'flink', observed: job, ...more });
}

export const deployment: NonNullable<JobFacts['deployment']> = {
  environment: 'staging',
  state: 'STABLE',
  wanted: 'running',
  parallelism: 2,
  health: [],
  error: null,
};
