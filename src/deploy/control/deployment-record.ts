/** What the control plane keeps of a deployment: what is wanted, what was done towards it. Plain data, replaced as a whole. */
import type { JobEngine, LifecycleState, RestoreFrom } from '../../model/deployment.ts';

/** One start of a release, as it was decided; written down before anything is done of it. */
export type RunRecord = Readonly<{
  jobId: string;
  release: number;
  restore: RestoreFrom;
  /** When the engine took it, ms since 1970; null: it may or may not have. */
  submittedAt: number | null;
  /** When it was first seen to run; null: not yet. From then on it goes on from checkpoints of its own. */
  runningSince: number | null;
}>;

export type StopPurpose =
  | 'suspend' // a person wants it stopped
  | 'replace' // another start follows
  | 'roll-back' // the last stable release follows
  | 'give-up' // nothing follows
  | 'park'; // the control plane ends; its next process starts it again

export type StopRecord = Readonly<{
  triggerId: string;
  purpose: StopPurpose;
  savepoint: boolean;
  /** replace: from where the next start takes its state. */
  next: RestoreFrom;
  failedAttempts: number;
}>;

export type DeploymentRecord = Readonly<{
  job: string;
  environment: string;
  engine: JobEngine;
  team: string | null;
  /** Counts changes of what is wanted. */
  version: number;
  /** Counts all changes: who decided on an older one has to look again. */
  revision: number;
  wanted: 'running' | 'suspended';
  state: LifecycleState;
  /** Number of the wanted release. */
  release: number;
  lastStableRelease: number | null;
  /** The last stable release runs in place of the wanted one. */
  rolledBack: boolean;
  /** From where the next start takes its state. */
  restore: RestoreFrom;
  /** The same for going back to the last stable release, as long as the wanted one has no checkpoint. */
  rollbackRestore: RestoreFrom;
  /** The wanted release has completed a checkpoint. */
  checkpointed: boolean;
  /** The newest checkpoint that was seen of it. */
  latestPath: string | null;
  run: RunRecord | null;
  /** Of the newest run, also when it is over. */
  lastJobId: string | null;
  stopping: StopRecord | null;
  /** It came to its own end. */
  finished: boolean;
  /** In a row. */
  failures: number;
  /** Not to be started before, ms since 1970. */
  retryAt: number | null;
  /** Since when the release that runs is to show that it is stable; null once it has. */
  rolloutSince: number | null;
  error: string | null;
  updatedAt: number;
}>;

/** The release to be run now. */
export function releaseToRun({ rolledBack, release, lastStableRelease }: DeploymentRecord): number {
  return rolledBack ? (lastStableRelease ?? release) : release;
}
