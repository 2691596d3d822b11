/** What a target shows of a job, from what its process says of itself, or from how it ended. */
import type { TargetJob } from '../../model/deployment.ts';
import type { JobState, JobStatus, SubtaskStatus } from '../../model/job-status.ts';
import { plainText } from '../../model/plain-text.ts';
import type { RunOutcome } from './run-report.ts';

const maxExceptions = 16;
const maxExceptionLength = 4_096; // UTF-16 units

export function jobOfStatus(status: JobStatus): TargetJob {
  const sources = subtasksOf(status, 'source');
  const splits = sources.flatMap((subtask) => subtask.splits);
  const { counts, history } = status.checkpoints;
  const latest = history.find((checkpoint) => checkpoint.status === 'COMPLETED');
  return {
    jobId: status.id,
    name: plainText(status.name, 256),
    state: status.state,
    startTime: status.startTime,
    endTime: status.endTime < 0 ? null : status.endTime,
    parallelism: status.parallelism,
    restarts: status.restarts,
    checkpoints: {
      completed: counts.completed,
      failed: counts.failed,
      latestTime: latest === undefined ? null : latest.triggerTime + latest.durationMs,
      latestPath: latest?.path ?? status.checkpoints.restored?.path ?? null,
    },
    lagRecords: splits.length === 0 ? null : splits.reduce((sum, split) => sum + split.records, 0),
    recordsIn: sum(sources, (subtask) => subtask.recordsIn),
    recordsOut: sum(subtasksOf(status, 'sink'), (subtask) => subtask.recordsIn),
    watermark: watermarkOf(sources),
    exceptions: status.exceptions.slice(0, maxExceptions).map(({ timestamp, error, taskName }) => ({
      time: timestamp,
      task: taskName === null ? null : plainText(taskName, 256),
      text: plainText([error.message, ...error.causes].join('\n'), maxExceptionLength),
    })),
    view: null,
  };
}

function subtasksOf({ vertices }: JobStatus, side: 'source' | 'sink'): SubtaskStatus[] {
  return vertices.filter((vertex) => vertex[side]).flatMap((vertex) => vertex.subtasks);
}

function sum(subtasks: readonly SubtaskStatus[], figure: (subtask: SubtaskStatus) => number): number {
  return subtasks.reduce((total, subtask) => total + figure(subtask), 0);
}

/** The lowest of the sources; JSON has no Infinity, which ended ones are at. */
function watermarkOf(sources: readonly SubtaskStatus[]): number | null {
  const marks = sources.map((subtask) => subtask.watermark).filter((mark) => mark !== null);
  const lowest = Math.min(...marks);
  return marks.length < sources.length || !Number.isFinite(lowest) ? null : lowest;
}

/** A job of which nothing has been seen. */
export function unseenJob(jobId: string, name: string, state: TargetJob['state']): TargetJob {
  return {
    jobId,
    name,
    state,
    startTime: null,
    endTime: null,
    parallelism: null,
    restarts: 0,
    checkpoints: { completed: 0, failed: 0, latestTime: null, latestPath: null },
    lagRecords: null,
    recordsIn: null,
    recordsOut: null,
    watermark: null,
    exceptions: [],
    view: null,
  };
}

const endStates: Readonly<Record<RunOutcome['kind'], JobState>> = {
  finished: 'FINISHED',
  stopped: 'FINISHED',
  cancelled: 'CANCELED',
  failed: 'FAILED',
};

/** As `last` was seen, ended at `time` with `outcome`. */
export function endedJob(last: TargetJob, outcome: RunOutcome, time: number): TargetJob {
  const ended: TargetJob = { ...last, state: endStates[outcome.kind], endTime: time };
  if (outcome.kind !== 'failed') return ended;
  const { message, hint } = outcome.error;
  const text = plainText(hint === null ? message : `${message}\n${hint}`, maxExceptionLength);
  return { ...ended, exceptions: [{ time, task: null, text }, ...last.exceptions].slice(0, maxExceptions) };
}
