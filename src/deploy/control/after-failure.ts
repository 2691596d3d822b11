/** What follows when a run failed, or its release is not fit to go on: again, back to the last stable one, or no more. */
import type { RestoreFrom } from '../../model/deployment.ts';
import type { Action } from './action.ts';
import type { ControlSettings } from './control-settings.ts';
import type { DeploymentRecord, StopRecord } from './deployment-record.ts';

/** `final`: it would fail the same way again. */
export function afterFailure(
  deployment: DeploymentRecord,
  text: string,
  { final }: Readonly<{ final: boolean }>,
  now: number,
  settings: ControlSettings,
): Action {
  const failures = deployment.failures + 1;
  const limit = deployment.rolloutSince === null ? settings.giveUpFailures : settings.rolloutFailures;
  const over: DeploymentRecord = { ...deployment, failures, run: null, restore: restoreAgain(deployment) };
  if (final || failures >= limit) return takenBack(over, text, now);
  const delay = Math.min(settings.maxBackOffMs, settings.backOffMs * 2 ** (failures - 1));
  const to: DeploymentRecord = {
    ...over,
    state: deployment.rolledBack ? 'ROLLED_BACK' : 'DEPLOYED',
    retryAt: now + delay,
    error: text,
    updatedAt: now,
  };
  return {
    kind: 'record',
    to,
    event: { kind: 'failed', text: `failed (${failures} of ${limit}), again in ${delay} ms: ${text}` },
  };
}

/** A run that never got going starts where it was told to; another one goes on from its checkpoints. */
function restoreAgain({ run, restore, checkpointed }: DeploymentRecord): RestoreFrom {
  if (run === null) return restore;
  return run.runningSince !== null || checkpointed ? { kind: 'latest' } : run.restore;
}

/** To the last stable release; without one, or where that one is the one at fault, nothing more is tried. */
export function takenBack(deployment: DeploymentRecord, why: string, now: number): Action {
  const { run, release, lastStableRelease, rolledBack, checkpointed, rollbackRestore } = deployment;
  const canGoBack = !rolledBack && lastStableRelease !== null && lastStableRelease !== release;
  const ends: DeploymentRecord = { ...deployment, retryAt: null, rolloutSince: null, error: why, updatedAt: now };
  if (!canGoBack) {
    const restore = restoreAgain(deployment);
    const to: DeploymentRecord = { ...ends, state: 'FAILED', restore, stopping: stopOf(deployment, 'give-up') };
    return { kind: 'record', to, event: { kind: 'gave-up', text: why } };
  }
  // Once it has completed a checkpoint, sinks may show its rows: going back behind them would write them twice.
  const restore: RestoreFrom = checkpointed ? { kind: 'latest' } : rollbackRestore;
  const to: DeploymentRecord = {
    ...ends,
    state: 'ROLLING_BACK',
    rolledBack: true,
    failures: 0,
    restore,
    stopping: run === null ? null : { ...stopOf(deployment, 'roll-back')!, next: restore },
  };
  return {
    kind: 'record',
    to,
    event: { kind: 'rolling-back', text: `release ${release} is taken back to ${lastStableRelease}: ${why}` },
  };
}

function stopOf({ run }: DeploymentRecord, purpose: StopRecord['purpose']): StopRecord | null {
  if (run === null) return null;
  return { triggerId: run.jobId, purpose, savepoint: false, next: { kind: 'latest' }, failedAttempts: 0 };
}
