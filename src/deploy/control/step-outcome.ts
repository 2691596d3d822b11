/** Whether a step of a plan has been reached: pure, looked at with each change of its deployment. */
import type { PlanStep } from '../../model/change-plan.ts';
import { type DeploymentRecord, releaseToRun } from './deployment-record.ts';
import { isStarting } from './wanted-change.ts';

export type StepRecord = Readonly<{
  stepId: string;
  action: PlanStep['action'];
  /** Of the deployment, with the step's wish in it. */
  version: number;
  /** Of the stop or savepoint that it may need: the same each time it is asked for. */
  triggerId: string;
  state: 'running' | 'done' | 'failed';
  text: string;
}>;

/** null: not yet. Savepoints without a stop are ended by who takes them. */
export function stepOutcome(
  { action, version }: StepRecord,
  deployment: DeploymentRecord,
): Readonly<{ state: 'done' | 'failed'; text: string }> | null {
  if (action === 'savepoint') return null;
  const { run, wanted, state, error, restore } = deployment;
  if (deployment.version !== version)
    return { state: 'failed', text: 'something else was wanted before it was reached' };
  if (isStarting(action)) {
    if (state === 'FAILED' || deployment.rolledBack) return { state: 'failed', text: error ?? 'it did not start' };
    if (run === null || run.submittedAt === null || deployment.stopping !== null) return null;
    return { state: 'done', text: `release ${releaseToRun(deployment)} runs as job ${run.jobId}` };
  }
  if (wanted === 'running') return { state: 'failed', text: error ?? 'it could not be stopped' };
  if (run !== null || state !== 'SUSPENDED') return null;
  return { state: 'done', text: restore.kind === 'savepoint' ? `stopped with savepoint ${restore.path}` : 'stopped' };
}
