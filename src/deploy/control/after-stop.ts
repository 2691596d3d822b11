/** What a deployment is once its job has been stopped, or could not be. */
import type { RestoreFrom, TargetJob } from '../../model/deployment.ts';
import type { EngineError } from '../../model/errors.ts';
import type { DeploymentEvent } from './action.ts';
import type { ControlSettings } from './control-settings.ts';
import type { DeploymentRecord, StopRecord } from './deployment-record.ts';

type Change = Readonly<{ to: DeploymentRecord; event: DeploymentEvent }>;

/** `path`: of the savepoint; null without one. `observed`: the job as it ended. */
export function afterStop(
  deployment: DeploymentRecord,
  path: string | null,
  observed: TargetJob | null,
  now: number,
): Change {
  const stopping = deployment.stopping!;
  const kept: RestoreFrom = path === null ? { kind: 'latest' } : { kind: 'savepoint', path };
  const over: DeploymentRecord = {
    ...deployment,
    latestPath: path ?? deployment.latestPath,
    run: null,
    stopping: null,
    retryAt: null,
    updatedAt: now,
  };
  const text = path === null ? 'stopped' : `stopped with savepoint ${path}`;
  switch (stopping.purpose) {
    case 'suspend':
      return { to: { ...over, state: 'SUSPENDED', restore: kept, error: null }, event: { kind: 'suspended', text } };
    case 'replace': {
      const restore = stopping.next.kind === 'latest' ? kept : stopping.next;
      return {
        to: { ...over, restore, rollbackRestore: kept },
        event: { kind: 'stopped', text: `${text}, for another start` },
      };
    }
    case 'roll-back':
      return { to: { ...over, restore: stopping.next }, event: { kind: 'stopped', text: `${text}, to go back` } };
    case 'give-up':
      return { to: { ...over, state: 'FAILED' }, event: { kind: 'stopped', text: `${text}, for good` } };
    case 'park': {
      // It came to its own end just then: there is nothing to start again.
      const finished = stopping.savepoint && path === null && observed?.state === 'FINISHED';
      return {
        to: { ...over, restore: kept, finished },
        event: { kind: 'parked', text: `${text}, until the control plane is back` },
      };
    }
  }
}

/** Tried again with a longer and longer pause; then without a savepoint, except where a person asked for one. */
export function afterFailedStop(
  deployment: DeploymentRecord,
  error: EngineError,
  now: number,
  settings: ControlSettings,
): Change {
  const stopping = deployment.stopping!;
  const failedAttempts = stopping.failedAttempts + 1;
  const delay = Math.min(settings.maxBackOffMs, settings.backOffMs * 2 ** (failedAttempts - 1));
  const again = (next: Partial<StopRecord>): DeploymentRecord => ({
    ...deployment,
    stopping: { ...stopping, failedAttempts, ...next },
    retryAt: now + delay,
    error: error.message,
    updatedAt: now,
  });
  const event = { kind: 'stop-failed', text: error.message };
  if (error.retryable && failedAttempts < settings.stopAttempts) return { to: again({}), event };
  if (!stopping.savepoint) return { to: again({}), event };
  if (stopping.purpose !== 'suspend') return { to: again({ savepoint: false, failedAttempts: 0 }), event };
  const goesOn: DeploymentRecord = {
    ...deployment,
    stopping: null,
    retryAt: null,
    wanted: 'running',
    error: error.message,
    updatedAt: now,
  };
  return { to: goesOn, event: { kind: 'stop-failed', text: `it goes on: ${error.message}` } };
}
