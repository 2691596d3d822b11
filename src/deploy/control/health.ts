/** The health of a deployment: a verdict for each thing looked at, from what was seen of it. */
import type { HealthCheck, TargetJob } from '../../model/deployment.ts';
import type { ControlSettings } from './control-settings.ts';
import type { DeploymentRecord } from './deployment-record.ts';
import type { Watched } from './job-watch.ts';

type Verdict = Omit<HealthCheck, 'name'>;

export function healthOf(
  deployment: DeploymentRecord,
  watched: Watched,
  now: number,
  settings: ControlSettings,
): HealthCheck[] {
  const { job } = watched;
  const runs = job !== null && job.state === 'RUNNING' && deployment.run !== null;
  const whileRunning = (verdict: (job: TargetJob) => Verdict): Verdict =>
    runs ? verdict(job) : unknown('it does not run');
  return [
    { name: 'liveness', ...liveness(deployment, watched, now, settings) },
    { name: 'progress', ...whileRunning((running) => progress(running, watched, now, settings)) },
    { name: 'checkpoint-age', ...whileRunning((running) => checkpointAge(deployment, running, now, settings)) },
    { name: 'lag', ...whileRunning((running) => lag(running, settings)) },
    { name: 'restarts', ...whileRunning(() => restarts(watched, settings)) },
  ];
}

/** More restarts within the engine than can be borne. */
export function restartsTooOften(watched: Watched, { restartsFailing }: ControlSettings): boolean {
  return watched.restarts >= restartsFailing;
}

function unknown(text: string): Verdict {
  return { verdict: 'unknown', text };
}

function liveness(
  deployment: DeploymentRecord,
  watched: Watched,
  now: number,
  { silenceMs }: ControlSettings,
): Verdict {
  const { run, finished, wanted, state, error } = deployment;
  const { job, answeredAt, askedAt } = watched;
  if (state === 'FAILED') return { verdict: 'failing', text: error ?? 'it failed' };
  if (finished) return { verdict: 'ok', text: 'it came to its end' };
  if (wanted === 'suspended') return unknown('it is suspended');
  if (run === null)
    return { verdict: error === null ? 'unknown' : 'failing', text: error ?? 'it has not been started yet' };
  if (job === null) return unknown('nothing has been heard of it yet');
  if (answeredAt !== null && askedAt !== null && askedAt > answeredAt && now - answeredAt >= silenceMs) {
    return { verdict: 'failing', text: `its engine has not answered for ${seconds(now - answeredAt)}` };
  }
  if (job.state === 'RUNNING') return { verdict: 'ok', text: 'it runs' };
  const passing = ['INITIALIZING', 'CREATED', 'RESTARTING', 'CANCELLING', 'SUSPENDED'].includes(job.state);
  return { verdict: passing ? 'warning' : 'failing', text: `it is ${job.state}` };
}

function progress(
  { lagRecords }: TargetJob,
  { progressAt }: Watched,
  now: number,
  { progressMs }: ControlSettings,
): Verdict {
  if (progressAt === null || now - progressAt < progressMs) return { verdict: 'ok', text: 'it reads records' };
  const text = `no record was read for ${seconds(now - progressAt)}`;
  if (lagRecords === null || lagRecords === 0) return { verdict: 'warning', text: `${text}; there may be none` };
  return { verdict: 'failing', text: `${text}, with ${lagRecords} to read` };
}

function checkpointAge(
  { run }: DeploymentRecord,
  { checkpoints }: TargetJob,
  now: number,
  { checkpointWarningMs, checkpointFailingMs }: ControlSettings,
): Verdict {
  const since = checkpoints.latestTime ?? run?.runningSince ?? now;
  const age = now - since;
  const text =
    checkpoints.latestTime === null ? `none yet, ${seconds(age)} after the start` : `the newest is ${seconds(age)} old`;
  if (age >= checkpointFailingMs) return { verdict: 'failing', text };
  return { verdict: age >= checkpointWarningMs ? 'warning' : 'ok', text };
}

function lag({ lagRecords }: TargetJob, { lagWarning, lagFailing }: ControlSettings): Verdict {
  if (lagRecords === null) return unknown('its sources do not say');
  const verdict = lagRecords >= lagFailing ? 'failing' : lagRecords >= lagWarning ? 'warning' : 'ok';
  return { verdict, text: `${lagRecords} records behind` };
}

function restarts(watched: Watched, settings: ControlSettings): Verdict {
  const text = `${watched.restarts} in ${seconds(settings.restartWindowMs)}`;
  if (restartsTooOften(watched, settings)) return { verdict: 'failing', text };
  return { verdict: watched.restarts >= settings.restartsWarning ? 'warning' : 'ok', text };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`;
}
