/** A job as Flink tells of it, as a `TargetJob`. */
import type { TargetJob } from '../model/deployment.ts';
import { type JobState, jobStates } from '../model/job-status.ts';
import { plainText } from '../model/plain-text.ts';
import { faultText } from './java-fault.ts';
import type { JobMetrics } from './job-metrics.ts';
import type {
  Checkpoints,
  CompletedCheckpoint,
  ExceptionEntry,
  Exceptions,
  JobDetails,
  JobOverview,
} from './rest-answers.ts';

const maxExceptions = 16;
const maxNameLength = 200;
const noCheckpoints: TargetJob['checkpoints'] = { completed: 0, failed: 0, latestTime: null, latestPath: null };

export function absentJob(jobId: string): TargetJob {
  return {
    jobId,
    name: '',
    state: 'ABSENT',
    startTime: null,
    endTime: null,
    parallelism: null,
    restarts: 0,
    checkpoints: noCheckpoints,
    lagRecords: null,
    recordsIn: null,
    recordsOut: null,
    watermark: null,
    exceptions: [],
    view: null,
  };
}

/** From a list: without what only its own page has. `view` is where people look at the cluster. */
export function listedJob(job: JobOverview, view: string | null): TargetJob {
  const state = stateOf(job.state);
  const page = isEnded(state) ? 'completed' : 'running';
  return {
    ...absentJob(job.jid),
    name: plainText(job.name, maxNameLength),
    state,
    startTime: job['start-time'],
    endTime: job['end-time'] < 0 ? null : job['end-time'],
    view: view === null ? null : `${view}/#/job/${page}/${job.jid}/overview`,
  };
}

export function observedJob(
  job: JobDetails,
  checkpoints: Checkpoints,
  exceptions: Exceptions,
  metrics: JobMetrics,
  view: string,
): TargetJob {
  const { restarts, ...flow } = metrics;
  const parallelisms = (job.vertices ?? []).map((vertex) => vertex.parallelism);
  return {
    ...listedJob(job, view),
    ...flow,
    restarts: restarts ?? 0,
    parallelism: parallelisms.length === 0 ? null : Math.max(...parallelisms),
    checkpoints: checkpointsOf(checkpoints),
    exceptions: (exceptions.exceptionHistory?.entries ?? []).slice(0, maxExceptions).map(exceptionOf),
  };
}

/** RECONCILING, of a JobManager that takes a job over, is a beginning as well. */
function stateOf(state: string): JobState {
  return jobStates.find((known) => known === state) ?? 'INITIALIZING';
}

export function isEnded(state: JobState | 'ABSENT'): boolean {
  return state === 'FINISHED' || state === 'FAILED' || state === 'CANCELED' || state === 'ABSENT';
}

/** The newest that is still there, be it checkpoint or savepoint. */
export function newestCheckpoint({ latest }: Checkpoints): CompletedCheckpoint | null {
  const kept = [latest?.completed, latest?.savepoint].filter((found) => found != null && !found.discarded);
  return kept.reduce<CompletedCheckpoint | null>(
    (newest, found) => (newest === null || found!.latest_ack_timestamp > newest.latest_ack_timestamp ? found! : newest),
    null,
  );
}

function checkpointsOf(checkpoints: Checkpoints): TargetJob['checkpoints'] {
  const newest = newestCheckpoint(checkpoints);
  return {
    completed: checkpoints.counts?.completed ?? 0,
    failed: checkpoints.counts?.failed ?? 0,
    latestTime: newest?.latest_ack_timestamp ?? null,
    latestPath: newest?.external_path ?? null,
  };
}

/** What stopped the job stands at the top; the task that it came from, and what it said, beside it. */
function exceptionOf(entry: ExceptionEntry): TargetJob['exceptions'][number] {
  const [task] = [entry, ...(entry.concurrentExceptions ?? [])].filter((found) => found.taskName != null);
  const own = faultText(entry.stacktrace ?? entry.exceptionName ?? '');
  return {
    time: entry.timestamp,
    task: task === undefined ? null : plainText(task.taskName!, maxNameLength),
    text: own,
  };
}
