/** What a step of a plan makes of a deployment: pure, before anything is done. */
import type { PlanStep } from '../../model/change-plan.ts';
import type { RestoreFrom } from '../../model/deployment.ts';
import type { DeploymentRecord, StopRecord } from './deployment-record.ts';

/** Verbs after which the job is to run. */
const starting: readonly PlanStep['action'][] = ['deploy', 'start', 'restart', 'scale', 'resume', 'rollback'];

export function isStarting(action: PlanStep['action']): boolean {
  return starting.includes(action);
}

export type ChangeInput = Readonly<{
  step: PlanStep;
  /** Number of the release that is to run. */
  release: number;
  /** Of the stop that it may need, 32 hex digits. */
  triggerId: string;
  now: number;
}>;

/** The deployment with the step's wish; `before` null: its first one. */
export function withWish(before: DeploymentRecord | null, input: ChangeInput): DeploymentRecord {
  return isStarting(input.step.action)
    ? toRun(before ?? created(input), input, before === null)
    : toStop(before!, input);
}

function created({ step, release, now }: ChangeInput): DeploymentRecord {
  return {
    job: step.job,
    environment: step.environment,
    engine: step.engine,
    team: null,
    version: 0,
    revision: 0,
    wanted: 'running',
    state: 'CREATED',
    release,
    lastStableRelease: null,
    rolledBack: false,
    restore: step.restore,
    rollbackRestore: { kind: 'latest' },
    checkpointed: false,
    latestPath: null,
    run: null,
    lastJobId: null,
    stopping: null,
    finished: false,
    failures: 0,
    retryAt: null,
    rolloutSince: now,
    error: null,
    updatedAt: now,
  };
}

function toRun(before: DeploymentRecord, input: ChangeInput, isFirst: boolean): DeploymentRecord {
  const { step, release, now } = input;
  const wish: DeploymentRecord = {
    ...before,
    // Without a job that runs the engine of the next one may be another.
    engine: before.run === null ? step.engine : before.engine,
    team: step.release?.team ?? before.team,
    version: before.version + 1,
    wanted: 'running',
    state: isFirst ? 'CREATED' : 'UPGRADING',
    release,
    rolledBack: false,
    checkpointed: false,
    finished: false,
    failures: 0,
    retryAt: null,
    rolloutSince: now,
    error: null,
    updatedAt: now,
  };
  if (before.run !== null) return { ...wish, stopping: stop(before, input, 'replace', true, step.restore) };
  const restore: RestoreFrom = step.restore.kind === 'latest' ? before.restore : step.restore;
  return {
    ...wish,
    restore: isFirst ? step.restore : restore,
    rollbackRestore: isFirst ? wish.rollbackRestore : before.restore,
  };
}

function toStop(before: DeploymentRecord, input: ChangeInput): DeploymentRecord {
  const wish: DeploymentRecord = {
    ...before,
    version: before.version + 1,
    wanted: 'suspended',
    retryAt: null,
    rolloutSince: null,
    updatedAt: input.now,
  };
  if (before.run === null) return { ...wish, state: 'SUSPENDED', error: null };
  return { ...wish, stopping: stop(before, input, 'suspend', input.step.savepoint, { kind: 'latest' }) };
}

/** One that is under way goes on, for the new purpose. */
function stop(
  before: DeploymentRecord,
  { triggerId }: ChangeInput,
  purpose: StopRecord['purpose'],
  savepoint: boolean,
  next: RestoreFrom,
): StopRecord {
  const current = before.stopping ?? { triggerId, savepoint, failedAttempts: 0 };
  return {
    triggerId: current.triggerId,
    savepoint: current.savepoint,
    failedAttempts: current.failedAttempts,
    purpose,
    next,
  };
}
