/** What a diagnosis is made of: one look at a job, and if there was one, a look a little before. Times in ms since 1970. */
import type { DeploymentView, HealthCheck, JobEngine, LifecycleState, TargetJob } from '../../model/deployment.ts';
import type { JobStatus } from '../../model/job-status.ts';

export type JobFacts = Readonly<{
  /** When it was looked. */
  at: number;
  name: string;
  engine: JobEngine;
  /** All that the engine shows of it; null: it runs elsewhere, or nowhere. */
  status: JobStatus | null;
  /** The same job a few seconds before: with it rates are those of now, without it those since the start. */
  earlier: JobStatus | null;
  /** What any engine says; null where `status` is all there is. */
  observed: TargetJob | null;
  deployment: DeploymentFacts | null;
  /** The last lines of its log, oldest first. */
  logs: readonly string[];
}>;

export type DeploymentFacts = Readonly<{
  environment: string;
  state: LifecycleState;
  wanted: 'running' | 'suspended';
  parallelism: number | null;
  health: readonly HealthCheck[];
  error: string | null;
}>;

export function factsOfStatus(status: JobStatus, earlier: JobStatus | null = null): JobFacts {
  const { now: at, name } = status;
  return { at, name, engine: 'millrace', status, earlier, observed: null, deployment: null, logs: [] };
}

/** `status` is of the deployment's job, where its engine shows as much. */
export function factsOfDeployment(
  view: DeploymentView,
  more: Readonly<{ at: number; status: JobStatus | null; earlier?: JobStatus | null; logs: readonly string[] }>,
): JobFacts {
  const { job, engine, observed, environment, state, wanted, health, error, release } = view;
  const deployment = { environment, state, wanted, health, error, parallelism: release.parallelism };
  return { earlier: null, ...more, name: job, engine, observed, deployment };
}
