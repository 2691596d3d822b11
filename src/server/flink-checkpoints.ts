/** Flink's REST shapes for checkpoints: `/jobs/:id/checkpoints`, `…/config`, `…/details/:checkpoint`. */
import type { CheckpointStatus, JobStatus } from '../model/job-status.ts';

export function checkpoints(job: JobStatus): unknown {
  const { counts, history, restored } = job.checkpoints;
  const completed = history.filter((checkpoint) => checkpoint.status === 'COMPLETED');
  const newest = (wanted: (checkpoint: CheckpointStatus) => boolean): unknown => {
    const found = history.find(wanted);
    return found === undefined ? null : checkpoint(found);
  };
  const isCompleted = ({ status }: CheckpointStatus): boolean => status === 'COMPLETED';
  return {
    counts: {
      restored: counts.restored,
      total: counts.total,
      in_progress: counts.inProgress,
      completed: counts.completed,
      failed: counts.failed,
    },
    summary: summaryOf(completed),
    latest: {
      completed: newest((entry) => isCompleted(entry) && !entry.savepoint),
      savepoint: newest((entry) => isCompleted(entry) && entry.savepoint),
      failed: newest((entry) => entry.status === 'FAILED'),
      restored: restored && {
        id: restored.id,
        restore_timestamp: restored.time,
        is_savepoint: restored.savepoint,
        savepointFormat: null,
        external_path: restored.path,
      },
    },
    history: history.map(checkpoint),
  };
}

function summaryOf(completed: readonly CheckpointStatus[]): unknown {
  const sizes = statistics(completed.map((entry) => entry.sizeBytes));
  const nothing = statistics(completed.map(() => 0));
  return {
    checkpointed_size: sizes,
    state_size: sizes,
    end_to_end_duration: statistics(completed.map((entry) => entry.durationMs)),
    alignment_buffered: nothing,
    processed_data: nothing,
    persisted_data: nothing,
  };
}

/** Over the history that is kept. Percentiles are those of the nearest rank. */
function statistics(values: readonly number[]): unknown {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = (part: number): number => sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
  const sum = sorted.reduce((total, value) => total + value, 0);
  return {
    min: sorted[0] ?? 0,
    max: sorted.at(-1) ?? 0,
    avg: sorted.length === 0 ? 0 : Math.round(sum / sorted.length),
    p50: rank(0.5),
    p90: rank(0.9),
    p95: rank(0.95),
    p99: rank(0.99),
    p999: rank(0.999),
  };
}

const classNames = { COMPLETED: 'completed', FAILED: 'failed', IN_PROGRESS: 'in_progress' } as const;

export function checkpoint(entry: CheckpointStatus): unknown {
  return {
    className: classNames[entry.status],
    id: entry.id,
    status: entry.status,
    is_savepoint: entry.savepoint,
    savepointFormat: entry.savepoint ? 'CANONICAL' : null,
    trigger_timestamp: entry.triggerTime,
    latest_ack_timestamp: entry.latestAckTime ?? -1,
    checkpointed_size: entry.sizeBytes,
    state_size: entry.sizeBytes,
    end_to_end_duration: entry.durationMs,
    alignment_buffered: 0,
    processed_data: 0,
    persisted_data: 0,
    num_subtasks: entry.subtasks,
    num_acknowledged_subtasks: entry.acknowledgedSubtasks,
    checkpoint_type: entry.savepoint ? 'SAVEPOINT' : 'CHECKPOINT',
    tasks: {},
    ...(entry.status === 'COMPLETED' ? { external_path: entry.path, discarded: entry.path === null } : {}),
    ...(entry.status === 'FAILED'
      ? { failure_timestamp: entry.triggerTime + entry.durationMs, failure_message: entry.failure }
      : {}),
  };
}
