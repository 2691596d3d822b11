/** The life of a deployment as a pure function: what is known of it, and what is to be done or written down next. */
import type { TargetJob } from '../../model/deployment.ts';
import type { Action, DeploymentEvent } from './action.ts';
import { afterFailure, takenBack } from './after-failure.ts';
import type { ControlSettings } from './control-settings.ts';
import type { DeploymentRecord, RunRecord } from './deployment-record.ts';

/**
 * `observed`: what the engine says of the job of `run`; null where there is no run, or the engine can't be asked: then nothing is
 * concluded. `restarting`: its restarts within the engine are more than can be borne.
 */
export function nextAction(
  deployment: DeploymentRecord,
  observed: TargetJob | null,
  restarting: boolean,
  now: number,
  settings: ControlSettings,
): Action {
  const { run, stopping, wanted, finished, state, retryAt } = deployment;
  if (run === null) {
    if (wanted === 'suspended' || finished || state === 'FAILED') return wait(null);
    return retryAt !== null && retryAt > now ? wait(retryAt) : { kind: 'start' };
  }
  if (stopping !== null) return retryAt !== null && retryAt > now ? wait(retryAt) : { kind: 'stop' };
  if (finished) return wait(null);
  if (run.submittedAt === null) return retryAt !== null && retryAt > now ? wait(retryAt) : { kind: 'submit' };
  if (observed === null) return wait(null);
  switch (observed.state) {
    case 'ABSENT':
      return afterLoss(seen(deployment, observed), run, now, settings);
    case 'FINISHED':
      return record(ended(seen(deployment, observed), run, now), { kind: 'finished', text: 'came to its end' });
    case 'FAILED':
    case 'CANCELED': {
      const text =
        observed.exceptions[0]?.text ?? (observed.state === 'FAILED' ? 'it failed' : 'it was cancelled from elsewhere');
      return afterFailure(seen(deployment, observed), text, { final: false }, now, settings);
    }
    default:
      return whileThere(deployment, run, observed, restarting, now, settings);
  }
}

function wait(at: number | null): Action {
  return { kind: 'wait', at };
}

function record(to: DeploymentRecord, event: DeploymentEvent | null): Action {
  return { kind: 'record', to, event };
}

/** The same deployment where there was nothing new. */
function seen(deployment: DeploymentRecord, { checkpoints }: TargetJob): DeploymentRecord {
  const { rollbackRestore, checkpointed, latestPath } = deployment;
  const path = checkpoints.latestPath ?? latestPath;
  const isOwn = checkpoints.latestPath !== null && !isPath(rollbackRestore, checkpoints.latestPath);
  const isNow = checkpointed || checkpoints.completed > 0 || isOwn;
  return path === latestPath && isNow === checkpointed
    ? deployment
    : { ...deployment, latestPath: path, checkpointed: isNow };
}

function isPath(restore: DeploymentRecord['restore'], path: string): boolean {
  return restore.kind === 'savepoint' && restore.path === path;
}

/** The engine knows it no more, or not yet: it is not the job's failure, and nothing says that it runs. */
function afterLoss(deployment: DeploymentRecord, run: RunRecord, now: number, { appearMs }: ControlSettings): Action {
  if (run.runningSince !== null || deployment.checkpointed) {
    const to: DeploymentRecord = { ...deployment, run: null, restore: { kind: 'latest' } };
    return record(to, {
      kind: 'lost',
      text: `job ${run.jobId} is gone: it is started again from its newest checkpoint`,
    });
  }
  if (deployment.engine !== 'millrace' && now - (run.submittedAt ?? 0) < appearMs)
    return wait((run.submittedAt ?? 0) + appearMs);
  // The same id once more: an engine that has it after all does not start it twice.
  return record(
    { ...deployment, run: { ...run, submittedAt: null } },
    { kind: 'lost', text: `job ${run.jobId} is not there: it is handed over again` },
  );
}

function ended(deployment: DeploymentRecord, run: RunRecord, now: number): DeploymentRecord {
  const { rolledBack, lastStableRelease, error } = deployment;
  return {
    ...deployment,
    state: rolledBack ? 'ROLLED_BACK' : 'STABLE',
    lastStableRelease: rolledBack ? lastStableRelease : run.release,
    finished: true,
    failures: 0,
    rolloutSince: null,
    error: rolledBack ? error : null,
    updatedAt: now,
  };
}

function whileThere(
  before: DeploymentRecord,
  run: RunRecord,
  observed: TargetJob,
  restarting: boolean,
  now: number,
  settings: ControlSettings,
): Action {
  const deployment = seen(before, observed);
  if (observed.state === 'RUNNING' && run.runningSince === null) {
    return record(
      { ...deployment, run: { ...run, runningSince: now }, updatedAt: now },
      { kind: 'running', text: `job ${run.jobId} runs` },
    );
  }
  const { rolloutSince, failures, state } = deployment;
  const isProving = rolloutSince !== null || failures > 0 || state === 'DEPLOYED';
  if (!isProving) return deployment === before ? wait(null) : record(deployment, null);
  const isLate = deployment.rolloutSince !== null && now - deployment.rolloutSince >= settings.stableWithinMs;
  if (isStable(deployment, run, observed, isLate, now, settings)) {
    return record(stable(deployment, run, now), { kind: 'stable', text: `release ${run.release} is stable` });
  }
  if (deployment.rolloutSince !== null && (isLate || restarting)) {
    const why = restarting
      ? `it restarts again and again (${observed.restarts} times)`
      : `it is not stable after ${settings.stableWithinMs / 1_000} s`;
    return takenBack(
      deployment,
      `${why}${observed.exceptions[0] === undefined ? '' : `: ${observed.exceptions[0].text}`}`,
      now,
    );
  }
  return deployment === before ? wait(null) : record(deployment, null);
}

function isStable(
  { engine }: DeploymentRecord,
  { runningSince }: RunRecord,
  { state, checkpoints }: TargetJob,
  isLate: boolean,
  now: number,
  { stableAfterMs }: ControlSettings,
): boolean {
  if (state !== 'RUNNING' || runningSince === null || now - runningSince < stableAfterMs) return false;
  // A Flink job may have been set up without checkpoints: then time alone has to do.
  return checkpoints.completed > 0 || (engine !== 'millrace' && isLate && checkpoints.failed === 0);
}

function stable(deployment: DeploymentRecord, run: RunRecord, now: number): DeploymentRecord {
  const { rolledBack, lastStableRelease, error } = deployment;
  return {
    ...deployment,
    state: rolledBack ? 'ROLLED_BACK' : 'STABLE',
    lastStableRelease: rolledBack ? lastStableRelease : run.release,
    failures: 0,
    rolloutSince: null,
    error: rolledBack ? error : null,
    updatedAt: now,
  };
}
