/** Flink's REST shapes for what concerns all jobs: `/overview`, `/config`, `/jobs`, `/jobs/overview`. */
import type { JobState, JobStatus } from '../model/job-status.ts';
import { taskCounts } from './task-state.ts';

/** The Flink whose REST API this is, with the program that answers. */
function versionText(version: string): string {
  return `2.3-millrace-${version}`;
}

export function overview(jobs: readonly JobStatus[], version: string): unknown {
  const count = (states: readonly JobState[]): number => jobs.filter((job) => states.includes(job.state)).length;
  const running = jobs.filter((job) => !isOver(job.state));
  return {
    taskmanagers: 1,
    'slots-total': running.reduce((slots, job) => slots + job.parallelism, 0),
    'slots-available': 0,
    'jobs-running': running.length,
    'jobs-finished': count(['FINISHED']),
    'jobs-cancelled': count(['CANCELED']),
    'jobs-failed': count(['FAILED']),
    'flink-version': versionText(version),
    'flink-commit': 'millrace',
  };
}

export function isOver(state: JobState): boolean {
  return state === 'FINISHED' || state === 'CANCELED' || state === 'FAILED';
}

export function config(version: string, canCancel: boolean): unknown {
  return {
    'refresh-interval': 3_000,
    'timezone-name': 'Coordinated Universal Time',
    'timezone-offset': 0,
    'flink-version': versionText(version),
    'flink-revision': 'millrace',
    features: { 'web-submit': false, 'web-cancel': canCancel, 'web-rescale': false, 'web-history': false },
  };
}

export function jobIds(jobs: readonly JobStatus[]): unknown {
  return { jobs: jobs.map(({ id, state }) => ({ id, status: state })) };
}

export function jobsOverview(jobs: readonly JobStatus[]): unknown {
  return {
    jobs: jobs.map((job) => ({
      jid: job.id,
      name: job.name,
      jobType: 'STREAMING',
      schedulerType: 'Default',
      'start-time': job.startTime,
      'end-time': job.endTime,
      duration: durationOf(job.startTime, job.endTime, job.now),
      state: job.state,
      'last-modification': Math.max(...Object.values(job.timestamps)),
      tasks: {
        ...taskCounts(
          job.vertices.flatMap((vertex) => vertex.subtasks),
          'lower',
        ),
        total: job.vertices.reduce((total, vertex) => total + vertex.parallelism, 0),
      },
      'pending-operators': 0,
    })),
  };
}

export function durationOf(startTime: number, endTime: number, now: number): number {
  return (endTime < 0 ? now : endTime) - startTime;
}
